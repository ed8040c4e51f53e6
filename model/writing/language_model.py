"""A language model: a network with its weights and tokens, which reads, writes and scores text.

Shapes: `n` characters, `B` lanes. A lane is one text being written. Each has its own sampling, which may change between
any two characters, and its own noise; lanes with the same key and position draw with the same noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from corpora.progress import Tell
from model.networks.network import Graph, Memory, Network, Params, assemble, build
from model.networks.network_kinds import parameter_shapes
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint, CheckpointError
from model.tokens.beginning import read_seed, token_between
from model.tokens.tokenizer import Encoded, Tokenizer
from model.training.dynamic_evaluation import learn_from
from model.training.evaluation import evaluate
from model.training.named_arrays import TreeError, from_arrays
from model.writing.probabilities import (
    History,
    Settings,
    begin_history,
    draw,
    entropy_of,
    hear,
    remember,
    stages,
)
from model.writing.units.switching import hold, step, units_on

CHUNK = 8
"""Characters written in one call where speed matters more than answering between any two."""

READ_TOGETHER = 64
"""Characters read in one call."""


class WritingState(NamedTuple):
    """Between two characters: all that the next one depends on, besides weights and settings."""

    memory: Memory
    """The network's, of B lanes."""
    position: Array
    """Characters drawn since the seed, int32 (B,): character i is drawn with the noise fold_in(key, i)."""
    history: History
    """What sampling needs to know of the characters before."""
    among: Array | None = None
    """From which place in the tokenizer's `order` to before which one the next token is drawn, int32 (B, 2), if any."""


class Drawn(NamedTuple):
    """Characters as they were drawn, (n, B) each."""

    ids: Array
    before: Array
    """The probability that the model gave the character."""
    probability: Array
    """In the distribution that the character was drawn from."""
    entropy: Array
    """Of this distribution, in bits."""


class DrawnToken(NamedTuple):
    """A token, as text, with the probability that the model gave it and that it was drawn with."""

    token: str
    before: float
    after: float


class WriteChunk(Protocol):
    """n characters a lane: the state after them, the states after each (n first), and what was drawn."""

    def __call__(
        self, params: Params, state: WritingState, settings: Settings, keys: np.ndarray, n: int
    ) -> tuple[WritingState, WritingState, Drawn]:
        """Settings from `settings_of`; keys (B, 2) uint32; n is static: use one or two values."""
        ...


Order = tuple[int, ...] | None
"""The tokenizer's `order`."""


def next_logits(network: Network, state: WritingState, memory: Memory, order: Order) -> Array:
    """The logits of the next token, (B, V): -inf for what must not come next.

    Args:
        network: with its parameters.
        state: before the token.
        memory: the network's, which may be held.
        order: of the tokens.
    """
    logits = network.logits(memory)
    if state.among is None or order is None:
        return logits
    places = jnp.array(order)
    return jnp.where((state.among[:, :1] <= places) & (places < state.among[:, 1:]), logits, -jnp.inf)


def advanced(state: WritingState, memory: Memory, history: History, order: Order) -> WritingState:
    """The state after one more token, after which any may come."""
    among = None if state.among is None or order is None else jnp.zeros_like(state.among).at[:, 1].set(len(order))
    return WritingState(memory, state.position + 1, history, among)


@lru_cache(maxsize=8)
def make_write_chunk(graph: Graph, order: Order = None) -> WriteChunk:
    """Compile writing for this network. Settings and parameters are arguments: changing them never recompiles."""

    def write_chunk(
        params: Params, state: WritingState, settings: Settings, keys: Array, n: int
    ) -> tuple[WritingState, WritingState, Drawn]:
        network = assemble(graph, params)
        kept = units_on(network, settings)

        def write_one(state: WritingState, noise: Array) -> tuple[WritingState, tuple[WritingState, Drawn]]:
            memory = hold(network, state.memory, kept)
            odds = stages(next_logits(network, state, memory, order), settings, state.history)
            ids = draw(odds.after, noise)
            before, after = (jnp.take_along_axis(p, ids[:, None], axis=-1)[:, 0] for p in (odds.before, odds.after))
            drawn = Drawn(ids, before, after, entropy_of(odds.after))
            history = remember(state.history, ids, settings, odds.before)
            state = advanced(state, step(network, ids, memory, kept), history, order)
            return state, (state, drawn)

        # All at once: it takes as long as for one.
        noise = noise_at(keys, state.position + jnp.arange(n)[:, None])
        last, (states, drawn) = lax.scan(write_one, state, noise)
        return last, states, drawn

    compiled: WriteChunk = jax.jit(write_chunk, static_argnames="n")
    return compiled


@partial(jax.vmap, in_axes=(None, 0))
@jax.vmap
def noise_at(key: Array, position: Array) -> Array:
    """Uniform in [0, 1), of keys (B, 2) at positions (n, B)."""
    return jax.random.uniform(jax.random.fold_in(key, position))


Prime = Callable[[Params, Memory, History, np.ndarray, int], tuple[Memory, History]]


@lru_cache(maxsize=8)
def make_prime(graph: Graph) -> Prime:
    """Compile reading: the first n of a block of ids (READ_TOGETHER, B); n never recompiles."""

    @jax.jit
    def prime(params: Params, memory: Memory, history: History, ids: Array, n: Array) -> tuple[Memory, History]:
        network = assemble(graph, params)

        def read_one(k: Array, so_far: tuple[Memory, History]) -> tuple[Memory, History]:
            memory, history = so_far
            return network.step(ids[k], memory), hear(history, ids[k])

        both: tuple[Memory, History] = lax.fori_loop(0, n, read_one, (memory, history))
        return both

    compiled: Prime = prime
    return compiled


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A network with its parameters and tokenizer: it writes and scores text."""

    graph: Graph
    params: Params
    recipe: Recipe
    tokenizer: Tokenizer

    @property
    def network(self) -> Network:
        """The network with its parameters."""
        return assemble(self.graph, self.params)

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> LanguageModel:
        """The language model of a checkpoint.

        Raises:
            CheckpointError: its arrays are not those of its recipe's network.
        """
        recipe, tokenizer = checkpoint.manifest.read_recipe(), checkpoint.manifest.tokenizer
        graph, like = build(recipe, len(tokenizer), between=token_between(tokenizer, recipe))
        try:
            params = from_arrays(checkpoint.arrays, like, "params.")
        except TreeError as error:
            raise CheckpointError(f"The checkpoint does not fit its own recipe: {error} Use another one.") from error
        return cls(graph, jax.tree.map(jnp.asarray, params), recipe, tokenizer)

    def weights_of(self, checkpoint: Checkpoint) -> Params:
        """The parameters, on the host, of another checkpoint of the same run.

        Raises:
            CheckpointError: it is one of another network or another alphabet.
        """
        manifest, tokens = checkpoint.manifest, len(self.tokenizer)
        recipe = manifest.read_recipe()
        same = parameter_shapes(recipe, tokens) == parameter_shapes(self.recipe, tokens)
        if recipe.network != self.recipe.network or not same or manifest.tokenizer != self.tokenizer:
            raise CheckpointError("The run now holds another network or alphabet; restart.")
        params: Params = from_arrays(checkpoint.arrays, self.params, "params.")
        return params

    def encode(self, text: str) -> Encoded:
        """The text as the model reads it."""
        return self.tokenizer.encode(text)

    def encode_seed(self, text: str, prefix: str | None = None) -> Encoded:
        """The text as the model reads it to continue it, behind what begins a text; see `Tokenizer.encode_seed`."""
        return read_seed(self.tokenizer, self.recipe, text, prefix)

    def after_seed(self, seed: Encoded) -> WritingState:
        """The state of one lane that continues a text of `encode_seed`."""
        state = self.read(seed.ids)
        if not seed.prefix or state.among is None:
            return state
        return state._replace(among=jnp.array([self.tokenizer.among(seed.prefix)], jnp.int32))

    def read(self, ids: np.ndarray, after: WritingState | None = None) -> WritingState:
        """The state of one lane that continues this text, integers (N,); of any length, also none.

        Args:
            ids: the text.
            after: the state of one lane that has come so far; None has read nothing. Each character that is read
                leaves out the noise that would have drawn it.
        """
        prime = make_prime(self.graph)
        if after is None:
            memory, position, history = self.network.begin(1), jnp.zeros(1, jnp.int32), begin_history(1)
        else:
            memory, position, history = after.memory, after.position + np.int32(len(ids)), after.history
        for start in range(0, len(ids), READ_TOGETHER):
            part = ids[start : start + READ_TOGETHER]
            block = np.zeros((READ_TOGETHER, 1), np.int32)
            block[: len(part), 0] = part
            memory, history = prime(self.params, memory, history, block, len(part))
        among = None if self.tokenizer.order is None else jnp.array([[0, len(self.tokenizer)]], jnp.int32)
        return WritingState(memory, position, history, among)

    def after_reading(self, ids: np.ndarray) -> tuple[LanguageModel, float]:
        """Read a text and learn from it meanwhile (dynamic evaluation).

        Returns:
            The model that has learned, and the mean loss of its predictions in nats per character.
        """
        params, loss = learn_from(self.graph, self.params, ids, self.tokenizer.lengths)
        return replace(self, params=params), loss

    def score(self, ids: np.ndarray, progress: Tell | None = None) -> float:
        """Mean loss over a text, integers (N,), in nats per character: all tokens but the first are predicted."""
        return evaluate(self.graph, self.params, ids, self.tokenizer.lengths, progress)


def drawn_tokens(drawn: Drawn, lane: int, tokenizer: Tokenizer) -> list[DrawnToken]:
    """What was drawn in a lane."""
    ids, before, after = (np.asarray(each)[:, lane].tolist() for each in drawn[:3])
    return [*map(DrawnToken, map(tokenizer.text_of, ids), before, after)]


def lane_of(state: WritingState, lane: int) -> WritingState:
    """The state of one lane, (1, ...) a leaf, on the host."""
    one: WritingState = jax.tree.map(lambda leaf: np.asarray(leaf)[lane : lane + 1], state)
    return one


def repeated(state: WritingState, lanes: int) -> WritingState:
    """The state of one lane as that of several, on the host."""
    several: WritingState = jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf), lanes, axis=0), state)
    return several


def with_lane(state: WritingState, lane: int, one: WritingState) -> WritingState:
    """The state with the state of one lane in place of a lane's, on the host."""

    def replaced(leaf: Array, new: Array) -> np.ndarray:
        copy = np.array(leaf)
        copy[lane] = np.asarray(new)[0]
        return copy

    changed: WritingState = jax.tree.map(replaced, state, one)
    return changed


def noise_keys(*random_seeds: int) -> np.ndarray:
    """A key for each lane's noise, uint32 (B, 2)."""
    return np.array([[seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF] for seed in random_seeds], np.uint32)
