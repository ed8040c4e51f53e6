"""Writing: stateful steps equal re-reading, draws follow their odds exactly, settings never recompile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.networks.network import Graph, Memory, Params, assemble, build, count
from model.options.recipe_file import to_plain
from model.recipe import FAST
from model.runs.checkpoint import Checkpoint, CheckpointError, CorpusFacts, Manifest, current_versions
from model.sampling import SETTINGS, Sampling
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer
from model.training.named_arrays import to_arrays
from model.writing.language_model import Drawn, LanguageModel, WritingState, make_write_chunk, noise_keys, repeated
from model.writing.probabilities import Settings, begin_history, draw, settings_of, stages
from tests.model.writing.written_text import text_of

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = "\n ,.abcdefghijklmnopqrstuvwxyz"
SYMBOLS = len(ALPHABET)
RECIPE = replace(FAST, hidden=16)
LAST_BELOW_ONE = np.float32(1 - 2**-23)
EXTREME = float(np.float32(3e38))
TEMPERATURES = (0.01, 0.2, 0.5, 1.0, 1.2, 10.0)


def make_author(layers: int, gated: bool = False) -> LanguageModel:
    """An author with strong opinions: fresh weights alone find every character about as likely."""
    recipe = replace(RECIPE, layers=layers, character_gates=gated)
    graph, params = build(recipe, SYMBOLS)
    if gated:
        gates = np.random.default_rng(1).normal(size=(SYMBOLS, recipe.hidden))
        params["layers"][0]["gates"] = jnp.asarray(gates, jnp.float32)
    params["output"]["w"] = params["output"]["w"] * 8
    return LanguageModel(graph, params, recipe, CharacterTokenizer(ALPHABET, lowercase=True))


@pytest.fixture(scope="module")
def language_model(two_devices: None) -> LanguageModel:
    return make_author(1)


@pytest.fixture(scope="module")
def deep_author(two_devices: None) -> LanguageModel:
    return make_author(2, gated=True)


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers with gates"])
def any_author(
    request: pytest.FixtureRequest, language_model: LanguageModel, deep_author: LanguageModel
) -> LanguageModel:
    return language_model if request.param == 1 else deep_author


def write(
    language_model: LanguageModel,
    state: WritingState,
    n: int,
    temperatures: tuple[float, ...] = (1.0,),
    random_seeds: tuple[int, ...] = (0,),
    params: Params | None = None,
) -> tuple[WritingState, Drawn]:
    """n characters a lane, on the host; a state of one lane serves as many as there are temperatures."""
    lanes = len(temperatures)
    if len(state.position) == 1:
        state = repeated(state, lanes)
    last, _, drawn = make_write_chunk(language_model.graph)(
        params or language_model.params,
        state,
        at(*temperatures),
        noise_keys(*random_seeds),
        n=n,
    )
    return last, Drawn(*(np.array(each) for each in drawn))


def at(*temperatures: float) -> Settings:
    return settings_of([Sampling(temperature) for temperature in temperatures])


compiled_stages = jax.jit(stages)


def odds(logits: jax.Array, *temperatures: float) -> jax.Array:
    return compiled_stages(logits, at(*temperatures), begin_history(len(temperatures))).after


def biased(language_model: LanguageModel, logits: np.ndarray) -> Params:
    """Parameters with which every character has these logits, whatever was read."""
    w, b = language_model.params["output"]["w"], jnp.asarray(logits, jnp.float32)
    return language_model.params | {"output": {"w": w * 0, "b": b}}


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    scaled = (logits.astype(np.float64) - logits.max()) / temperature
    return np.exp(scaled) / np.exp(scaled).sum(axis=-1, keepdims=True)


LONGEST = 1024


@partial(jax.jit, static_argnums=0)
def reread(graph: Graph, params: Params, memory: Memory, ids: jax.Array) -> jax.Array:
    return assemble(graph, params).read(ids[:, None], memory)[0][:, 0]


def reread_logits(language_model: LanguageModel, ids: np.ndarray) -> np.ndarray:
    """What the network says after every character of a whole text, (N, V): the slow way."""
    padded = np.zeros(LONGEST, np.int32)
    padded[: len(ids)] = ids
    graph, params = language_model.graph, language_model.params
    return np.array(reread(graph, params, assemble(graph, params).begin(1), padded))[: len(ids)]


# The state


def test_stateful_steps_equal_reading_the_whole_text_again(
    any_author: LanguageModel, random: np.random.Generator
) -> None:
    seed = random.integers(0, SYMBOLS, 100)
    state, text, said = any_author.read(seed), [seed], []
    for _ in range(7):
        state, states, drawn = make_write_chunk(any_author.graph)(
            any_author.params, state, at(1.0), noise_keys(3), n=32
        )
        text.append(np.array(drawn.ids)[:, 0])
        said.append(assemble(any_author.graph, any_author.params).output(states.memory[-1].h[:, 0]))
    whole = np.concatenate(text)
    assert len(whole) > 300
    assert len(set(whole[100:])) > SYMBOLS / 2
    np.testing.assert_allclose(np.concatenate(said), reread_logits(any_author, whole)[100:], atol=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_shown_odds_and_entropy_are_those_of_the_text_read_again(any_author: LanguageModel, temperature: float) -> None:
    seed = any_author.encode("a seed of some length").ids
    _, drawn = write(any_author, any_author.read(seed), 32, (temperature,))
    ids = drawn.ids[:, 0]
    before = reread_logits(any_author, np.concatenate([seed, ids]))[len(seed) - 1 : -1]
    expected = np.array([softmax(logits, temperature) for logits in before])
    np.testing.assert_allclose(drawn.probability[:, 0], expected[np.arange(32), ids], atol=1e-5)
    np.testing.assert_allclose(drawn.entropy[:, 0], -(expected * np.log2(expected)).sum(axis=1), atol=1e-4)
    assert np.all(drawn.probability > 0)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 1000])
def test_a_seed_of_any_length_is_read_to_its_end(
    any_author: LanguageModel, random: np.random.Generator, length: int
) -> None:
    ids = random.integers(0, SYMBOLS, length)
    state = any_author.read(ids)
    logits = assemble(any_author.graph, any_author.params).logits(state.memory)[0]
    np.testing.assert_allclose(logits, reread_logits(any_author, ids)[-1], atol=1e-5)
    assert state.position.tolist() == [0]


def test_an_author_that_has_read_nothing_remembers_nothing(any_author: LanguageModel) -> None:
    state = any_author.read(np.zeros(0, np.int32))
    assert not any(leaf.any() for leaf in jax.tree.leaves(state.memory))
    assert state.position.tolist() == [0]


def test_chunks_of_other_lengths_write_the_same(language_model: LanguageModel) -> None:
    state, at_once = write(language_model, language_model.read(np.arange(5)), 32)
    so_far, pieces = language_model.read(np.arange(5)), []
    for _ in range(4):
        so_far, piece = write(language_model, so_far, 8)
        pieces.append(piece)
    assert so_far.position.tolist() == state.position.tolist() == [32]
    np.testing.assert_array_equal(np.concatenate([piece.ids for piece in pieces]), at_once.ids)
    for name in ("probability", "entropy"):
        together = np.concatenate([getattr(piece, name) for piece in pieces])
        np.testing.assert_allclose(together, getattr(at_once, name), atol=1e-5)


def test_writing_can_go_back_to_any_character(language_model: LanguageModel) -> None:
    keys, ones = noise_keys(5), at(1.0)
    _, states, drawn = make_write_chunk(language_model.graph)(
        language_model.params, language_model.read(np.arange(5)), ones, keys, n=32
    )
    after_eight = jax.tree.map(lambda leaf: leaf[7], states)
    _, again = write(language_model, after_eight, 8, random_seeds=(5,))
    np.testing.assert_array_equal(again.ids, np.array(drawn.ids)[8:16])


# Lanes and noise


def test_lanes_with_the_same_key_write_alike_and_others_do_not(language_model: LanguageModel) -> None:
    _, drawn = write(language_model, language_model.read(np.arange(5)), 32, (1.0,) * 3, (7, 7, 8))
    np.testing.assert_array_equal(drawn.ids[:, 0], drawn.ids[:, 1])
    assert np.mean(drawn.ids[:, 0] != drawn.ids[:, 2]) > 0.5


def test_a_lane_writes_what_it_would_alone(language_model: LanguageModel) -> None:
    temperatures, random_seeds = (0.2, 1.0, 1.2), (1, 2, 3)
    _, together = write(language_model, language_model.read(np.arange(5)), 32, temperatures, random_seeds)
    for lane in range(3):
        _, alone = write(
            language_model, language_model.read(np.arange(5)), 32, temperatures[lane:][:1], random_seeds[lane:][:1]
        )
        np.testing.assert_array_equal(alone.ids[:, 0], together.ids[:, lane])


def test_lanes_with_the_same_key_share_their_noise_at_every_temperature(
    language_model: LanguageModel, random: np.random.Generator
) -> None:
    logits = random.normal(size=SYMBOLS) * 2
    temperatures = (0.5, 1.0, 2.0)
    _, drawn = write(
        language_model, language_model.read(np.arange(5)), 32, temperatures, (7, 7, 7), biased(language_model, logits)
    )
    ends = np.array([np.cumsum(softmax(logits, temperature)) for temperature in temperatures])
    begins = np.concatenate([np.zeros((3, 1)), ends[:, :-1]], axis=1)
    lanes = np.arange(3)
    # The one number that all three lanes drew with lies in each one's part of the unit interval.
    assert np.all(begins[lanes, drawn.ids].max(axis=1) < ends[lanes, drawn.ids].min(axis=1) + 1e-6)
    assert not np.array_equal(drawn.ids[:, 0], drawn.ids[:, 2])


def test_keys_tell_apart_all_random_seeds() -> None:
    keys = noise_keys(0, 1, 2**31 - 1, 2**32, 2**32 + 1, 2**63)
    assert keys.dtype == np.uint32
    assert keys.shape == (6, 2)
    assert len({key.tobytes() for key in keys}) == 6


# Temperature


def test_odds_are_the_softmax_at_the_temperature(random: np.random.Generator) -> None:
    temperatures = np.array((1e-4, *TEMPERATURES), np.float32)
    spread = random.normal(size=(len(temperatures), SYMBOLS)).astype(np.float32) * 3
    logits = spread * temperatures[:, None]  # so that no temperature puts all on one
    p = odds(jnp.asarray(logits), *temperatures.tolist())
    expected = [softmax(row, temperature) for row, temperature in zip(logits, temperatures, strict=True)]
    np.testing.assert_allclose(p, expected, atol=1e-6)


def test_temperature_zero_is_all_on_the_likeliest(random: np.random.Generator) -> None:
    logits = random.normal(size=(7, SYMBOLS)).astype(np.float32)
    p = odds(jnp.asarray(logits), *[0.0] * 7)
    np.testing.assert_array_equal(p, np.eye(SYMBOLS)[logits.argmax(axis=1)])


@pytest.mark.slow
@given(
    st.lists(st.floats(-EXTREME, EXTREME, width=32, allow_subnormal=False), min_size=1, max_size=8),
    st.sampled_from((0.0, 1e-30, *TEMPERATURES, 100.0)),
)
def test_no_logits_and_no_temperature_give_anything_but_odds(logits: list[float], temperature: float) -> None:
    padded = np.full((1, 8), -EXTREME, np.float32)
    padded[0, : len(logits)] = logits
    p = np.array(odds(jnp.asarray(padded), temperature))
    assert np.all(p >= 0)
    np.testing.assert_allclose(p.sum(), 1, atol=1e-6)
    assert p[0, padded[0].argmax()] == p.max()


def test_writing_at_temperature_zero_is_greedy(any_author: LanguageModel) -> None:
    seed = any_author.encode("once upon a time").ids
    _, drawn = write(any_author, any_author.read(seed), 32, (0.0,))
    ids = drawn.ids[:, 0]
    logits = reread_logits(any_author, np.concatenate([seed, ids]))[len(seed) - 1 : -1]
    np.testing.assert_array_equal(ids, logits.argmax(axis=1))
    np.testing.assert_array_equal(drawn.probability, 1)
    np.testing.assert_array_equal(drawn.entropy, 0)


@pytest.mark.parametrize(
    "logits",
    [np.linspace(-110, 0, SYMBOLS), np.linspace(-EXTREME, EXTREME, SYMBOLS), np.zeros(SYMBOLS)],
    ids=["down to the smallest numbers", "from end to end", "all alike"],
)
def test_extreme_logits_give_finite_numbers_at_every_temperature(
    language_model: LanguageModel, logits: np.ndarray
) -> None:
    temperatures = (0.0, *TEMPERATURES)
    state = language_model.read(np.arange(5))
    _, drawn = write(
        language_model, state, 32, temperatures, tuple(range(len(temperatures))), biased(language_model, logits)
    )
    assert np.all((drawn.ids >= 0) & (drawn.ids < SYMBOLS))
    assert np.all((drawn.probability > 0) & (drawn.probability <= 1.000001))
    for lane, temperature in enumerate(temperatures[1:], start=1):
        p = softmax(logits, temperature)
        entropy = -(p * np.log2(np.maximum(p, 1e-300))).sum()
        np.testing.assert_allclose(drawn.entropy[:, lane], entropy, atol=1e-4, err_msg=f"at {temperature}")


def test_settings_weights_and_seeds_never_recompile(
    language_model: LanguageModel, compilations: Callable[[], int]
) -> None:
    graph, params = build(replace(RECIPE, random_seed=9), SYMBOLS)
    other = replace(language_model, graph=graph, params=params)
    text_of(language_model, "warm up", 9, Sampling(1.0), 0)
    before = compilations()
    for length, temperature in enumerate((0.0, *TEMPERATURES, 0.05)):
        seed = "abc " * 10**length if length < 4 else ""
        assert len(text_of(language_model, seed, 20, Sampling(temperature), length)) == 20
    for name in (each.name for each in SETTINGS):
        assert len(text_of(language_model, "filtered", 20, Sampling().turned(name, True), 1)) == 20
    assert len(text_of(other, "other weights", 20, Sampling(1.0), 0)) == 20
    assert compilations() == before


# Drawing


def chi_square(counts: np.ndarray, p: np.ndarray) -> float:
    """How many standard deviations the statistic lies above its mean."""
    expected = p * counts.sum()
    assert expected.min() > 5, "too few draws to judge"
    freedom = len(p) - 1
    return float((((counts - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom))


def test_draws_follow_their_odds(random: np.random.Generator) -> None:
    p = np.append(random.dirichlet(np.ones(12)) * 0.9 + 0.1 / 12, 0).astype(np.float32)
    noise = np.array(jax.random.uniform(jax.random.key(1), 100_000))
    ids = np.array(draw(jnp.broadcast_to(p, (len(noise), 13)), jnp.asarray(noise)))
    counts = np.bincount(ids, minlength=13)
    assert counts[12] == 0
    assert chi_square(counts[:12], p[:12].astype(np.float64)) < 4


@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_characters_follow_their_odds_from_one_to_the_next_and_across_lanes(
    language_model: LanguageModel, random: np.random.Generator, temperature: float
) -> None:
    logits, lanes = random.normal(size=SYMBOLS) / 2, 128
    p = softmax(logits, temperature)
    state = language_model.read(np.arange(5))
    _, drawn = write(
        language_model, state, 256, (temperature,) * lanes, tuple(range(lanes)), biased(language_model, logits)
    )
    assert chi_square(np.bincount(drawn.ids.ravel(), minlength=SYMBOLS), p) < 4
    pairs = drawn.ids[:-1] // 8 * 4 + drawn.ids[1:] // 8
    groups = np.bincount(np.arange(SYMBOLS) // 8, p)
    assert chi_square(np.bincount(pairs.ravel(), minlength=16), np.outer(groups, groups).ravel()) < 4


@pytest.mark.parametrize("symbols", [2, 57, 700])
def test_no_noise_draws_what_is_impossible(random: np.random.Generator, symbols: int) -> None:
    """Noise is put on every border between two characters and one step to either side of it."""
    for _ in range(5):
        p = random.dirichlet(np.full(symbols, 0.5)).astype(np.float32)
        p[random.random(symbols) < 0.5] = 0
        p[random.integers(symbols)] = 0.5
        cumulative = np.array(jnp.cumsum(p))
        borders = cumulative / cumulative[-1]
        noise = np.concatenate([[0, LAST_BELOW_ONE], borders, np.nextafter(borders, 0), np.nextafter(borders, 1)])
        noise = np.clip(noise, 0, LAST_BELOW_ONE).astype(np.float32)
        ids = np.array(draw(jnp.broadcast_to(p, (len(noise), symbols)), jnp.asarray(noise)))
        assert np.all(p[ids] > 0)
        exact = np.cumsum(p, dtype=np.float64)
        exact /= exact[-1]
        begin, end = np.append(0, exact)[ids], exact[ids]
        assert np.all((begin <= noise + 1e-5) & (noise <= end + 1e-5)), "each has its part of the interval"


@given(
    st.lists(st.just(0.0) | st.floats(1e-7, 1), min_size=6, max_size=6).filter(any),
    st.sampled_from((0.0, float(LAST_BELOW_ONE))) | st.floats(0, float(LAST_BELOW_ONE), width=32),
)
def test_every_noise_draws_a_possible_character(p: list[float], noise: float) -> None:
    weights = np.array(p, np.float32)
    (drawn,) = np.array(draw(jnp.asarray(weights[None] / weights.sum()), jnp.array([noise], jnp.float32)))
    assert weights[drawn] > 0
    if noise == 0:
        assert drawn == np.flatnonzero(weights)[0]
    if noise == LAST_BELOW_ONE and weights[np.flatnonzero(weights)[-1]] > 1e-5 * weights.sum():
        assert drawn == np.flatnonzero(weights)[-1]


# LanguageModel


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 40])
def test_a_text_is_as_long_as_asked_and_a_shorter_one_is_its_beginning(
    language_model: LanguageModel, length: int
) -> None:
    longest = text_of(language_model, "the seed", 40, Sampling(0.8), 11)
    text = text_of(language_model, "the seed", length, Sampling(0.8), 11)
    assert len(text) == length
    assert longest.startswith(text)
    assert set(text) <= set(ALPHABET)


def test_the_same_settings_write_the_same_text_and_each_matters(language_model: LanguageModel) -> None:
    def written(seed_text: str = "the seed", temperature: float = 0.8, random_seed: int = 11) -> str:
        return text_of(language_model, seed_text, 40, Sampling(temperature), random_seed)

    assert written() == written()
    assert len({written(), written(seed_text="the weed"), written(temperature=2), written(random_seed=12)}) == 4


def test_an_empty_seed_and_one_of_unknown_characters_can_be_continued(language_model: LanguageModel) -> None:
    assert len(text_of(language_model, "", 20, Sampling(1.0), 0)) == 20
    assert language_model.encode("Émile 7").text == "emile ."
    strange = text_of(language_model, "Émile 7", 20, Sampling(1.0), 0)
    assert strange == text_of(language_model, "emile .", 20, Sampling(1.0), 0)


def test_a_score_is_the_mean_surprise_of_the_characters_after_the_first(
    any_author: LanguageModel, random: np.random.Generator
) -> None:
    ids = random.integers(0, SYMBOLS, 500)
    logits = reread_logits(any_author, ids)[:-1]
    expected = -np.mean([np.log(softmax(row)[there]) for row, there in zip(logits, ids[1:], strict=True)])
    np.testing.assert_allclose(any_author.score(ids), expected, rtol=1e-5)
    np.testing.assert_allclose(any_author.score(ids.astype(np.uint8)), expected, rtol=1e-5)


def test_scoring_again_does_not_recompile(language_model: LanguageModel, compilations: Callable[[], int]) -> None:
    language_model.score(np.arange(10))
    before = compilations()
    language_model.score(np.arange(SYMBOLS))
    assert compilations() == before


def checkpoint_of(language_model: LanguageModel) -> Checkpoint:
    return Checkpoint(
        to_arrays(language_model.params, "params."),
        Manifest(
            recipe=to_plain(language_model.recipe),
            tokenizer=language_model.tokenizer,
            corpus=CorpusFacts("synthetic", "0" * 64, 1000),
            cursor=Cursor(0, 0),
            step=0,
            progress={},
            versions=current_versions(),
            created="2024-02-29T12:00:00+00:00",
        ),
    )


def test_an_author_comes_back_from_a_checkpoint_as_it_was(any_author: LanguageModel) -> None:
    back = LanguageModel.from_checkpoint(checkpoint_of(any_author))
    assert (back.recipe, back.tokenizer) == (any_author.recipe, any_author.tokenizer)
    assert count(back.params) == count(any_author.params)
    seed = "the same seed"
    assert text_of(back, seed, 40, Sampling(1.0), 1) == text_of(any_author, seed, 40, Sampling(1.0), 1)


def test_a_checkpoint_that_lacks_a_parameter_is_refused_by_its_name(language_model: LanguageModel) -> None:
    checkpoint = checkpoint_of(language_model)
    del checkpoint.arrays["params.layers.0.wh"]
    with pytest.raises(CheckpointError, match=r"params\.layers\.0\.wh is missing"):
        LanguageModel.from_checkpoint(checkpoint)
