"""Branches, undo and redo: with the generator that only counts."""

from __future__ import annotations

from model.sampling import Sampling, Unit
from tests.tui.engine.writing.desk import Desk, X, letters, paused, text_of
from tui.engine.writing.items import Activations, Item, Rewrite, SampleEnd, SampleStart, SamplingChange, Seed
from tui.keys.key_commands import (
    AskOdds,
    ChooseToken,
    LookAt,
    PauseWriting,
    Redo,
    Reseed,
    SelectStream,
    SetSampling,
    Undo,
    WatchUnit,
    WriteOne,
)


def rewritten(desk: Desk) -> list[Item]:
    """The text that took the place of another, as the screen gets it."""
    (rewrite,) = (item for item in desk.drain() if isinstance(item, Rewrite))
    return list(rewrite.items)


def test_before_there_is_text_every_command_does_nothing() -> None:
    desk = Desk(epoch=None)
    desk.obey(AskOdds(True), LookAt(0, 3), ChooseToken(0, 3, X), Undo(0), Redo(0))
    desk.watch(0.5)
    assert desk.buffer.odds is None
    assert desk.seen == []


def test_choosing_another_token_goes_on_from_there_and_keeps_both_texts() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X))
    start, seed, *items = rewritten(desk)
    assert isinstance(start, SampleStart)
    assert isinstance(seed, Seed)
    assert (start.part, seed.text) == (1, "seed02")
    assert text_of(items) == "abcdx"
    assert [each.chosen for each in letters(items)] == [False] * 4 + [True]
    (parent,) = desk.samples
    assert (parent.kind, parent.text) == ("showing", "abcdefghij")
    desk.obey(PauseWriting(False))
    assert text_of(desk.watch(5.0)).startswith("fghijklmnopqrstuvwxy")
    branch = desk.samples[1]
    assert (branch.kind, branch.parent, branch.chosen, branch.noise_position) == ("branch", (parent.id, 4), 1, 4)
    assert (branch.seed, branch.text) == ("seed02abcd", "xfghijklmnopqrstuvwx"[:1] + "fghijklmnopqrstuvwxy")
    assert branch.noise_seed == parent.noise_seed


def test_a_branch_of_one_stream_leaves_the_others_alone() -> None:
    desk = paused(10, streams=4)
    desk.obey(ChooseToken(2, 4, X))
    assert {item.stream for item in desk.drain()} == {2}
    desk.obey(PauseWriting(False))
    items = desk.watch(1.0)
    assert {text_of([item for item in items if item.stream == stream])[:5] for stream in (0, 1, 3)} == {"klmno"}
    assert text_of([item for item in items if item.stream == 2])[:5] == "fghij"


def test_the_first_token_after_the_seed_can_be_another() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 0, X))
    assert text_of(rewritten(desk)) == "x"
    desk.obey(PauseWriting(False))
    desk.watch(5.0)
    branch = desk.samples[1]
    assert (branch.kind, branch.seed, branch.parent, branch.noise_position) == ("branch", "seed02", None, 0)


def test_tokens_chosen_one_after_another_are_one_branch() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), ChooseToken(0, 5, X + 1), ChooseToken(0, 6, X + 2))
    assert texts(desk) == ["abcdx", "abcdxy", "abcdxyz"]
    desk.obey(PauseWriting(False))
    desk.watch(5.0)
    parent, branch = desk.samples[:2]
    assert (branch.parent, branch.chosen, branch.text[:4]) == ((parent.id, 4), 3, "xyzh")


def test_a_branch_can_branch_again() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), WriteOne(), WriteOne())
    desk.watch(0.1)
    desk.obey(ChooseToken(0, 6, X + 1))
    desk.obey(ChooseToken(0, 2, X + 2))
    assert texts(desk)[-1] == "abz"
    desk.obey(PauseWriting(False))
    desk.watch(5.0)
    first, second, third, fourth = desk.samples[:4]
    assert (second.parent, second.text) == ((first.id, 4), "xfg")
    assert (third.parent, third.seed, third.text) == ((second.id, 2), "seed02abcdxf", "y")
    assert (fourth.parent, fourth.seed, fourth.text[:2]) == ((first.id, 2), "seed02ab", "zd")


def test_a_branch_is_drawn_with_the_sampling_of_its_stream_and_marked_with_it() -> None:
    desk = paused(10)
    desk.obey(SetSampling(Sampling(0.9)), ChooseToken(0, 4, X))
    items = rewritten(desk)
    assert [item.sampling for item in items if isinstance(item, SamplingChange)][-1] == Sampling(0.9)
    desk.obey(PauseWriting(False))
    assert {each.probability for each in letters(desk.watch(1.0))} == {0.9}


def test_an_ended_text_goes_on_from_a_branch() -> None:
    desk = paused(10)
    desk.obey(PauseWriting(False))
    desk.watch(10.0)
    desk.obey(PauseWriting(True))
    before = len(desk.samples)
    desk.obey(ChooseToken(0, 4, X))
    assert text_of(rewritten(desk)) == "abcdx"
    assert len(desk.samples) == before, "the ended text was kept before"
    desk.obey(PauseWriting(False))
    items = desk.watch(5.0)
    assert text_of(items).startswith("fghi")
    assert isinstance(items[-1], SampleEnd)
    assert desk.samples[-1].parent == (desk.samples[-2].id, 4)


# Undo and redo


def rewrites(desk: Desk) -> list[Rewrite]:
    return [item for item in desk.drain() if isinstance(item, Rewrite)]


def texts(desk: Desk) -> list[str]:
    return [text_of(list(each.items)) for each in rewrites(desk)]


def test_undo_and_redo_walk_between_the_texts() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), ChooseToken(0, 2, X + 1))
    desk.drain()
    desk.obey(Undo(0), Undo(0), Undo(0))
    assert texts(desk) == ["abcdx", "abcdefghij"]
    desk.obey(Redo(0), Redo(0), Redo(0))
    assert texts(desk) == ["abcdx", "aby"]


def test_the_screen_is_told_whether_there_is_anything_to_undo_or_redo() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), ChooseToken(0, 2, X + 1), Undo(0), Undo(0), Redo(0), ChooseToken(0, 1, X))
    assert [(each.undo, each.redo) for each in rewrites(desk)] == [
        (True, False),
        (True, False),
        (True, True),
        (False, True),
        (True, True),
        (True, False),
    ]


def test_the_cursor_belongs_where_a_choice_was_undone_and_behind_it_where_it_is_made_again() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), WriteOne())
    desk.watch(0.1)
    desk.obey(ChooseToken(0, 2, X + 1), Undo(0), Undo(0), Redo(0), Redo(0), Undo(0))
    shown = [(text_of(list(each.items)), each.cursor) for each in rewrites(desk)]
    assert shown == [("aby", None), ("abcdxf", 2), ("abcdefghij", 4), ("abcdxf", 5), ("aby", 3), ("abcdxf", 2)]


def test_a_new_branch_forgets_what_could_be_redone() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), Undo(0), ChooseToken(0, 2, X + 1), Redo(0))
    assert texts(desk) == ["abcdx", "abcdefghij", "aby"]


def test_undo_in_the_midst_of_choosing_takes_back_one_choice() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), ChooseToken(0, 5, X + 1), Undo(0))
    assert texts(desk) == ["abcdx", "abcdxy", "abcdx"]
    desk.obey(PauseWriting(False))
    desk.watch(5.0)
    parent, left, branch = desk.samples[:3]
    assert (left.parent, left.text) == ((parent.id, 4), "xy")
    assert (branch.parent, branch.text[:3]) == ((parent.id, 4), "xfg")


def test_the_text_that_undo_returns_to_is_written_to_its_end() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), Undo(0), PauseWriting(False))
    assert text_of(desk.watch(5.0))[:10] == "klmnopqrst"
    parent, _, rest = desk.samples[:3]
    assert (rest.kind, rest.parent, rest.text) == ("continued", (parent.id, 10), "klmnopqrst")


def test_an_ended_text_that_undo_returns_to_stays_ended() -> None:
    desk = paused(10)
    desk.obey(PauseWriting(False))
    desk.watch(10.0)
    desk.obey(PauseWriting(True), ChooseToken(0, 4, X), Undo(0))
    rewrite, end = desk.drain()[-2:]
    assert isinstance(rewrite, Rewrite)
    assert text_of(list(rewrite.items)) == "abcdefghijklmnopqrst"
    assert end == SampleEnd("the next epoch", 0)
    desk.obey(PauseWriting(False))
    assert desk.watch(2.0) == []


def test_what_the_screen_has_not_shown_is_not_part_of_any_text() -> None:
    desk = paused(10)
    desk.obey(PauseWriting(False))
    desk.pass_time(0.4)
    desk.obey(ChooseToken(0, 10, X))
    assert texts(desk) == ["abcdefghijx"]
    assert desk.samples[0].text == "abcdefghij"


def test_with_a_new_sample_nothing_can_be_undone() -> None:
    desk = paused(10)
    desk.obey(ChooseToken(0, 4, X), Reseed("Once"))
    desk.drain()
    desk.obey(Undo(0))
    assert texts(desk) == []


def test_a_unit_is_told_all_through_the_texts_of_all_streams_and_again_after_a_branch() -> None:
    desk = paused(streams=2)
    desk.obey(SelectStream(1), WatchUnit(Unit(1, 3)))
    stepped = [(desk.writer.step(), *desk.drain()), (desk.writer.step(), *desk.drain())]
    assert stepped == [(0.0, Activations((0.25,) * 10, 1)), (None, Activations((0.25,) * 10, 0))]
    desk.obey(ChooseToken(1, 4, X))
    *_, rewritten, told = (item for item in desk.drain() if isinstance(item, Rewrite | Activations))
    assert (type(rewritten), told, desk.generator.watched) == (Rewrite, Activations((0.25,) * 5, 1), Unit(1, 3))
    desk.obey(WatchUnit(None))
    assert desk.generator.watched is None


def test_what_is_not_shown_yet_is_taken_back_past_what_a_unit_says() -> None:
    desk = Desk()
    desk.pass_time(1.0)
    written = len(letters(desk.drain(4)))
    desk.obey(WatchUnit(Unit(1, 3)))
    desk.writer.step()
    calls = desk.generator.calls.count(1)
    desk.obey(SetSampling(Sampling(0.3)))
    assert sum(desk.generator.taken_back) + written == calls
