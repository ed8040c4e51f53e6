"""The training state, the loss and a chunk of optimiser steps: pure functions under `jax.jit`.

Shapes: `n` steps, `T` time, `B` lanes, `V` tokens. Losses are in nats per token here.
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
from model.networks.network import Graph, Memory, Network, Params, assemble
from model.recipe import Recipe
from model.tokens.batches import Batches

BEGINS_ANEW = 1 / 8
"""The chance that a lane's memory is emptied before a step, where tokens are longer than characters."""

_BEGINNINGS = 1 << 30
"""Folded into a step's key for what is drawn of that; lanes and layers have smaller numbers."""

CHUNK = 64
"""The most optimiser steps in one call. Their number is an argument, so another number never recompiles."""

SMALL = 1 << 17
"""Elements of an array that takes less time to copy than devices on a CPU take to wait for each other."""


class TrainState(NamedTuple):
    """Everything that training changes; with the cursor, everything that exact resuming needs."""

    params: Params
    opt: optax.OptState
    memory: Memory
    """The network's, of all B lanes."""
    key: Array
    """Raw PRNG key, uint32 (2,): step s draws from fold_in(key, s)."""
    step: Array
    """Optimiser steps done, int32."""
    rate_scale: Array
    """Factor on the schedule's rate, float32."""


class Metrics(NamedTuple):
    """Of the steps of a chunk; only the first n entries are valid."""

    losses: Array
    """(CHUNK,)"""
    counts: Array
    """Lanes behind each loss, (CHUNK,): fewer in a smaller last batch."""
    norms: Array
    """Of the gradients, before clipping, (CHUNK,)."""
    rates: Array
    """(CHUNK,)"""


def make_optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """From the gradient to the update, without the learning rate.

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


def init_state(graph: Graph, recipe: Recipe, params: Params, mesh: Mesh) -> TrainState:
    """The state before the first step, placed on the mesh."""
    state = TrainState(
        params=params,
        opt=make_optimizer(recipe).init(params),
        memory=assemble(graph, params).begin(recipe.batch),
        key=jnp.array([0, recipe.random_seed], jnp.uint32),
        step=jnp.zeros((), jnp.int32),
        rate_scale=jnp.ones((), jnp.float32),
    )
    return place_state(state, mesh)


def place_state(state: TrainState, mesh: Mesh) -> TrainState:
    """A copy of the state on the mesh: memory split over the devices, everything else the same on each."""
    # Placing an array where it already lies copies nothing, and training would donate the caller's own.
    state = jax.tree.map(np.array, state)
    whole: TrainState = replicate(mesh, state._replace(memory=()))
    return whole._replace(memory=place_memory(state.memory, mesh))


def place_memory(memory: Memory, mesh: Mesh) -> Memory:
    """A network's memory of all lanes, split over the devices of the mesh."""

    def split(leaf: Any) -> Any:
        return shard(mesh, np.array(leaf[own_lanes(mesh, len(leaf))]), 0)

    return jax.tree.map(split, memory)


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


def _begun_anew(network: Network, recipe: Recipe, key: Array, lanes: int, memory: Memory) -> Memory:
    """The memory of this device's lanes, empty in some of them, drawn for each step.

    Otherwise a lane would begin but once an epoch, and the network would hardly know a text that has just begun: with
    words, a seed would have to be long until it predicts better than by chance.
    Source: Melis, Dyer and Blunsom (2018), On the state of the art of evaluation in neural language models.
    """
    drawn = jax.random.uniform(jax.random.fold_in(key, _BEGINNINGS), (recipe.batch,)) < BEGINS_ANEW
    here = lax.dynamic_slice_in_dim(drawn, lax.axis_index(DATA) * lanes, lanes)

    def some_empty(empty: Array, carried: Array) -> Array:
        return jnp.where(here.reshape(-1, *[1] * (carried.ndim - 1)), empty, carried)

    emptied: Memory = jax.tree.map(some_empty, network.begin(lanes), memory)
    return emptied


def summed(shares: Any) -> Any:
    """Every float32 array's sum over the devices. They wait for each other once an array: small ones are joined."""
    if lax.axis_size(DATA) == 1:
        return shares
    leaves, tree = jax.tree.flatten(shares)
    # Largest first: XLA would make the first of the vector, such as the loss, anew for each of the vector's elements.
    order = sorted(range(len(leaves)), key=lambda index: -leaves[index].size)
    large = [leaves[index] for index in order if leaves[index].size > SMALL]
    small = [leaves[index] for index in order[len(large) :]]
    ends = np.cumsum([leaf.size for leaf in small]).tolist()
    vector = jnp.zeros(ends[-1], jnp.float32)
    for leaf, end in zip(small, ends, strict=True):
        # To concatenate would be fused with the making of the arrays, which takes longer than all else in the step.
        vector = lax.dynamic_update_slice(vector, leaf.reshape(-1), (end - leaf.size,))
    vector, large = lax.psum((vector, large), DATA)
    parts = [part.reshape(leaf.shape) for part, leaf in zip(jnp.split(vector, ends[:-1]), small, strict=True)]
    sums = dict(zip(order, [*large, *parts], strict=True))
    return jax.tree.unflatten(tree, [sums[index] for index in range(len(leaves))])


TrainChunk = Callable[[TrainState, Batches, int], tuple[TrainState, Metrics]]
"""n optimiser steps: donates the state it is given and returns the next one."""


def make_train_chunk(graph: Graph, recipe: Recipe, carried: bool, total_steps: int, mesh: Mesh) -> TrainChunk:
    """Compile the training step for this network, recipe and mesh.

    Args:
        graph: the network without its parameters.
        recipe: how it is trained.
        carried: whether the memory is carried from step to step (lanes) or is empty at each (windows).
        total_steps: of the whole run, for the schedule.
        mesh: the devices; every one holds the parameters and B / devices lanes.
    """
    optimizer, schedule = make_optimizer(recipe), make_schedule(recipe, total_steps)
    begins = carried and recipe.tokens != "characters"

    def loss(
        params: Params, state: TrainState, inputs: Array, targets: Array, weights: Array, count: Array
    ) -> tuple[Array, Memory]:
        """This device's share of the loss: its lanes' losses over all devices' `count` of lanes."""
        key, lanes = jax.random.fold_in(state.key, state.step), inputs.shape[1]
        network = assemble(graph, params)
        read = network.regularise(recipe, key, lax.axis_index(DATA) * lanes, lanes)
        memory = _begun_anew(network, recipe, key, lanes, state.memory) if begins else state.memory
        logits, memory = read(inputs, memory, targets.shape[0])
        losses = cross_entropy(logits, targets).mean(axis=0)
        return jnp.sum(losses * weights) / count, memory

    def train_step(
        state: TrainState, inputs: Array, targets: Array, weights: Array, count: Array
    ) -> tuple[TrainState, Array, Array, Array]:
        (share, memory), gradient = jax.value_and_grad(loss, has_aux=True)(
            state.params, state, inputs, targets, weights, count
        )
        value, gradient = summed((share, gradient))
        direction, opt = optimizer.update(gradient, state.opt, state.params)
        rate = schedule(state.step) * state.rate_scale
        params = jax.tree.map(lambda p, d: p - rate * d, state.params, direction)
        return (
            state._replace(params=params, opt=opt, memory=memory if carried else state.memory, step=state.step + 1),
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
