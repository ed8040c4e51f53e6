"""From logits and the settings of a Sampling to probabilities, and from these to a token.

This is the one place where the settings get their meaning. They arrive as traced arrays, so changing one never
recompiles, and what no lane has turned on is skipped. Shapes: `B` lanes, `V` tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from model.sampling import MOST_UNITS_OFF, SETTINGS, TEMPERATURE_FIRST, TEMPERATURE_LAST, Sampling

Settings = Any
"""Each of SETTINGS in turn, then layer and number of each unit that is off, filled up with zeros, float32 (B, N): one
array, as each costs time to hand over."""

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

_DEFAULTS: dict[str, float] = {each.name: getattr(Sampling(), each.name) for each in SETTINGS}
_FILTERING = [place for place, name in enumerate(_DEFAULTS) if not name.startswith("temperature")]
_FIRST, _LAST = (
    [FILTERS.index(name) for name in order if name not in ("dry", "temperature")]
    for order in (TEMPERATURE_FIRST, TEMPERATURE_LAST)
)
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
    """Index into FILTERS of what cut a token, -1 where it was kept or could not come anyway; int8."""


def settings_of(samplings: Sequence[Sampling]) -> Settings:
    """The settings of B lanes."""
    columns = len(_DEFAULTS)
    settings = np.zeros((len(samplings), columns + 2 * MOST_UNITS_OFF), np.float32)
    for lane, sampling in enumerate(samplings):
        settings[lane, :columns] = [getattr(sampling, name) for name in _DEFAULTS]
        for place, unit in enumerate(sampling.without_units):
            settings[lane, columns + 2 * place :][:2] = unit
    return settings


def kept_units(settings: Settings, layers: int, units: int) -> Array:
    """Which units of a network are on, bool (B, L, H); those that it does not have make no difference."""
    off = jnp.asarray(settings)[:, len(_DEFAULTS) :].reshape(-1, MOST_UNITS_OFF, 2, 1, 1)
    there = (off[:, :, 0] == jnp.arange(1, layers + 1)[:, None]) & (off[:, :, 1] == jnp.arange(1, units + 1))
    return ~there.any(axis=1)


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


def stages(logits: Array, settings: Settings, history: History) -> Stages:
    """The distribution that the next token is drawn from, and what became of the others.

    The order is `Sampling.order`. Each filter sees the odds as those before it left them, summing to 1; it keeps at
    least one token, and all that equal the last one it keeps.

    Args:
        logits: (B, V), -inf for what cannot come.
        settings: of the lanes. At temperature 0 the likeliest token that is left has all of the probability.
        history: of the tokens before.
    """
    temperature = _value(settings, "temperature")
    filtering = (settings[:, : len(_DEFAULTS)] != np.array([*_DEFAULTS.values()], np.float32))[:, np.array(_FILTERING)]
    uncut = jnp.full(logits.shape, -1, jnp.int8)
    left, cut_by = lax.cond(filtering.any(), _filtered, lambda *_: (logits, uncut), logits, settings, history)
    # Dividing the differences from the maximum keeps any temperature finite: the largest stays exactly 0.
    below = left - left.max(axis=-1, keepdims=True)
    warm = jax.nn.softmax(below / jnp.maximum(temperature, 1e-6)[:, None])
    greedy = jax.nn.one_hot(jnp.argmax(left, axis=-1), left.shape[-1])
    after = jnp.where(temperature[:, None] > 0, warm, greedy)
    by_temperature = (temperature[:, None] == 0) & (after == 0) & (cut_by < 0)
    cut_by = jnp.where(by_temperature, np.int8(FILTERS.index("temperature")), cut_by)
    cut_by = jnp.where(logits > -jnp.inf, cut_by, np.int8(-1))
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
    filtering = last | (temperature > 0)  # a temperature of 0 that comes first leaves nothing to filter
    on = jnp.stack([_on(settings, name) & filtering for name in FILTERS])
    limits = jnp.stack([_value(settings, name) for name in FILTERS])
    limits = limits.at[FILTERS.index("mirostat")].add(_value(settings, "mirostat") + history.drift)
    lanes = jnp.arange(logits.shape[0])

    def apply(so_far: tuple[Array, Array], which: Array) -> tuple[tuple[Array, Array], None]:
        seen, cut_by = so_far
        on_now = on[which, lanes][:, None]
        kept = lax.cond(on_now.any(), _kept, lambda seen, *_: seen > -jnp.inf, seen, which, limits[which, lanes])
        cut = on_now & ~kept & (cut_by < 0)
        return (jnp.where(cut, -jnp.inf, seen), jnp.where(cut, which[:, None].astype(jnp.int8), cut_by)), None

    uncut = jnp.full(logits.shape, -1, jnp.int8)
    orders: Array = jnp.where(last, jnp.array(_LAST)[:, None], jnp.array(_FIRST)[:, None])
    (_, cut_by), _ = lax.scan(apply, (seen, uncut), orders)
    return jnp.where(cut_by < 0, logits, -jnp.inf), cut_by


def _kept(logits: Array, which: Array, limit: Array) -> Array:
    """The tokens that a filter keeps: those of at most the rank of its last one, bool (B, V).

    One function for all filters, as each operation of a compiled program costs time even where it is skipped.

    Args:
        logits: (B, V), -inf where a token is cut already.
        which: each lane's filter, as an index into FILTERS, (B,).
        limit: its setting, (B,).
    """
    rank = logits.max(axis=-1, keepdims=True) - logits  # how many nats behind the likeliest
    p = jax.nn.softmax(logits)
    nats = rank + jnp.log(jnp.sum(jnp.exp(-rank), axis=-1, keepdims=True))
    entropy = jnp.sum(jnp.where(p > 0, p * nats, 0), axis=-1, keepdims=True)
    typical = which[:, None] == FILTERS.index("typical")
    rank = jnp.where(typical, jnp.abs(nats - entropy), rank)

    def last_in_order(rank: Array, p: Array) -> Array:
        rank, p = lax.sort((rank, p), num_keys=1)
        fewest = jnp.sum(jnp.cumsum(p, axis=-1) < limit[:, None], axis=-1)
        place = jnp.where(which == FILTERS.index("top_k"), limit.astype(jnp.int32) - 1, fewest)
        return jnp.take_along_axis(rank, jnp.clip(place, 0, rank.shape[-1] - 1)[:, None], axis=-1)[:, 0]

    ordered = jnp.isin(which, jnp.array([FILTERS.index(name) for name in ("top_k", "top_p", "typical")]))
    in_order = lax.cond(ordered.any(), last_in_order, lambda rank, p: rank[:, 0], rank, p)
    last = {
        # Tang 2024: logits within n standard deviations of the largest.
        "top_n_sigma": limit * jnp.std(logits, axis=-1, where=jnp.isfinite(logits)),
        # Fan 2018: the k likeliest.
        "top_k": in_order,
        # Holtzman 2019: the fewest likeliest whose probabilities add up to the limit.
        "top_p": in_order,
        # Nguyen 2024: at least this share of the largest probability.
        "min_p": -jnp.log(limit),
        # Meister 2022: those whose surprise is nearest to the entropy, until their probabilities add up to the limit.
        "typical": in_order,
        # Mirostat 2 (Basu 2020): a surprise of at most so many bits, or the likeliest.
        "mirostat": jnp.maximum(0, limit * jnp.log(2.0) - nats.min(axis=-1)),
    }
    chosen = jnp.select([which == FILTERS.index(name) for name in last], [*last.values()])
    return rank <= chosen[:, None]


def _penalised(logits: Array, settings: Settings, history: History) -> Array:
    """DRY (p-e-w 2024): less m * base^(n - allowed) for a token that would extend a repeat of n tokens."""
    length = jnp.where(history.repeated >= DRY_ALLOWED, history.repeated, 0)[:, :-1]
    follows, lanes = jnp.maximum(history.recent[:, 1:], 0), jnp.arange(logits.shape[0])[:, None]
    longest = jnp.zeros(logits.shape, jnp.int32).at[lanes, follows].max(length.astype(jnp.int32))
    beyond = jnp.minimum(longest - DRY_ALLOWED, 100)  # keeps the penalty finite
    penalty = _value(settings, "dry")[:, None] * DRY_BASE ** beyond.astype(jnp.float32)
    return logits - jnp.where(longest > 0, penalty, 0)


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
    return jnp.sum(jnp.where(p > 0, -p * jnp.log2(jnp.maximum(p, 1e-38)), 0), axis=-1)
