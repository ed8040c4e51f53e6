"""The odds and the cursor: with the generator that only counts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from model.sampling import Sampling
from tests.tui.engine.writing.desk import RECIPE, Desk, X, paused
from tui.engine.writing.branching.branches import ODDS_SECONDS
from tui.engine.writing.branching.odds import Odds
from tui.engine.writing.stream import Draft
from tui.keys.key_commands import (
    AskOdds,
    ChooseToken,
    LookAt,
    PauseWriting,
    Reseed,
    SelectStream,
    SetSampling,
    SetSpeed,
)


def odds(desk: Desk) -> Odds:
    assert desk.buffer.odds
    return desk.buffer.odds


def test_no_odds_are_computed_unless_they_are_asked_for() -> None:
    desk = paused()
    desk.obey(PauseWriting(False))
    desk.watch(0.5)
    assert desk.buffer.odds is None
    assert desk.generator.asked == []


def test_the_odds_follow_the_selected_stream_and_are_those_of_its_sampling() -> None:
    desk = paused(streams=4)
    desk.obey(AskOdds(True), PauseWriting(False))
    desk.watch(0.3)
    assert (odds(desk).stream, odds(desk).there, odds(desk).likeliest.rows[0].after) == (0, None, 0.2)
    desk.obey(SelectStream(3))
    assert (odds(desk).stream, odds(desk).likeliest.rows[0].after) == (3, 1.2)
    desk.obey(AskOdds(False))
    assert desk.buffer.odds is None


def test_the_odds_move_with_a_knob_at_once_also_while_paused() -> None:
    desk = paused()
    desk.obey(AskOdds(True))
    for temperature in (0.3, 0.4, 0.5):
        desk.obey(SetSampling(Sampling(temperature)))
        assert odds(desk).likeliest.rows[0].after == temperature
    desk.obey(LookAt(0, 3), SetSampling(Sampling(0.9)))
    assert (odds(desk).offset, odds(desk).likeliest.rows[0].after) == (3, 0.9)


def test_where_a_stream_writes_its_tokens_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = paused()
    monkeypatch.setattr(Draft, "tokens", lambda draft: pytest.fail("that takes long for a long text"))
    desk.obey(AskOdds(True))
    assert odds(desk).offset == 10


@pytest.mark.parametrize("speed", [80, None])
def test_while_text_streams_the_odds_are_computed_some_twenty_times_a_second_at_most(speed: float | None) -> None:
    desk = paused()
    desk.obey(AskOdds(True), SetSpeed(speed), PauseWriting(False))
    asked: list[float] = []
    for _ in range(200):
        desk.pass_time(0.001)
        desk.drain()
        asked += [desk.now] * (len(desk.generator.asked) - len(asked))
    late = [after - before for before, after in pairwise(asked[1:])]
    assert all(each >= ODDS_SECONDS - 0.002 for each in late)


def test_the_odds_end_with_the_text() -> None:
    desk = paused()
    desk.obey(AskOdds(True), SetSpeed(80), PauseWriting(False))
    desk.watch(1.0)
    assert odds(desk).offset == RECIPE.sample_length


def test_nothing_is_computed_again_while_nothing_changes() -> None:
    desk = paused()
    desk.obey(AskOdds(True))
    before = len(desk.generator.asked)
    desk.watch(2.0)
    assert len(desk.generator.asked) == before


def test_the_cursor_walks_through_the_text_and_back_to_where_it_is_written() -> None:
    desk = paused(10)
    desk.obey(AskOdds(True))
    assert (odds(desk).offset, odds(desk).there) == (10, None)
    for offset in (9, 4, 0, 5):
        desk.obey(LookAt(0, offset))
        assert (odds(desk).offset, odds(desk).there) == (offset, offset)
    desk.obey(LookAt(0, None))
    assert (odds(desk).offset, odds(desk).there) == (10, None)


def test_at_the_cursor_the_odds_say_what_the_token_there_was_drawn_with() -> None:
    desk = paused(10)
    desk.obey(AskOdds(True), SetSampling(Sampling(1.2)))
    assert odds(desk).drawn_with is None
    desk.obey(LookAt(0, 4))
    assert (odds(desk).drawn_with, odds(desk).likeliest.rows[0].after) == (Sampling(0.2), 1.2)
    desk.obey(ChooseToken(0, 4, X), LookAt(0, 4))
    assert (odds(desk).there, odds(desk).drawn_with) == (X, None), "it was chosen"


def test_a_place_past_the_end_is_the_end() -> None:
    desk = paused(10)
    desk.obey(AskOdds(True), LookAt(0, 1000))
    assert (odds(desk).offset, odds(desk).there) == (10, None)


def test_with_a_new_sample_the_cursor_is_gone() -> None:
    desk = paused(10)
    desk.obey(AskOdds(True), LookAt(0, 4), Reseed("Once"))
    assert (odds(desk).offset, odds(desk).there) == (0, None)
