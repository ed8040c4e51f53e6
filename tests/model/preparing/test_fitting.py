"""What of a recipe fits itself to the size of a text, and what never does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.corpus import Corpus
from model.options.field_types import spelled_out
from model.options.fields import option_of
from model.options.recipe_options import FITTED
from model.preparing.fitting import Fitted, fit
from model.recipe import FAST, NOTEBOOK, PRESETS, Recipe
from model.tokens.batches import open_reader, steps_in_pass

ALL = frozenset(FITTED)


def corpus(characters: int, distinct: int = 60) -> Corpus:
    """Words of five letters, or a text that takes no memory, however long it is."""
    ids = np.resize(np.arange(6, dtype=np.uint8), characters) if characters < 10**7 else no_memory(characters)
    letters = "".join(map(chr, range(0x100, 0x100 + distinct - 1)))
    return Corpus("made", "made", f" {letters}", ids, None, ())


def no_memory(characters: int) -> np.ndarray:
    return np.broadcast_to(np.zeros(1, np.uint8), characters)


def fitted(characters: int, recipe: Recipe = FAST, free: frozenset[str] = ALL) -> Fitted:
    return fit(corpus(characters), recipe, free)


def steps(characters: int, recipe: Recipe) -> int:
    """Of the whole run."""
    training, _ = corpus(characters).split(recipe.held_out)
    return recipe.epochs * open_reader(training, recipe).steps_per_epoch


@given(st.integers(30, 3_000_000), st.sampled_from(["fast", "best"]))
def test_every_text_of_some_words_can_be_learned_and_none_in_few_steps(characters: int, name: str) -> None:
    recipe = fitted(characters, PRESETS[name]).recipe
    assert steps(characters, recipe) >= 600


@given(st.integers(1000, 100_000), st.integers(1, 50_000))
def test_a_longer_text_has_no_smaller_batch_and_no_more_dropped(characters: int, more: int) -> None:
    short, long = fitted(characters).recipe, fitted(characters + more).recipe
    assert short.batch <= long.batch
    assert short.window <= long.window
    assert short.dropout >= long.dropout
    assert short.weight_drop >= long.weight_drop


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("characters", [600_893, 1_115_394])
def test_books_are_learned_as_the_recipe_says(name: str, characters: int) -> None:
    assert fitted(characters, PRESETS[name])[:3] == (PRESETS[name], {}, ())


@pytest.mark.parametrize("characters", [1000, 30_000, 10**9])
def test_what_was_set_is_never_changed(characters: int) -> None:
    assert fitted(characters, free=frozenset())[:3] == (FAST, {}, ())
    for name in FITTED:
        assert name not in fitted(characters, free=ALL - {name}).changes


@pytest.mark.parametrize("characters", [1000, 30_000, 10**9])
def test_what_was_fitted_is_said_with_its_option(characters: int) -> None:
    found = fitted(characters)
    (said,) = found.notes
    assert found.recipe == replace(FAST, **dict(found.changes))
    for name, value in found.changes.items():
        assert f"{option_of(name)} {spelled_out(value)}" in said


def test_who_counts_the_epochs_has_passes_over_a_short_text() -> None:
    assert "steps_per_epoch" in fitted(2000).changes
    assert "steps_per_epoch" not in fitted(2000, replace(FAST, epochs=3), ALL - {"epochs"}).changes


def test_an_epoch_that_would_be_a_little_more_than_a_pass_is_one() -> None:
    shares = [
        found.changes["steps_per_epoch"] / steps_in_pass(len(found.tokens.training), found.recipe)
        for found in map(fitted, range(120_000, 160_000, 500))
        if "steps_per_epoch" in found.changes
    ]
    assert min(shares) >= 1.05


def test_the_exercise_is_never_fitted_to_a_short_text() -> None:
    assert fitted(3000, NOTEBOOK).changes == {}


def test_a_long_text_has_epochs_of_equal_parts_and_little_held_out() -> None:
    for characters in (10**8, 10**9):
        recipe = fitted(characters).recipe
        training, held_out = corpus(characters).split(recipe.held_out)
        assert 100_000 <= len(held_out) <= 300_000
        reader = open_reader(training, recipe)
        assert 5_000 < reader.steps_per_epoch < 50_000
        parts = reader.steps_per_pass / reader.steps_per_epoch
        assert parts == pytest.approx(round(parts), rel=0.01)
