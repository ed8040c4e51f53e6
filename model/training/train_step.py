"""TrainState, the loss and a chunk of optimiser steps: pure functions under `jax.jit`, no threads and no files.

Shapes: `n` steps, `T` time, `B` lanes, `V` characters, `H` units, `L` layers. Losses are in nats per character.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax
from jax.sharding import Mesh, PartitionSpec

from model.devices.local_devices import DATA, own_lanes, replicate, shard
from model.networks.network import Carries, Graph, Params, assemble, zero_carries
from model.recipe import Recipe
from model.tokens.batches import Batches

CHUNK = 64
"""The most optimiser steps in one call. The number really done is an argument, so it never recompiles."""


class TrainState(NamedTuple):
    """Everything training changes; with the cursor, everything exact resuming needs."""

    params: Params
    opt: optax.OptState
    carries: Carries
    """What each lane remembers, (B, H) a leaf."""
    key: Array
    """Raw PRNG key, uint32 (2,): step s draws from fold_in(key, s)."""
    step: Array
    """Optimiser steps done, int32."""
    rate_scale: Array
    """What the schedule's rate is multiplied by, float32."""


class Metrics(NamedTuple):
    """Of the steps of a chunk; only the first n entries mean anything."""

    losses: Array
    """(CHUNK,)"""
    counts: Array
    """Targets behind each loss in units of lanes, (CHUNK,): smaller where a last batch is padded."""
    norms: Array
    """Of the gradients, before clipping, (CHUNK,)."""
    rates: Array
    """(CHUNK,)"""


def make_optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """The gradient's way to an update, up to the learning rate.

    `rmsprop` is Keras 3's: v = decay v + (1 - decay) g^2, update g / sqrt(v + epsilon). `adamw` is Loshchilov and
    Hutter (2019). Clipping by global norm is Pascanu et al. (2013).
    """
    clip = optax.clip_by_global_norm(recipe.clip) if recipe.clip else optax.identity()
    if recipe.optimizer == "rmsprop":
        return optax.chain(clip, optax.scale_by_rms(recipe.decay, recipe.epsilon, eps_in_sqrt=True))
    return optax.chain(
        clip,
        optax.scale_by_adam(recipe.momentum, recipe.decay, recipe.epsilon),
        optax.add_decayed_weights(recipe.weight_decay),
    )


def make_schedule(recipe: Recipe, total_steps: int) -> Callable[[Array], Array]:
    """Learning rate by step. `one-cycle` rises from a 25th to its peak and falls along a cosine to a 100th.

    Source: Smith and Topin (2019).
    """
    if recipe.schedule == "constant":
        return lambda step: jnp.full((), recipe.rate, jnp.float32)
    last = max(2, total_steps)
    schedule: Callable[[Array], Array] = optax.schedules.warmup_cosine_decay_schedule(
        init_value=recipe.rate / 25,
        peak_value=recipe.rate,
        warmup_steps=min(max(1, round(recipe.warmup * total_steps)), last - 1),
        decay_steps=last,
        end_value=recipe.rate / 100,
    )
    return schedule


def init_state(recipe: Recipe, params: Params, mesh: Mesh) -> TrainState:
    """The state before the first step, laid out over the mesh."""
    state = TrainState(
        params=params,
        opt=make_optimizer(recipe).init(params),
        carries=zero_carries(recipe, recipe.batch),
        key=jnp.array([0, recipe.random_seed], jnp.uint32),
        step=jnp.zeros((), jnp.int32),
        rate_scale=jnp.ones((), jnp.float32),
    )
    return place_state(state, mesh)


def place_state(state: TrainState, mesh: Mesh) -> TrainState:
    """A copy of the state on the mesh: carries split over the devices, the rest the same on each."""
    # Placing an array where it already lies copies nothing, and training would donate the caller's own.
    state = jax.tree.map(np.array, state)
    whole: TrainState = replicate(mesh, state._replace(carries=()))

    def split(leaf: np.ndarray) -> Any:
        return shard(mesh, leaf[own_lanes(mesh, len(leaf))], 0)

    return whole._replace(carries=jax.tree.map(split, state.carries))


def place_batches(batches: Batches, mesh: Mesh) -> Batches:
    """This process's lanes of the batches, padded to CHUNK steps and split over its devices."""

    def pad(array: np.ndarray) -> np.ndarray:
        return np.concatenate([array, np.zeros((CHUNK - len(array), *array.shape[1:]), array.dtype)])

    return Batches(
        inputs=shard(mesh, pad(batches.inputs), 2),
        targets=shard(mesh, pad(batches.targets), 2),
        weights=shard(mesh, pad(batches.weights), 1),
    )


def cross_entropy(logits: Array, targets: Array) -> Array:
    """-log softmax(logits)[target], in nats: (..., V), (...) -> (...)."""
    chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - chosen


def dropout_masks(recipe: Recipe, key: Array, first_lane: Array | int, lanes: int) -> Array:
    """Variational dropout's masks, (L, lanes, H): one draw a lane and layer, kept through all T characters.

    Each lane draws from its own key, so the masks do not depend on how many devices share the lanes.
    Source: Gal and Ghahramani (2016): h <- h * m / (1 - p), m ~ Bernoulli(1 - p).
    """
    keep = 1 - recipe.dropout

    def draw(lane: Array) -> Array:
        shape = (recipe.layers, recipe.hidden)
        return jax.random.bernoulli(jax.random.fold_in(key, lane), keep, shape).astype(jnp.float32) / keep

    return jax.vmap(draw, out_axes=1)(first_lane + jnp.arange(lanes))


def drop_weights(params: Params, key: Array, chance: float) -> Params:
    """Parameters with each recurrent weight zero with this chance, one draw for all T characters of a step.

    The chance is rounded to 256ths: a byte a weight is drawn, a quarter of the work of a float.
    Source: Wan et al. (2013), DropConnect; Merity et al. (2018), AWD-LSTM: W_h <- W_h * m / (1 - p).
    """
    below = round(chance * 256)

    def dropped(weights: Array, key: Array) -> Array:
        rows, columns = weights.shape  # (H, 4H): in as many words, and XLA draws a matrix of them six times as fast
        words = jax.random.bits(key, (rows, columns // 4), jnp.uint32)
        kept = lax.bitcast_convert_type(words, jnp.uint8).reshape(rows, columns) >= below
        return jnp.where(kept, weights * (256 / (256 - below)), 0)

    layers = {
        index: layer | {"wh": dropped(layer["wh"], jax.random.fold_in(key, index))}
        for index, layer in params["layers"].items()
    }
    return params | {"layers": layers}


TrainChunk = Callable[[TrainState, Batches, int], tuple[TrainState, Metrics]]
"""n optimiser steps: donates the state it is given and returns the next one."""


def make_train_chunk(graph: Graph, recipe: Recipe, carried: bool, total_steps: int, mesh: Mesh) -> TrainChunk:
    """Compile the training step for this network, recipe and mesh.

    Args:
        graph: the network without its parameters.
        recipe: how it learns.
        carried: whether the state goes on from step to step (lanes) or is empty at each (windows).
        total_steps: of the whole run, for the schedule.
        mesh: the devices; every one holds the parameters and B / devices lanes.
    """
    optimizer, schedule = make_optimizer(recipe), make_schedule(recipe, total_steps)

    def loss(
        params: Params, state: TrainState, inputs: Array, targets: Array, weights: Array, count: Array
    ) -> tuple[Array, Carries]:
        """This device's share of the loss: its lanes' losses over all devices' `count` of lanes."""
        key, masks = jax.random.fold_in(state.key, state.step), None
        if recipe.weight_drop:  # the lanes draw from 0 to B - 1
            params = drop_weights(params, jax.random.fold_in(key, recipe.batch), recipe.weight_drop)
        if recipe.dropout:
            lanes = inputs.shape[1]
            masks = dropout_masks(recipe, key, lax.axis_index(DATA) * lanes, lanes)
        network = assemble(graph, params)
        hs, carries = network.read(inputs, state.carries, masks, recipe.precision)
        losses = cross_entropy(network.logits(hs[-targets.shape[0] :]), targets).mean(axis=0)
        return jnp.sum(losses * weights) / count, carries

    def train_step(
        state: TrainState, inputs: Array, targets: Array, weights: Array, count: Array
    ) -> tuple[TrainState, Array, Array, Array]:
        (share, carries), gradient = jax.value_and_grad(loss, has_aux=True)(
            state.params, state, inputs, targets, weights, count
        )
        value, gradient = lax.psum((share, gradient), DATA)
        direction, opt = optimizer.update(gradient, state.opt, state.params)
        rate = schedule(state.step) * state.rate_scale
        params = jax.tree.map(lambda p, d: p - rate * d, state.params, direction)
        return (
            state._replace(params=params, opt=opt, carries=carries if carried else state.carries, step=state.step + 1),
            value,
            optax.tree.norm(gradient),
            rate,
        )

    def chunk(state: TrainState, batches: Batches, n: Array) -> tuple[TrainState, Metrics]:
        # Of all steps at once: in every step the devices wait for each other only when they sum the gradients.
        counts = lax.psum(jnp.sum(batches.weights, axis=-1), DATA)

        def body(k: Array, so_far: tuple[TrainState, Metrics]) -> tuple[TrainState, Metrics]:
            state, metrics = so_far
            inputs, targets, weights = (array[k] for array in batches)
            state, value, norm, rate = train_step(state, inputs, targets, weights, counts[k])
            return state, metrics._replace(
                losses=metrics.losses.at[k].set(value),
                norms=metrics.norms.at[k].set(norm),
                rates=metrics.rates.at[k].set(rate),
            )

        zeros = jnp.zeros(CHUNK, jnp.float32)
        return lax.fori_loop(0, n, body, (state, Metrics(zeros, counts, zeros, zeros)))

    whole, by_lane = PartitionSpec(), PartitionSpec(DATA)
    state_spec = TrainState(whole, whole, by_lane, whole, whole, whole)  # type: ignore[arg-type]
    batch_spec = Batches(PartitionSpec(None, None, DATA), PartitionSpec(None, None, DATA), PartitionSpec(None, DATA))  # type: ignore[arg-type]
    mapped = jax.shard_map(
        chunk,
        mesh=mesh,
        in_specs=(state_spec, batch_spec, whole),
        out_specs=(state_spec, whole),
        check_vma=False,
    )
    compiled: TrainChunk = jax.jit(mapped, donate_argnums=0)
    return compiled
