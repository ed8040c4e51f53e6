"""Writing: one step of the LSTM a character, at a temperature that may change between any two characters.

Shapes: `n` characters, `B` lanes, `V` characters of the alphabet. A lane is one text being written; each has its own
temperature and its own noise, and lanes given the same key draw with the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from model.networks.kinds import parameter_shapes
from model.networks.network import Graph, Memory, Params, assemble, build
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint, CheckpointError
from model.tokens.tokenizer import Encoded, Tokenizer
from model.training.dynamic_evaluation import learn_from
from model.training.evaluation import evaluate
from model.training.named_arrays import TreeError, from_arrays

CHUNK = 8
"""Characters written in one call where speed matters more than answering between any two."""

_PRIME_BLOCK = 64


class WritingState(NamedTuple):
    """Between two characters: all that the next one depends on, besides the settings."""

    memory: Memory
    """The network's, of B lanes."""
    position: Array
    """Characters drawn since the seed, int32: character i is drawn with the noise fold_in(key, i)."""


class Drawn(NamedTuple):
    """Characters as they were drawn, (n, B) each."""

    ids: Array
    probability: Array
    """Of the character, at the temperature it was drawn with."""
    entropy: Array
    """Of the distribution it was drawn from, in bits."""


def odds(logits: Array, temperature: Array) -> Array:
    """softmax(logits / temperature) over the last axis; temperature 0 is all on the likeliest.

    Args:
        logits: (B, V).
        temperature: (B,), from 0 up.
    """
    # Dividing the differences from the maximum keeps any temperature finite: the largest stays exactly 0.
    below = logits - logits.max(axis=-1, keepdims=True)
    warm = jax.nn.softmax(below / jnp.maximum(temperature, 1e-6)[:, None])
    greedy = jax.nn.one_hot(jnp.argmax(logits, axis=-1), logits.shape[-1])
    return jnp.where(temperature[:, None] > 0, warm, greedy)


def draw(p: Array, noise: Array) -> Array:
    """One multinomial draw a lane by the inverse of the cumulative distribution.

    Args:
        p: (B, V).
        noise: uniform in [0, 1), (B,).

    Returns:
        ids, int32 (B,); a character of probability 0 is never drawn.
    """
    cumulative = jnp.cumsum(p, axis=-1)
    # Where a long alphabet is summed in parallel, the sum may move by a rounding from one character to the next even
    # if that one's p is 0: only characters that are possible may stand for their part of it.
    possible = p > 0
    total = jnp.max(cumulative, axis=-1, keepdims=True, where=possible, initial=0)
    return jnp.argmax(possible & (cumulative > noise[:, None] * total), axis=-1).astype(jnp.int32)


class WriteChunk(Protocol):
    """n characters a lane: the state after them, the states after each (n first), and what was drawn."""

    def __call__(
        self, params: Params, state: WritingState, temperature: np.ndarray, keys: np.ndarray, n: int
    ) -> tuple[WritingState, WritingState, Drawn]:
        """Temperature (B,) float32; keys (B, 2) uint32; n is static: use one or two values."""
        ...


@lru_cache(maxsize=8)
def make_write_chunk(graph: Graph) -> WriteChunk:
    """Compile writing for this network. Temperatures and parameters are arguments: changing them is free."""

    def write_chunk(
        params: Params, state: WritingState, temperature: Array, keys: Array, n: int
    ) -> tuple[WritingState, WritingState, Drawn]:
        network = assemble(graph, params)

        def write_one(state: WritingState, _: None) -> tuple[WritingState, tuple[WritingState, Drawn]]:
            p = odds(network.logits(state.memory), temperature)
            noise = jax.vmap(lambda key: jax.random.uniform(jax.random.fold_in(key, state.position)))(keys)
            ids = draw(p, noise)
            drawn = Drawn(
                ids,
                jnp.take_along_axis(p, ids[:, None], axis=-1)[:, 0],
                -jnp.sum(jnp.where(p > 0, p * jnp.log2(jnp.maximum(p, 1e-38)), 0), axis=-1),
            )
            state = WritingState(network.step(ids, state.memory), state.position + 1)
            return state, (state, drawn)

        last, (states, drawn) = lax.scan(write_one, state, length=n)
        return last, states, drawn

    compiled: WriteChunk = jax.jit(write_chunk, static_argnames="n")
    return compiled


Prime = Callable[[Params, Memory, np.ndarray, int], Memory]


@lru_cache(maxsize=8)
def make_prime(graph: Graph) -> Prime:
    """Compile reading a seed: the first n of a block of ids (_PRIME_BLOCK, B); n never recompiles."""

    @jax.jit
    def prime(params: Params, memory: Memory, ids: Array, n: Array) -> Memory:
        network = assemble(graph, params)
        return lax.fori_loop(0, n, lambda k, so_far: network.step(ids[k], so_far), memory)

    compiled: Prime = prime
    return compiled


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A network with its parameters and tokenizer: it writes and scores text."""

    graph: Graph
    params: Params
    recipe: Recipe
    tokenizer: Tokenizer

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> LanguageModel:
        """The language model of a checkpoint.

        Raises:
            CheckpointError: its arrays are not those of its recipe's network.
        """
        recipe, tokenizer = checkpoint.manifest.read_recipe(), checkpoint.manifest.tokenizer
        graph, like = build(recipe, len(tokenizer))
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

    def read(self, ids: np.ndarray) -> WritingState:
        """Ready to go on from this text, integers (N,); of any length, also none."""
        prime, memory = make_prime(self.graph), assemble(self.graph, self.params).begin(1)
        for start in range(0, len(ids), _PRIME_BLOCK):
            part = ids[start : start + _PRIME_BLOCK]
            block = np.zeros((_PRIME_BLOCK, 1), np.int32)
            block[: len(part), 0] = part
            memory = prime(self.params, memory, block, len(part))
        return WritingState(memory, jnp.zeros((), jnp.int32))

    def write(self, seed_text: str, length: int, temperature: float, random_seed: int) -> Iterator[str]:
        """Go on from a text: `length` characters, as they are drawn.

        The same seed text, temperature and random seed write the same.
        """
        write_chunk, state = make_write_chunk(self.graph), self.read(self.encode(seed_text).ids)
        temperatures, keys = np.array([temperature], np.float32), noise_keys(random_seed)
        for done in range(0, length, CHUNK):
            state, _, drawn = write_chunk(self.params, state, temperatures, keys, n=CHUNK)
            yield self.tokenizer.decode(np.asarray(drawn.ids)[: length - done, 0])

    def after_reading(self, ids: np.ndarray) -> tuple[LanguageModel, float]:
        """Read a text and learn from it meanwhile (dynamic evaluation).

        Returns:
            The model that has learned, and the mean loss of its predictions in nats per character.
        """
        params, loss = learn_from(self.graph, self.params, ids, self.tokenizer.lengths)
        return replace(self, params=params), loss

    def score(self, ids: np.ndarray) -> float:
        """Mean loss over a text, integers (N,), in nats per character: all tokens but the first are predicted."""
        return evaluate(self.graph, self.params, ids, self.tokenizer.lengths)


def noise_keys(*random_seeds: int) -> np.ndarray:
    """A key for each lane's noise, uint32 (B, 2)."""
    return np.array([[seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF] for seed in random_seeds], np.uint32)
