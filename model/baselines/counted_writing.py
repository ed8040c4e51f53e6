"""What the baselines write: each next token drawn by counts, as Shannon did with a book and a pencil.

C. E. Shannon, A Mathematical Theory of Communication (1948), section 3: "The Series of Approximations to English". The
draw is that of the network's writing, with the same settings and, for the same random seed, the same noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from model.baselines.ngrams import NGrams
from model.sampling import Sampling
from model.writing.language_model import Drawn, noise_at, noise_keys
from model.writing.probabilities import (
    History,
    Settings,
    begin_history,
    draw,
    entropy_of,
    hear,
    remember,
    settings_of,
    stages,
)


def write_by_counts(
    ngrams: NGrams, orders: Sequence[int], samplings: Sequence[Sampling], random_seed: int, seed: np.ndarray
) -> Iterator[Drawn]:
    """Write B texts without end, one token of each at a time: ids, and their odds, (B,) each.

    Args:
        ngrams: the models.
        orders: of each text; -1 guesses all tokens alike.
        samplings: of each text.
        random_seed: of the noise, the same for all.
        seed: the tokens that they continue, integers (N,); may be empty.
    """
    state, history = ngrams.begin(), begin_history(len(orders))
    for token in seed.tolist():
        state = ngrams.after(state, token)
        history = _hear(history, np.full(len(orders), token, np.int32))
    states = [state] * len(orders)
    settings, keys, position = settings_of(samplings), noise_keys(*[random_seed] * len(orders)), 0
    while True:
        p = np.stack([ngrams.next(state, order) for state, order in zip(states, orders, strict=True)])
        drawn, history = _draw(p.astype(np.float32), settings, history, keys, np.int32(position))
        yield drawn
        states = [ngrams.after(state, token) for state, token in zip(states, drawn.ids.tolist(), strict=True)]
        position += 1


@jax.jit
def _draw(p: Array, settings: Settings, history: History, keys: Array, position: Array) -> tuple[Drawn, History]:
    """The next token of each text, from the odds (B, V) that its counts give."""
    odds = stages(jnp.log(jnp.maximum(p, 1e-38)), settings, history)
    ids = draw(odds.after, noise_at(keys, jnp.full((1, len(keys)), position))[0])
    before, after = (jnp.take_along_axis(p, ids[:, None], axis=-1)[:, 0] for p in (odds.before, odds.after))
    return Drawn(ids, before, after, entropy_of(odds.after)), remember(history, ids, settings, odds.before)


_hear = jax.jit(hear)
