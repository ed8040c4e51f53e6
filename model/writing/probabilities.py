"""From logits and the settings of a Sampling to probabilities, and from these to a token.

This is the one place where the settings get their meaning; each filter is a function of its own. The settings arrive as
traced arrays, so changing one never recompiles, and what no lane has turned on costs nothing. Shapes: `B` lanes, `V`
tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from model.sampling import Sampling

Settings = Any
"""Each field of Sampling in turn, float32 (B, number of fields): one array, as each costs time to hand over."""

FILTERS = ("temperature", "top_n_sigma", "top_k", "top_p", "min_p", "typical", "mirostat")
"""The settings that can cut a token; temperature does so at 0."""

MIROSTAT_RATE = 0.1
"""Eta: how much of a token's surprise beyond the wanted one moves mirostat's limit."""

DRY_BASE = 1.75
"""DRY's penalty grows by this factor with each further token of a repeat."""

DRY_ALLOWED = 12
"""Tokens that may be repeated before DRY penalises the next."""

DRY_WINDOW = 256
"""Tokens that DRY looks back at."""

_LONGEST_REPEAT = 255
"""Tokens of a repeat that are counted."""

_DEFAULTS: dict[str, float] = {each.name: getattr(Sampling(), each.name) for each in fields(Sampling)}
_FILTERING = [place for place, name in enumerate(_DEFAULTS) if not name.startswith("temperature")]
_PLACES = {name: place for place, name in enumerate(_DEFAULTS)}


class History(NamedTuple):
    """What the settings need to know of the tokens before: arrays whose first axis is the lanes."""

    drift: Array
    """Mirostat's limit in bits, less the 2 tau that it starts from, float32 (B,)."""
    recent: Array
    """The newest tokens, the last one last, int32 (B, DRY_WINDOW); -1 where there are none."""
    repeated: Array
    """How many tokens up to each of these repeat the newest ones, uint8 (B, DRY_WINDOW)."""


class Stages(NamedTuple):
    """What sampling makes of the model's odds, (B, V) each."""

    before: Array
    """softmax(logits)."""
    after: Array
    """What the next token is drawn from."""
    cut_by: Array
    """Index into FILTERS of what cut a token, -1 where it was kept; int8."""


def settings_of(samplings: Sequence[Sampling]) -> Settings:
    """The settings of B lanes."""
    return np.array([[getattr(sampling, name) for name in _DEFAULTS] for sampling in samplings], np.float32)


def begin_history(lanes: int) -> History:
    """The history before any text."""
    none = np.full((lanes, DRY_WINDOW), -1, np.int32)
    return History(*map(jnp.asarray, (np.zeros(lanes, np.float32), none, np.zeros(none.shape, np.uint8))))


def hear(history: History, ids: Array) -> History:
    """The history after tokens (B,) that were read rather than drawn."""
    recent = jnp.concatenate([history.recent[:, 1:], ids[:, None].astype(jnp.int32)], axis=1)
    longer = jnp.minimum(history.repeated, _LONGEST_REPEAT - 1) + np.uint8(1)
    return History(history.drift, recent, jnp.where(recent == ids[:, None], longer, np.uint8(0)))


def remember(history: History, ids: Array, settings: Settings, before: Array) -> History:
    """The history after tokens (B,) were drawn with these settings.

    Args:
        history: of the tokens before.
        ids: the tokens, (B,).
        settings: of their lanes.
        before: the model's own odds, (B, V): mirostat measures the surprise in them, as its paper does.
    """
    tau = _value(settings, "mirostat")
    surprise = -jnp.log2(jnp.maximum(jnp.take_along_axis(before, ids[:, None], axis=-1)[:, 0], 1e-38))
    drift = jnp.where(tau > 0, history.drift - MIROSTAT_RATE * (surprise - tau), 0)
    return hear(history._replace(drift=drift), ids)


def probabilities(logits: Array, settings: Settings, history: History) -> Array:
    """The distribution that the next token is drawn from, (B, V): `after` of the stages."""
    return stages(logits, settings, history).after


def stages(logits: Array, settings: Settings, history: History) -> Stages:
    """The distribution that the next token is drawn from, and what became of the others.

    The order is `Sampling.order`. Each filter sees the odds as those before it left them, summing to 1; it keeps at
    least one token, and all that equal the last one it keeps.

    Args:
        logits: (B, V).
        settings: of the lanes. At temperature 0 the likeliest token that is left has all of the probability.
        history: of the tokens before.
    """
    temperature = _value(settings, "temperature")
    filtering = (settings != np.array([*_DEFAULTS.values()], np.float32))[:, np.array(_FILTERING)].any()
    uncut = jnp.full(logits.shape, -1, jnp.int8)
    left, cut_by = lax.cond(filtering, _filtered, lambda *_: (logits, uncut), logits, settings, history)
    # Dividing the differences from the maximum keeps any temperature finite: the largest stays exactly 0.
    below = left - left.max(axis=-1, keepdims=True)
    warm = jax.nn.softmax(below / jnp.maximum(temperature, 1e-6)[:, None])
    greedy = jax.nn.one_hot(jnp.argmax(left, axis=-1), left.shape[-1])
    after = jnp.where(temperature[:, None] > 0, warm, greedy)
    by_temperature = (temperature[:, None] == 0) & (after == 0) & (cut_by < 0)
    cut_by = jnp.where(by_temperature, np.int8(FILTERS.index("temperature")), cut_by)
    return Stages(jax.nn.softmax(logits), after, cut_by)


def _value(settings: Settings, name: str) -> Array:
    """A setting of each lane, (B,)."""
    value: Array = settings[:, _PLACES[name]]
    return value


def _on(settings: Settings, name: str) -> Array:
    """The lanes in which a setting is on, bool (B,)."""
    return _value(settings, name) != _DEFAULTS[name]


def _filtered(logits: Array, settings: Settings, history: History) -> tuple[Array, Array]:
    """The logits, with DRY's penalties and -inf for what is cut, and what cut it."""
    logits = lax.cond(_on(settings, "dry").any(), _penalised, lambda logits, *_: logits, logits, settings, history)
    temperature, last = _value(settings, "temperature"), _on(settings, "temperature_last")
    below = logits - logits.max(axis=-1, keepdims=True)
    seen = jnp.where(last[:, None], below, below / jnp.maximum(temperature, 1e-6)[:, None])
    cut_by = jnp.full(logits.shape, -1, jnp.int8)
    everywhere = last | (temperature > 0)  # a temperature of 0 that comes first leaves nothing to filter
    for name, where in (
        ("top_n_sigma", everywhere),
        ("top_k", everywhere),
        ("typical", everywhere & last),
        ("top_p", everywhere),
        ("min_p", everywhere),
        ("typical", everywhere & ~last),
        ("mirostat", everywhere),
    ):
        on = _on(settings, name) & where
        limit = _value(settings, name) if name != "mirostat" else 2 * _value(settings, name) + history.drift
        kept = lax.cond(on.any(), _KEPT[name], lambda seen, _: jnp.ones(seen.shape, bool), seen, limit[:, None])
        cut = on[:, None] & ~kept & (cut_by < 0)
        cut_by = jnp.where(cut, np.int8(FILTERS.index(name)), cut_by)
        seen = jnp.where(cut, -jnp.inf, seen)
    return jnp.where(cut_by < 0, logits, -jnp.inf), cut_by


def _penalised(logits: Array, settings: Settings, history: History) -> Array:
    """DRY (p-e-w 2024): less m * base^(n - allowed) for a token that would extend a repeat of n tokens."""
    length = jnp.where(history.repeated >= DRY_ALLOWED, history.repeated, 0)[:, :-1]
    follows, lanes = jnp.maximum(history.recent[:, 1:], 0), jnp.arange(logits.shape[0])[:, None]
    longest = jnp.zeros(logits.shape, jnp.int32).at[lanes, follows].max(length.astype(jnp.int32))
    beyond = jnp.minimum(longest - DRY_ALLOWED, 100)  # keeps the penalty finite
    penalty = _value(settings, "dry")[:, None] * DRY_BASE ** beyond.astype(jnp.float32)
    return logits - jnp.where(longest > 0, penalty, 0)


# Filters: which tokens are kept, bool (B, V), from logits with -inf for what is cut already, and the setting (B, 1).


def _of_top_n_sigma(logits: Array, n: Array) -> Array:
    """Tang 2024: logits within n standard deviations of the largest."""
    spread = jnp.std(logits, axis=-1, keepdims=True, where=jnp.isfinite(logits))
    return logits >= logits.max(axis=-1, keepdims=True) - n * spread


def _of_top_k(logits: Array, k: Array) -> Array:
    """Fan 2018: the k largest."""
    last = jnp.minimum(k, logits.shape[-1]).astype(jnp.int32) - 1
    return logits >= jnp.take_along_axis(jnp.sort(logits, axis=-1, descending=True), last, axis=-1)


def _of_top_p(logits: Array, mass: Array) -> Array:
    """Holtzman 2019: the smallest number of likeliest tokens whose probabilities add up to `mass`."""
    p = jax.nn.softmax(logits)
    return _prefix(-p, p, mass)


def _of_min_p(logits: Array, share: Array) -> Array:
    """Nguyen 2024: at least this share of the largest probability."""
    p = jax.nn.softmax(logits)
    return p >= share * p.max(axis=-1, keepdims=True)


def _of_typical(logits: Array, mass: Array) -> Array:
    """Meister 2022: those whose surprise is nearest to the entropy, until their probabilities add up to `mass`."""
    log_p = jax.nn.log_softmax(logits)
    p = jnp.exp(log_p)
    entropy = -jnp.sum(jnp.where(p > 0, p * log_p, 0), axis=-1, keepdims=True)
    return _prefix(jnp.abs(-log_p - entropy), p, mass)


def _of_mirostat(logits: Array, limit: Array) -> Array:
    """Mirostat 2 (Basu 2020): a surprise of at most `limit` bits, or the likeliest."""
    p = jax.nn.softmax(logits)
    return (-jnp.log2(p) <= limit) | (p >= p.max(axis=-1, keepdims=True))


def _prefix(rank: Array, p: Array, mass: Array) -> Array:
    """The fewest tokens of lowest rank whose probabilities add up to `mass`, and all of the rank of the last."""
    rank_in_order, p_in_order = lax.sort((rank, p), num_keys=1)
    last = jnp.sum(jnp.cumsum(p_in_order, axis=-1) < mass, axis=-1, keepdims=True)
    last = jnp.minimum(last, rank.shape[-1] - 1)
    return rank <= jnp.take_along_axis(rank_in_order, last, axis=-1)


_KEPT: dict[str, Callable[[Array, Array], Array]] = {
    "top_n_sigma": _of_top_n_sigma,
    "top_k": _of_top_k,
    "top_p": _of_top_p,
    "min_p": _of_min_p,
    "typical": _of_typical,
    "mirostat": _of_mirostat,
}


def draw(p: Array, noise: Array) -> Array:
    """One multinomial draw a lane by the inverse of the cumulative distribution.

    Args:
        p: (B, V).
        noise: uniform in [0, 1), (B,).

    Returns:
        ids, int32 (B,); a token of probability 0 is never drawn.
    """
    cumulative = jnp.cumsum(p, axis=-1)
    # Where a long alphabet is summed in parallel, the sum may grow by a rounding error at a token of probability 0:
    # only possible tokens may be chosen.
    possible = p > 0
    total = jnp.max(cumulative, axis=-1, keepdims=True, where=possible, initial=0)
    return jnp.argmax(possible & (cumulative > noise[:, None] * total), axis=-1).astype(jnp.int32)


def entropy_of(p: Array) -> Array:
    """Of each distribution (B, V), in bits."""
    return -jnp.sum(jnp.where(p > 0, p * jnp.log2(jnp.maximum(p, 1e-38)), 0), axis=-1)
