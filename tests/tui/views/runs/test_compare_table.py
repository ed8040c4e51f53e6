"""The table of compared runs: a column a run, whatever its width."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from model.recipe import FAST
from model.runs.housekeeping.compared_run import incomparable
from tests.model.runs.test_comparing import compared
from tui.terminal.glyphs import ASCII, UNICODE
from tui.views.runs.compare_table import column_names, compare_table

RUNS = [
    compared("nietzsche-fast-2026-11-26-1", parameters=97_109),
    compared("nietzsche-fast-2026-11-26-2", held_out=1.4, recipe=replace(FAST, hidden=256, dropout=0.5)),
    compared("日本語" * 9, digest="other"),
    compared("odd\x1b[2J", held_out=None),
]


@pytest.mark.parametrize("width", [24, 40, 56, 100])
@pytest.mark.parametrize("count", [2, 4])
def test_a_line_is_no_wider_than_the_table(width: int, count: int) -> None:
    for signs in (UNICODE, ASCII):
        for line in compare_table(RUNS[:count], width, "nats", signs):
            assert cell_len(line.plain.rstrip()) <= width


def test_the_table_tells_what_was_reached_and_what_differs() -> None:
    rows = [line.plain.split() for line in compare_table(RUNS[:2], 60, "bits", UNICODE)]
    assert ["best", "bits/char", "2.164", "2.020"] in rows
    assert ["parameters", "97,109", "-"] in rows
    assert rows[rows.index(["What", "differs"]) + 1 :] == [["hidden", "128", "256"], ["dropout", "0", "0.5"]]
    open_here = [replace(each, summary=replace(each.summary, state="open")) for each in RUNS[:2]]
    states = [line.plain.split() for line in compare_table(open_here, 60, "nats", UNICODE)]
    assert ["state", "finished", "finished"] in states, "how far each is, not who has it open"
    same = [line.plain for line in compare_table([RUNS[0], compared("same")], 60, "nats", UNICODE)]
    assert "Nothing differs in their recipes and texts." in same
    assert column_names(RUNS[:2], 60, UNICODE) == ["nietzsche-fast-1", "1 nietzsche-fast-2"]
    assert column_names(RUNS, 60, UNICODE) == ["first", "1", "2", "3"], "no name is cut"
    other = " ".join(line.plain for line in compare_table(RUNS[:3], 60, "nats", UNICODE))
    assert "Their losses cannot be compared" in other
    assert incomparable(RUNS[:3])
    assert not incomparable(RUNS[:2])
