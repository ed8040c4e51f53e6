"""Rows of the list of runs: whole columns at every width, and what each run's keys do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from model.runs.housekeeping.run_summary import RunSummary
from tui.terminal.glyphs import ASCII, UNICODE
from tui.views import quantities
from tui.views.runs.shelf_rows import (
    advice,
    columns,
    description,
    head,
    left_by,
    more_epochs,
    row,
    sparkline,
    way_to_open,
    why_not,
)

RUN = RunSummary(
    name="nietzsche-fast-2026-11-26-1",
    folder=Path("/runs/nietzsche-fast-2026-11-26-1"),
    corpus="nietzsche",
    recipe="fast",
    epoch=5,
    epochs=16,
    best_held_out=1.5272,
    updated=1000.0,
    size=4_500_000,
    problem=None,
    losses=(4.0, 3.0, 2.0, 1.5),
)
DAMAGED = replace(RUN, problem="/runs/nietzsche-fast-2026-11-26-1/recipe.toml is damaged.", state="damaged")
ODD = replace(RUN, name="日本語の走り" * 9, corpus="\x1b[2J")


@pytest.mark.parametrize("width", [20, 36, 56, 76, 100, 116, 196])
@pytest.mark.parametrize("run", [RUN, DAMAGED, ODD], ids=["sound", "damaged", "odd"])
def test_a_row_is_as_wide_as_the_list(run: RunSummary, width: int) -> None:
    at = columns(width)
    cells = cell_len(row(run, at, UNICODE, 2000.0, here=False, chosen=True).plain)
    assert cells <= max(width, cell_len(head(at).plain))
    if width >= 56:
        assert cells <= width


def test_a_wide_list_has_all_facts_and_a_narrow_one_the_most_needed() -> None:
    wide = row(RUN, columns(116), UNICODE, 1300.0, here=False, chosen=False).plain
    for fact in ("1.5272", "5/16", "4.5 MB", "5 min", "unfinished"):
        assert fact in wide
    narrow = row(RUN, columns(76), UNICODE, 1300.0, here=True, chosen=False).plain
    assert "1.5272" in narrow
    assert "open here" in narrow
    assert RUN.name in narrow


RISES = "A one-cycle rate rises again, so that the loss may rise at first."


def test_learning_on_counts_what_is_left_of_a_half_epoch() -> None:
    half = more_epochs(replace(RUN, epoch=4, trained=4.5, seconds_an_epoch=10.0))
    assert half.answer("16") == "11.5 more epochs: about 2:00 at the pace so far."
    assert half.answer("5") == "0.5 more epochs: about 0:05 at the pace so far."
    whole = more_epochs(replace(RUN, epoch=4, trained=4.0))
    assert whole.answer("5") == "One more epoch."
    assert whole.answer("1604").split("\n") == ["1,600 more epochs.", RISES]


def test_losses_are_in_the_unit_that_is_set() -> None:
    assert "2.203" in row(RUN, columns(116), UNICODE, 1300.0, "bits", here=False, chosen=False).plain
    assert "held-out 2.203 bits" in description(RUN, UNICODE, 1300.0, "bits")
    assert "held-out perplexity 4.605" in description(RUN, UNICODE, 1300.0, "perplexity")


@pytest.mark.parametrize("width", [40, 76, 116, 196])
@pytest.mark.parametrize("unit", quantities.UNITS)
def test_the_head_of_the_held_out_loss_has_its_unit_and_ends_where_its_numbers_end(
    width: int, unit: quantities.Unit
) -> None:
    heads = head(columns(width), unit).plain
    numbers = row(RUN, columns(width), UNICODE, 1300.0, unit, here=False, chosen=False).plain
    value = quantities.loss(RUN.best_held_out, unit)
    words = heads[: numbers.index(value) + len(value)].split()
    assert words[-1] in (unit, quantities.unit_name(unit))
    assert words[-2] == "held-out" or (width, unit) == (76, "perplexity")
    assert cell_len(heads) == cell_len(head(columns(width)).plain)


@pytest.mark.parametrize("width", [76, 116])
def test_a_long_run_has_the_total_of_its_epochs_in_its_row(width: int) -> None:
    run = replace(RUN, epoch=1720, epochs=2000)
    assert " 1720/2000 " in row(run, columns(width), UNICODE, 1300.0, here=False, chosen=False).plain


def test_ascii_rows_are_ascii() -> None:
    assert row(RUN, columns(76), ASCII, 1300.0, here=False, chosen=True).plain.isascii()


def test_a_small_curve_falls_from_its_top_to_its_bottom_whatever_the_first_loss() -> None:
    curve = sparkline([50.0, *(4 - step / 10 for step in range(20))], 10, UNICODE.levels)
    assert (curve[0], curve[-1]) == ("█", "▁")
    assert len(set(curve)) > 4
    assert sparkline([], 5, UNICODE.levels) == " " * 5
    assert sparkline([2.0], 5, UNICODE.levels) == "▁" * 5


def test_all_words_of_a_filter_must_occur() -> None:
    other = replace(RUN, name="shakespeare-best-1", corpus="shakespeare", recipe="best", state="finished")
    assert left_by([RUN, other], "") == [RUN, other]
    assert left_by([RUN, other], "FINISHED best") == [other]
    assert left_by([RUN, other], "finished fast") == [RUN]
    assert left_by([RUN, other], "finished kafka") == []


def test_a_run_of_another_network_or_other_tokens_is_described_and_found_by_them() -> None:
    words = replace(RUN, name="nietzsche-fast-gru-words-2026-11-26-12", kind=("gru", "words"))
    assert description(words, UNICODE, 1300.0, "nats").startswith("nietzsche · fast · gru · words · 5 of 16 epochs")
    assert left_by([RUN, words], "words gru") == [words]
    assert " nietzsche-fast-gru-word…26-12 " in row(words, columns(75), UNICODE, 0.0, here=False, chosen=False).plain


@pytest.mark.parametrize(
    ("run", "here", "way"),
    [
        (RUN, False, "resume"),
        (RUN, True, "return"),
        (replace(RUN, state="training"), False, "watch"),
        (replace(RUN, state="finished"), False, "write"),
        (replace(RUN, needs="Its text is not there."), False, "write"),
        (DAMAGED, False, None),
    ],
)
def test_enter_does_what_can_be_done_with_a_run_and_says_so(run: RunSummary, here: bool, way: str | None) -> None:
    assert way_to_open(run, here=here) == way
    assert (way or "cannot be opened")[:5] in advice(run, here=here)
    ends = "Opening it first saves and ends mine." in advice(run, here=here, ending="mine")
    assert ends is (way not in (None, "return"))


def test_only_the_program_that_trained_a_run_which_is_still_open_lets_it_learn_on() -> None:
    run = replace(RUN, state="open")
    assert why_not("learn-on", run, here=True) is None
    for here in (True, False):
        assert why_not("learn-on", run, here=here, watched=here) == "Another program has this run open."
    assert why_not("learn-on", RUN, here=True, watched=True) is None


def test_a_run_in_use_is_neither_renamed_nor_deleted_nor_exported() -> None:
    for identifier in ("rename", "delete", "export"):
        assert why_not(identifier, replace(RUN, state="training"), here=False) == "Another program trains this run."
        assert "open here" in (why_not(identifier, RUN, here=True) or "")
        assert why_not(identifier, RUN, here=False) is None
        assert why_not(identifier, DAMAGED, here=False) is None
        assert why_not(identifier, None, here=False) == "Choose a run first."
