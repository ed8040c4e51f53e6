"""Filters, mirostat and DRY against their definitions, written out in NumPy: in both orders, and at extremes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.sampling import SETTINGS, Sampling
from model.writing.probabilities import (
    DRY_ALLOWED,
    DRY_BASE,
    DRY_WINDOW,
    FILTERS,
    MIROSTAT_RATE,
    History,
    Stages,
    begin_history,
    draw,
    hear,
    remember,
    settings_of,
    stages,
)

pytestmark = pytest.mark.usefixtures("two_devices")

Keeps = Callable[[np.ndarray, float], np.ndarray]
"""Which tokens a filter keeps, bool (V,), of logits with -inf for what is cut already."""

LANES, SYMBOLS = 64, 57
NAMES = [field.name for field in SETTINGS]
run = jax.jit(stages)


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max())
    return e / e.sum()


def prefix(rank: np.ndarray, p: np.ndarray, mass: float) -> np.ndarray:
    order = np.argsort(rank, kind="stable")
    total, last = 0.0, order[0]
    for token in order:
        last = token
        total += p[token]
        if total >= mass:
            break
    return rank <= rank[last]


def top_k(logits: np.ndarray, k: float) -> np.ndarray:
    return logits >= sorted(logits, reverse=True)[min(int(k), len(logits)) - 1]


def top_p(logits: np.ndarray, mass: float) -> np.ndarray:
    return prefix(-softmax(logits), softmax(logits), mass)


def min_p(logits: np.ndarray, share: float) -> np.ndarray:
    return softmax(logits) >= share * softmax(logits).max()


def typical(logits: np.ndarray, mass: float) -> np.ndarray:
    p = softmax(logits)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(p * np.log(p))
        return prefix(np.abs(-np.log(p) - entropy), p, mass)


def top_n_sigma(logits: np.ndarray, n: float) -> np.ndarray:
    return logits >= logits.max() - n * logits[np.isfinite(logits)].std()


def mirostat(logits: np.ndarray, tau: float) -> np.ndarray:
    p = softmax(logits)
    with np.errstate(divide="ignore"):
        return (-np.log2(p) <= 2 * tau) | (p == p.max())


KEEPS: dict[str, Keeps] = {each.__name__: each for each in (top_n_sigma, top_k, top_p, min_p, typical, mirostat)}
HUGGING_FACE = ("temperature", "top_n_sigma", "top_k", "top_p", "min_p", "typical", "mirostat")
LLAMA_CPP = ("top_n_sigma", "top_k", "typical", "top_p", "min_p", "mirostat", "temperature")
VALUES: dict[str, tuple[float, ...]] = {
    "top_k": (1, 3, 10, 56, 57, 1000),
    "top_p": (0.0, 0.3, 0.9, 0.999),
    "min_p": (0.001, 0.05, 0.5, 1.0),
    "typical": (0.0, 0.2, 0.9, 0.999),
    "top_n_sigma": (0.1, 1.0, 2.0),
    "mirostat": (0.1, 1.5, 4.0),
}


def expected(logits: np.ndarray, sampling: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """The distribution, and what cut each token ('' where it was kept), by the definitions, one step after another."""
    left, cut_by = logits.astype(np.float64), np.full(len(logits), "", dtype=object)
    for name in LLAMA_CPP if sampling.temperature_last else HUGGING_FACE:
        value = getattr(sampling, name)
        if name == "temperature" and value > 0:
            left = left / value
            continue
        if name != "temperature" and not sampling.has(name):
            continue
        kept = np.arange(len(left)) == left.argmax() if name == "temperature" else KEEPS[name](left, value)
        cut_by[~kept & np.isfinite(left)] = name
        left = np.where(kept, left, -np.inf)
    return softmax(left), cut_by


def made(logits: np.ndarray, sampling: Sampling, history: History | None = None) -> Stages:
    lanes = len(logits)
    odds = run(jnp.asarray(logits), settings_of([sampling] * lanes), history or begin_history(lanes))
    return Stages(*map(np.asarray, odds))


def assert_as_defined(logits: np.ndarray, sampling: Sampling) -> None:
    odds = made(logits, sampling)
    for lane, row in enumerate(logits):
        after, cut_by = expected(row, sampling)
        assert [FILTERS[each] if each >= 0 else "" for each in odds.cut_by[lane]] == cut_by.tolist()
        np.testing.assert_allclose(odds.after[lane], after, atol=2e-6)
        np.testing.assert_allclose(odds.before[lane], softmax(row.astype(np.float64)), atol=2e-6)
        assert (odds.after[lane] > 0).any()


@pytest.fixture
def logits(random: np.random.Generator) -> np.ndarray:
    return random.normal(size=(LANES, SYMBOLS)).astype(np.float32) * random.uniform(0.5, 4, (LANES, 1)).astype("f")


# Filters


@pytest.mark.parametrize("last", [False, True], ids=["temperature first", "temperature last"])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, each in VALUES.items() for value in each])
def test_a_filter_keeps_the_tokens_that_its_definition_keeps(
    logits: np.ndarray, name: str, value: float, last: bool
) -> None:
    for temperature in (0.5, 1.0, 1.7):
        assert_as_defined(logits, Sampling(temperature, **{name: value}, temperature_last=last))


@pytest.mark.parametrize("last", [False, True], ids=["temperature first", "temperature last"])
def test_filters_together_act_one_after_another(logits: np.ndarray, random: np.random.Generator, last: bool) -> None:
    logits[2, :50] = -np.inf  # cannot come, so that no filter cuts it
    for _ in range(60):
        chosen = {name: random.choice(VALUES[name]).item() for name in VALUES if random.random() < 0.5}
        chosen = {name: int(value) if name == "top_k" else value for name, value in chosen.items()}
        temperature = float(random.choice([0.0, 0.4, 1.0, 1.5]))
        assert_as_defined(logits[:8], Sampling(temperature, **chosen, temperature_last=last))


def test_the_order_is_the_one_that_is_shown() -> None:
    assert tuple(name for name in Sampling().order if name != "dry") == HUGGING_FACE
    assert tuple(name for name in Sampling(temperature_last=True).order if name != "dry") == LLAMA_CPP


def test_the_two_orders_differ(logits: np.ndarray) -> None:
    sampling = Sampling(1.8, top_p=0.8)
    first, last = made(logits, sampling), made(logits, replace(sampling, temperature_last=True))
    assert (first.after > 0).sum() > (last.after > 0).sum(), "a high temperature lets more pass a filter after it"


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(top_k=1),
        Sampling(top_p=0.0),
        Sampling(min_p=1.0),
        Sampling(0.0),
        Sampling(0.0, top_k=5, typical=0.2, temperature_last=True),
    ],
    ids=lambda sampling: sampling.words,
)
def test_the_extremes_are_greedy(logits: np.ndarray, sampling: Sampling) -> None:
    if sampling.has("typical"):  # which may cut the likeliest
        assert_as_defined(logits, sampling)
    else:
        np.testing.assert_array_equal(made(logits, sampling).after, np.eye(SYMBOLS)[logits.argmax(axis=1)])


@pytest.mark.parametrize("name", VALUES)
def test_tokens_that_are_alike_are_kept_or_cut_alike(name: str) -> None:
    alike = np.zeros((1, SYMBOLS), np.float32)
    for value in VALUES[name]:
        assert (made(alike, Sampling(**{name: value})).after > 0).all()


def test_no_logits_leave_nothing_to_draw_from() -> None:
    logits = np.stack([np.linspace(-3e38, 3e38, SYMBOLS), np.full(SYMBOLS, -3e38), np.eye(SYMBOLS)[3] * 200])
    for name, values in VALUES.items():
        for value in values:
            for last in (False, True):
                for temperature in (0.0, 0.01, 1.0, 100.0):
                    sampling = Sampling(temperature, **{name: value}, temperature_last=last)
                    odds = made(logits.astype(np.float32), sampling)
                    np.testing.assert_allclose(odds.after.sum(axis=1), 1, atol=1e-5, err_msg=sampling.words)


def test_a_setting_of_one_lane_changes_no_other_lane(logits: np.ndarray) -> None:
    alone = made(logits[:2], Sampling(0.7))
    beside = run(logits[:2], settings_of([Sampling(0.7), Sampling(top_k=3, dry=1)]), begin_history(2))
    np.testing.assert_array_equal(alone.after[0], beside.after[0])
    assert (np.asarray(beside.after[1]) > 0).sum() == 3


@pytest.mark.parametrize("name", VALUES)
def test_draws_follow_the_odds_that_are_left(random: np.random.Generator, name: str) -> None:
    logits = random.normal(size=12).astype(np.float32)
    sampling = Sampling(0.8, **{name: VALUES[name][1]})
    after, _ = expected(logits, sampling)
    draws = 20_000
    noise = np.array(jax.random.uniform(jax.random.key(1), draws))
    ids = np.array(draw(jnp.broadcast_to(made(logits[None], sampling).after, (draws, 12)), jnp.asarray(noise)))
    counts, possible = np.bincount(ids, minlength=12), after > 0
    assert not counts[~possible].any()
    wanted = after[possible] * draws
    statistic, freedom = ((counts[possible] - wanted) ** 2 / wanted).sum(), max(1, possible.sum() - 1)
    assert (statistic - freedom) / np.sqrt(2 * freedom) < 4


def test_no_setting_ever_recompiles(logits: np.ndarray, compilations: Callable[[], int]) -> None:
    made(logits, Sampling())
    before = compilations()
    for name in NAMES:
        made(logits, Sampling().turned(name, True))
    assert compilations() == before


# Mirostat


def walk(logits: np.ndarray, samplings: list[Sampling], seed: int = 0) -> tuple[list[float], list[float], list[int]]:
    """Surprise in the model's own odds, mirostat's drift and token of each draw."""
    history, surprises, drifts, ids = begin_history(1), [], [], []
    noises = np.random.default_rng(seed).random(len(samplings)).astype(np.float32)
    step = jax.jit(_step)
    for row, sampling, noise in zip(logits, samplings, noises, strict=True):
        history, one, surprise = step(row[None], settings_of([sampling]), history, noise[None])
        surprises.append(float(surprise[0]))
        drifts.append(float(history.drift[0]))
        ids.append(int(one[0]))
    return surprises, drifts, ids


def _step(
    logits: jax.Array, settings: np.ndarray, history: History, noise: jax.Array
) -> tuple[History, jax.Array, jax.Array]:
    odds = stages(logits, settings, history)
    ids = draw(odds.after, noise)
    return remember(history, ids, settings, odds.before), ids, -jnp.log2(odds.before[0, ids])


@pytest.mark.parametrize("tau", [2.5, 3.0])
@pytest.mark.parametrize("temperature", [1.0, 1.5])
def test_mirostat_holds_the_surprise_near_its_target(
    random: np.random.Generator, tau: float, temperature: float
) -> None:
    logits = random.normal(size=(1500, SYMBOLS)).astype(np.float32) * 2
    free, _, _ = walk(logits, [Sampling(temperature)] * len(logits))
    assert np.mean(free[300:]) > tau + 0.3, "without it, the text surprises more"
    held, _, _ = walk(logits, [Sampling(temperature, mirostat=tau)] * len(logits))
    assert np.mean(held[300:]) == pytest.approx(tau, abs=0.05)


def test_mirostats_limit_follows_its_formula(random: np.random.Generator) -> None:
    logits = random.normal(size=(50, SYMBOLS)).astype(np.float32) * 2
    surprises, drifts, ids = walk(logits, [Sampling(mirostat=2.0)] * 50)
    mu = 4.0
    for row, surprise, drift, token in zip(logits, surprises, drifts, ids, strict=True):
        p = softmax(row.astype(np.float64))
        assert surprise == pytest.approx(-np.log2(p[token]), abs=1e-4)
        assert -np.log2(p[token]) <= mu + 1e-4 or token == p.argmax()
        mu -= MIROSTAT_RATE * (surprise - 2.0)
        assert 4.0 + drift == pytest.approx(mu, abs=1e-4)


def test_mirostat_begins_anew_when_it_is_turned_on_again(random: np.random.Generator) -> None:
    logits = random.normal(size=(30, SYMBOLS)).astype(np.float32) * 2
    _, drifts, _ = walk(logits, [*[Sampling(mirostat=2.0)] * 10, *[Sampling()] * 10, *[Sampling(mirostat=2.0)] * 10])
    assert all(drifts[:10])
    assert not any(drifts[10:20])
    assert abs(drifts[20]) < 1


# DRY


def dry_penalty(text: list[int], multiplier: float) -> np.ndarray:
    """By trying every earlier place: how far back the text before it equals the text before the end."""
    longest = np.zeros(SYMBOLS, int)
    for follows in range(max(0, len(text) - DRY_WINDOW + 1), len(text)):
        length = 0
        while length < follows and length < 255 and text[follows - 1 - length] == text[-1 - length]:
            length += 1
        longest[text[follows]] = max(longest[text[follows]], length)
    return np.where(longest >= DRY_ALLOWED, multiplier * DRY_BASE ** np.minimum(longest - DRY_ALLOWED, 100.0), 0)


def heard(text: list[int]) -> History:
    history, step = begin_history(1), jax.jit(hear)
    for token in text:
        history = step(history, np.array([token]))
    return history


@pytest.mark.parametrize(
    "text",
    [
        [],
        [3] * 5,
        [3] * 40,
        [1, 2] * 30,
        [*range(40), *range(14)],
        [*range(13), 50, *range(13), 51, *range(13)],
        [*range(20), *[55] * 300, *range(20)],
        [*range(50)] * 12,
    ],
    ids=["nothing", "too short", "one", "two", "once", "two ways on", "out of sight", "a long loop"],
)
def test_dry_penalises_what_would_extend_a_repeat(random: np.random.Generator, text: list[int]) -> None:
    logits = random.normal(size=(1, SYMBOLS)).astype(np.float32)
    odds = made(logits, Sampling(dry=0.8), heard(text))
    wanted = softmax(logits[0].astype(np.float64) - dry_penalty(text, 0.8)) if text else softmax(logits[0])
    np.testing.assert_allclose(odds.after[0], wanted, atol=2e-6)


def test_dry_knows_the_same_of_any_text(random: np.random.Generator) -> None:
    text = random.integers(0, 2, 300).tolist()  # two tokens: long repeats by chance
    history, step = begin_history(1), jax.jit(hear)
    for length, token in enumerate(text, start=1):
        history = step(history, np.array([token]))
        if length % 7 == 0:
            odds = made(np.zeros((1, SYMBOLS), np.float32), Sampling(dry=1.0), history)
            np.testing.assert_allclose(odds.after[0], softmax(-dry_penalty(text[:length], 1.0)), atol=2e-6)


def test_dry_ends_a_greedy_loop() -> None:
    """A model that always continues 0 1 2 3 with 0 again."""

    def written(sampling: Sampling) -> list[int]:
        history, text, step = begin_history(1), [0], jax.jit(_step)
        for _ in range(80):
            logits = np.zeros((1, SYMBOLS), np.float32)
            logits[0, (text[-1] + 1) % 4] = 5
            history, one, _ = step(logits, settings_of([sampling]), history, np.zeros(1, np.float32))
            text.append(int(one[0]))
        return text

    assert written(Sampling(0.0)) == [each % 4 for each in range(81)]
    assert written(Sampling(0.0, dry=0.8))[:20] == [each % 4 for each in range(20)], "a short repeat is no loop"
    assert written(Sampling(0.0, dry=0.8)) != written(Sampling(0.0))


def test_settings_that_are_called_idle_change_no_odds() -> None:
    noise = np.random.default_rng(3)
    settings = {"top_k": 5, "top_p": 0.7, "min_p": 0.1, "typical": 0.4, "top_n_sigma": 1.0, "mirostat": 1.0}
    samplings = []
    for lane in range(LANES):
        on: dict[str, float] = {name: value for name, value in settings.items() if noise.random() < 0.4}
        samplings.append(Sampling(0.7 * (lane % 2), temperature_last=bool(noise.random() < 0.7), **on))  # type: ignore[arg-type]
    bare = [replace(each, **{name: getattr(Sampling(), name) for name in each.idle}) for each in samplings]
    logits, history = jnp.asarray(noise.normal(0, 2, (LANES, SYMBOLS)), jnp.float32), begin_history(LANES)
    with_idle, without = (np.asarray(run(logits, settings_of(each), history).after) for each in (samplings, bare))
    assert sum(bool(each.idle) for each in samplings) > 20
    np.testing.assert_array_equal(with_idle, without)
