"""Samples of a run whose lines are texts by themselves: they end with a whole line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tui.engine.writing import desk
from tests.tui.engine.writing.desk import RECIPE, Desk
from tui.engine.writing.writer_commands import TrainingOver
from tui.keys.key_commands import WriteNow

LINES = replace(RECIPE, lines=True)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seventh character is a line end."""
    monkeypatch.setattr(desk, "letter", lambda token: "\n" if token % 7 == 6 else chr(ord("a") + token))


def written(recipe: desk.Recipe) -> str:
    """The first sample."""
    table = Desk(recipe)
    table.obey(TrainingOver(), WriteNow())
    table.watch(40.0)
    return table.samples[0].text


@pytest.mark.usefixtures("lines")
def test_a_sample_ends_with_the_line_that_makes_it_long_enough() -> None:
    assert written(LINES) == "abcdef\nhijklm\nopqrst\n"
    assert written(RECIPE) == "abcdef\nhijklm\nopqrst"
    assert written(replace(LINES, sample_length=14)) == "abcdef\nhijklm\n"


def test_a_line_without_an_end_does_not_go_on_for_ever() -> None:
    assert len(written(LINES)) == 20 + 200
