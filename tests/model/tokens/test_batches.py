"""Windows and lanes: which characters are read, which are predicted, and in what order."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.options.fields import spelled_options
from model.recipe import FAST, NOTEBOOK, Recipe
from model.tokens.batches import BatchError, Batches, Cursor, Reader, open_reader

WINDOWS = replace(NOTEBOOK, window=5, stride=2, batch=4)
LANES = replace(FAST, window=5, batch=4)


def text(length: int) -> np.ndarray:
    """Ids that tell where they stand, so that every character read can be traced."""
    return np.arange(length, dtype=np.int32)


def epoch(reader: Reader, number: int = 0) -> Batches:
    return reader.take(Cursor(number, 0), reader.steps_per_epoch)


sizes = st.fixed_dictionaries(
    {
        "window": st.integers(2, 12),
        "stride": st.integers(1, 15),
        "batch": st.integers(1, 9),
        "random_seed": st.integers(0, 2**31 - 1),
    }
)
lengths = st.integers(0, 300)


def opened(length: int, recipe: Recipe) -> Reader | None:
    try:
        return open_reader(text(length), recipe)
    except BatchError:
        return None


# Windows


def test_the_exercise_has_as_many_windows_as_its_book_says() -> None:
    reader = open_reader(np.zeros(600_893, np.int16), NOTEBOOK)
    assert reader.steps_per_epoch == -(-200_278 // 128)
    assert reader.take(Cursor(0, 0), reader.steps_per_epoch).weights.sum() == 200_278


@given(lengths, sizes)
def test_an_epoch_reads_every_window_once(length: int, size: dict[str, int]) -> None:
    recipe = replace(WINDOWS, **size)
    reader = opened(length, recipe)
    expected = range(0, length - recipe.window, recipe.stride)
    if reader is None:
        assert len(expected) < recipe.batch
        return
    batches = epoch(reader)
    assert batches.inputs.shape == (reader.steps_per_epoch, recipe.window, recipe.batch)
    assert batches.targets.shape == (reader.steps_per_epoch, 1, recipe.batch)
    assert batches.inputs.dtype == batches.targets.dtype == np.int32
    counted = batches.weights == 1
    starts = batches.inputs[:, 0, :]
    assert sorted(starts[counted]) == list(expected)
    np.testing.assert_array_equal(batches.inputs, starts[:, None, :] + np.arange(recipe.window)[:, None])
    np.testing.assert_array_equal(batches.targets[:, 0, :], starts + recipe.window)
    assert set(np.unique(batches.weights)) <= {0, 1}
    assert counted[:-1].all(), "only the last batch is padded"
    assert counted[-1].any()
    assert np.all(np.diff(counted[-1].astype(int)) <= 0), "padding stands at the end"


@given(lengths, sizes, st.integers(0, 3), st.data())
@pytest.mark.parametrize("recipe", [WINDOWS, LANES], ids=["windows", "lanes"])
def test_an_epoch_reads_the_same_however_it_is_cut(
    recipe: Recipe, length: int, size: dict[str, int], number: int, data: st.DataObject
) -> None:
    recipe = replace(recipe, **size)
    reader = opened(length, recipe)
    if reader is None:
        return
    whole = epoch(reader, number)
    cut = data.draw(st.integers(0, reader.steps_per_epoch))
    parts = [reader.take(Cursor(number, 0), cut), reader.take(Cursor(number, cut), reader.steps_per_epoch - cut)]
    inputs, targets, weights = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    np.testing.assert_array_equal(weights, whole.weights)
    counted = whole.weights[:, None] == 1  # what pads a last batch may be anything
    np.testing.assert_array_equal(np.where(counted, inputs, 0), np.where(counted, whole.inputs, 0))
    np.testing.assert_array_equal(np.where(counted, targets, 0), np.where(counted, whole.targets, 0))


@pytest.mark.parametrize("recipe", [WINDOWS, LANES], ids=["windows", "lanes"])
def test_a_new_reader_continues_from_a_cursor(recipe: Recipe) -> None:
    used, fresh = open_reader(text(300), recipe), open_reader(text(300), recipe)
    epoch(used, 0)
    epoch(used, 1)
    np.testing.assert_array_equal(used.take(Cursor(2, 3), 4).inputs, fresh.take(Cursor(2, 3), 4).inputs)


@given(st.integers(60, 300), sizes, st.integers(1, 40), st.integers(0, 100), st.integers(0, 50))
@pytest.mark.parametrize("recipe", [WINDOWS, replace(LANES, random_offsets=True)], ids=["windows", "lanes"])
def test_epochs_of_any_number_of_steps_read_the_text_again_and_again(
    recipe: Recipe, length: int, size: dict[str, int], steps: int, epochs: int, step: int
) -> None:
    recipe = replace(recipe, **size)
    passes = opened(length, recipe)
    if passes is None:
        return
    reader = open_reader(text(length), replace(recipe, steps_per_epoch=steps))
    assert (reader.steps_per_epoch, reader.steps_per_pass) == (steps, passes.steps_per_epoch)
    at = Cursor(epochs, step % steps)
    same = Cursor(*divmod(epochs * steps + at.step, passes.steps_per_epoch))
    assert reader.in_pass(at) == same == passes.in_pass(same)
    n = min(3, passes.steps_per_epoch - same.step)
    for here, there in zip(reader.take(at, n), passes.take(same, n), strict=True):
        np.testing.assert_array_equal(here, there)


def test_windows_come_in_another_order_each_epoch_and_for_each_random_seed() -> None:
    reader, other = open_reader(text(300), WINDOWS), open_reader(text(300), replace(WINDOWS, random_seed=2))
    orders = [
        batches.inputs[:, 0].ravel().tolist() for batches in (epoch(reader, 0), epoch(reader, 1), epoch(other, 0))
    ]
    assert len({tuple(order) for order in orders}) == 3
    assert all(order != sorted(order) for order in orders)
    assert len({tuple(sorted(order)) for order in orders}) == 1


def test_windows_begin_with_an_empty_state_and_have_one_target() -> None:
    reader = open_reader(text(100), WINDOWS)
    assert not reader.carried
    assert reader.targets == 1


# Lanes


@given(lengths, sizes)
def test_lanes_are_contiguous_and_every_character_is_a_target(length: int, size: dict[str, int]) -> None:
    recipe = replace(LANES, **size)
    reader = opened(length, recipe)
    if reader is None:
        assert length < recipe.batch * recipe.window + 1
        return
    batches = epoch(reader)
    assert batches.inputs.shape == batches.targets.shape == (reader.steps_per_epoch, recipe.window, recipe.batch)
    assert batches.inputs.dtype == batches.targets.dtype == np.int32
    assert np.all(batches.weights == 1)
    lanes = batches.inputs.transpose(2, 0, 1).reshape(recipe.batch, -1)
    assert np.all(np.diff(lanes, axis=1) == 1), "a step goes on where the one before ended"
    np.testing.assert_array_equal(batches.targets, batches.inputs + 1)
    assert len(np.unique(lanes)) == lanes.size, "no character is read twice"
    assert lanes.min() == 0
    assert lanes.max() + 1 < length
    # What is left over is less than a step of every lane, and less than a character a lane at the very end.
    assert length - 1 - lanes.size < recipe.batch * recipe.window + recipe.batch


def test_each_lanes_stretch_is_followed_by_the_next_lanes() -> None:
    batches = epoch(open_reader(text(4 * 10 + 1), LANES))
    np.testing.assert_array_equal(batches.inputs[0, 0], [0, 10, 20, 30])
    np.testing.assert_array_equal(batches.targets[-1, -1], [10, 20, 30, 40])


def test_lanes_read_the_same_every_epoch_and_carry_the_state() -> None:
    reader = open_reader(text(300), LANES)
    assert reader.carried
    assert reader.targets == LANES.window
    np.testing.assert_array_equal(epoch(reader, 0).inputs, epoch(reader, 5).inputs)


def test_random_offsets_begin_each_epoch_elsewhere_in_the_ring_of_the_text() -> None:
    length = 300
    recipe = replace(LANES, random_offsets=True)
    reader, plain = open_reader(text(length), recipe), epoch(open_reader(text(length), LANES))
    offsets = set()
    for number in range(5):
        batches = epoch(reader, number)
        offset = int(batches.inputs[0, 0, 0])
        np.testing.assert_array_equal(batches.inputs, (plain.inputs + offset) % length)
        np.testing.assert_array_equal(batches.targets, (batches.inputs + 1) % length)
        offsets.add(offset)
    assert len(offsets) > 1
    assert offsets != {int(epoch(open_reader(text(length), replace(recipe, random_seed=9)), 0).inputs[0, 0, 0])}
    np.testing.assert_array_equal(epoch(open_reader(text(length), recipe), 3).inputs, epoch(reader, 3).inputs)


def test_ids_that_are_a_part_of_a_larger_array_are_read_rightly() -> None:
    ids = np.stack([text(101), text(101) + 1000], axis=1)
    for recipe in (LANES, WINDOWS):
        strided, plain = open_reader(ids[:, 0], recipe), open_reader(text(101), recipe)
        np.testing.assert_array_equal(epoch(strided).inputs, epoch(plain).inputs)
        reader = open_reader(ids[:, 1][:101], recipe)
        assert epoch(reader).inputs.min() >= 1000


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
@pytest.mark.parametrize("recipe", [WINDOWS, LANES], ids=["windows", "lanes"])
def test_ids_of_any_integer_type_are_read(recipe: Recipe, dtype: type) -> None:
    batches = epoch(open_reader(text(200).astype(dtype), recipe))
    assert batches.inputs.dtype == batches.targets.dtype == np.int32
    np.testing.assert_array_equal(batches.inputs, epoch(open_reader(text(200), recipe)).inputs)


def test_reading_leaves_the_text_as_it_is() -> None:
    ids = text(200)
    for recipe in (WINDOWS, LANES):
        epoch(open_reader(ids, recipe)).inputs[:] = -1
    np.testing.assert_array_equal(ids, text(200))


# Both


@given(lengths, sizes)
@pytest.mark.parametrize("recipe", [WINDOWS, LANES], ids=["windows", "lanes"])
def test_the_count_of_characters_grows_with_every_step_to_one_text_an_epoch(
    recipe: Recipe, length: int, size: dict[str, int]
) -> None:
    recipe = replace(recipe, **size)
    reader = opened(length, recipe)
    if reader is None:
        return
    counts = [reader.tokens(steps) for steps in range(reader.steps_per_epoch + 1)]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] <= length
    if recipe.reading == "windows":
        assert counts[-1] == length


@given(sizes)
@pytest.mark.parametrize("recipe", [WINDOWS, LANES], ids=["windows", "lanes"])
def test_a_text_too_short_is_refused_with_the_length_that_suffices(recipe: Recipe, size: dict[str, int]) -> None:
    recipe = replace(recipe, **size)
    with pytest.raises(BatchError) as refused:
        open_reader(text(1), recipe)
    found = re.search(r"needs ([\d,]+)", str(refused.value))
    assert found
    needed = int(found[1].replace(",", ""))
    assert open_reader(text(needed), recipe).steps_per_epoch == 1
    with pytest.raises(BatchError, match=f"there are {needed - 1:,} characters"):
        open_reader(text(needed - 1), recipe)


@given(st.integers(0, 60), sizes)
@pytest.mark.parametrize("recipe", [WINDOWS, LANES], ids=["windows", "lanes"])
def test_a_refusal_names_options_that_work(recipe: Recipe, length: int, size: dict[str, int]) -> None:
    recipe = replace(recipe, **{**size, "batch": 60})
    with pytest.raises(BatchError) as refused:
        open_reader(text(length), recipe)
    if changes := refused.value.changes:
        assert open_reader(text(length), replace(recipe, **changes)).steps_per_pass >= 4
        assert str(refused.value).endswith(f"Try {spelled_options(changes)}")
    else:
        assert length < 4 * max(2, recipe.stride) + 3


def test_the_refusal_says_what_is_held_out_and_what_to_do() -> None:
    with pytest.raises(BatchError) as refused:
        open_reader(text(50), replace(LANES, batch=32, held_out=0.1))
    assert str(refused.value) == (
        "The text is too short: there are 50 characters to train on (the last 10% is held out), and a batch of 32 with "
        "windows of 5 needs 161. Give a longer text, or a smaller --batch or --window. Try --batch 2"
    )
    with pytest.raises(BatchError) as refused:
        open_reader(text(50), replace(LANES, batch=32, held_out=0.0, tokens="words"))
    assert str(refused.value) == (
        "The text is too short: there are 50 words and single characters to train on, and a batch of 32 with windows "
        "of 5 needs 161. Give a text 4 times as long, or a smaller --batch or --window. Try --batch 2"
    )
    with pytest.raises(BatchError) as refused:
        open_reader(text(1), replace(LANES, batch=2, window=2, held_out=0.0))
    assert str(refused.value) == (
        "The text is too short: there is 1 character to train on, and a batch of 2 with windows of 2 needs 5. "
        "Give a longer text."
    ), "no option helps"
    with pytest.raises(BatchError, match=r"there are 50 characters to train on, and a batch"):
        open_reader(text(50), replace(LANES, batch=32, held_out=0.0))
