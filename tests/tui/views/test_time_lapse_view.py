"""The walk through the epochs, as plain data."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.sampling import Sampling, Unit
from model.writing.provenance import Sample, bits
from tui.engine.messages import StreamNovelty
from tui.engine.writing.items import SampleEnd, Seed, Written
from tui.keys.key_commands import SeekCopies
from tui.views.time_lapse_view import PastText, TimeLapseView

ENDED = [1, 2, 3, 5]


def samples(epoch: int, seed: str = "the ", *, known: bool = True) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            id=f"{epoch} {part}",
            kind="time-lapse",
            epoch=float(epoch),
            step=10 * epoch,
            part=part,
            parts=2,
            seed=seed,
            sampling=((0, Sampling(temperature)),),
            text=f"e{epoch}",
            surprisal=bits((1.0, 3.0)) if known else bits(),
            entropy=bits((0.5, 2.5)) if known else bits(),
        )
        for part, temperature in ((1, 0.2), (2, 1.2))
    )


def looking_at(epoch: int | None) -> TimeLapseView:
    view = TimeLapseView(epoch=epoch)
    view.take({each: samples(each) for each in ENDED}, None)
    return view


def test_it_is_asked_once_how_new_an_epochs_texts_are_and_the_last_answer_counts() -> None:
    view = looking_at(None)
    assert view.to_seek() is None
    view.walk("last", ENDED)
    last = view.to_seek()
    assert last == SeekCopies((("the ", "e5"), ("the ", "e5")))
    assert view.to_seek() is None
    view.walk("before", ENDED)
    asked = view.to_seek()
    assert asked == SeekCopies((("the ", "e3"), ("the ", "e3")))
    novelty = tuple(StreamNovelty(0, (f"{share} % copied",), ()) for share in (1, 2))
    assert not view.take_novelty(last, novelty)
    assert view.take_novelty(asked, novelty)
    past = view.looked_at(5)
    assert past
    assert past.novelty == novelty
    view.walk("before", ENDED)
    past = view.looked_at(5)
    assert past
    assert past.novelty == ()


def test_an_epoch_that_went_round_in_circles_says_so() -> None:
    view = looking_at(1)
    free, looping = samples(1)
    view.take({1: (free, replace(looping, text="and so " + "the " * 20))}, None)
    past = view.looked_at(5)
    assert past
    assert [part.notes for part in past.parts] == [(), ("in a loop of 4 characters", "in a loop")]


@pytest.mark.parametrize(
    ("at", "where", "to"),
    [
        (None, "before", 5),
        (5, "before", 3),
        (2, "before", 1),
        (1, "before", 1),
        (1, "after", 2),
        (3, "after", 5),
        (5, "after", None),
        (None, "after", None),
        (None, "first", 1),
        (None, "last", 5),
        (2, "last", 5),
        (2, "live", None),
        (None, "live", None),
        (4, "before", 3),
        (4, "after", 5),
    ],
)
def test_a_step_goes_to_the_next_epoch_that_counts_and_behind_the_last_to_the_live_text(
    at: int | None, where: str, to: int | None
) -> None:
    view = looking_at(at)
    assert view.walk(where, ENDED) is (to != at)
    assert view.epoch == to


def test_an_epoch_with_fewer_texts_is_shown_from_its_first() -> None:
    view = looking_at(3)
    view.take({2: samples(2) * 3}, None)  # the temperatures were edited afterwards
    assert view.walk("before", ENDED)
    assert view.turn(1, 6) == 2
    assert view.walk("after", ENDED)
    past = view.looked_at(8)
    assert past is not None
    assert (past.first, len(past.parts), past.texts) == (0, 2, 2)


@given(st.lists(st.sampled_from(["before", "after", "first", "last", "live"])), st.sets(st.integers(1, 30)))
def test_wherever_the_walk_goes_it_is_at_an_epoch_that_has_ended_or_live(steps: list[str], ended: set[int]) -> None:
    view = TimeLapseView()
    for where in steps:
        before = view.epoch
        assert view.walk(where, sorted(ended)) is (view.epoch != before)
        assert view.epoch is None or view.epoch in ended


def test_an_epoch_shows_its_texts_with_what_the_model_thought_of_each_character() -> None:
    past = looking_at(2).looked_at(16)
    assert past is not None
    assert (past.epoch, past.epochs, past.seed) == (2, 16, "the ")
    assert [part.sampling for part in past.parts] == [Sampling(0.2), Sampling(1.2)]
    assert past.parts[0].items == (
        Seed("the ", ()), Written("e", 0.5, 0.5), Written("2", 0.125, 2.5), SampleEnd("")
    )  # fmt: skip


def test_samples_without_these_are_shown_as_well() -> None:
    view = TimeLapseView(epoch=1)
    view.take({1: samples(1, known=False)}, None)
    past = view.looked_at(2)
    assert past is not None
    assert [item.character for item in past.parts[0].items if isinstance(item, Written)] == ["e1"]


def test_longer_tokens_are_shown_with_what_the_model_thought_of_each() -> None:
    view = TimeLapseView(epoch=1)
    longer = {"text": "to be", "prefix": "t", "lengths": array("H", (2, 3))}
    view.take({1: [replace(sample, **longer) for sample in samples(1)]}, None)
    past = view.looked_at(2)
    assert past is not None
    assert [item for item in past.parts[0].items if isinstance(item, Written)] == [
        Written("to", 0.5, 0.5), Written(" be", 0.125, 2.5)
    ]  # fmt: skip
    assert past.seed == "the t", "the seed with the beginning that the first token completes"


def test_an_epoch_without_samples_has_no_texts() -> None:
    past = looking_at(4).looked_at(16)
    assert past is not None
    assert past.seed == "the "
    assert past.parts == (PastText(Sampling(0.2), ()), PastText(Sampling(1.2), ())), "the places of those to come"
    assert past.titles(" · ", ())[0] == "Time-lapse, epoch 4 of 16 · no samples", "none will follow"
    assert looking_at(None).looked_at(16) is None


def test_the_samples_of_an_epoch_that_has_just_ended_are_being_written() -> None:
    view = looking_at(4)
    view.end_epoch(4)
    past = view.looked_at(16)
    assert past is not None
    assert past.titles(" · ", ())[0] == "Time-lapse, epoch 4 of 16 · samples being written"
    view.take({4: samples(4)}, None)
    past = view.looked_at(16)
    assert past is not None
    assert past.titles(" · ", ())[0] == "Time-lapse, epoch 4 of 16"


def test_samples_that_come_are_told_where_they_are_looked_at() -> None:
    view = looking_at(5)
    assert view.take({5: samples(5)}, None)
    assert not view.take({6: samples(6)}, None)


def test_another_seed_takes_the_place_of_the_own_until_the_live_text_is_shown_again() -> None:
    view = looking_at(5)
    view.ask("jack")
    past = view.looked_at(16)
    assert past is not None
    assert (past.seed, [part.items for part in past.parts]) == ("jack", [(), ()])
    assert not view.take({5: samples(5, "jane")}, "jane"), "a seed that nobody asks for any more"
    assert not view.take({5: samples(5)}, None), "the own go on behind it"
    assert view.take({5: samples(5, "jack")}, "jack")
    past = view.looked_at(16)
    assert past is not None
    assert past.parts[0].items[0] == Seed("jack", ())
    view.walk("live", ENDED)
    view.walk("before", ENDED)
    past = view.looked_at(16)
    assert past is not None
    assert past.seed == "the "


def seed_and_texts(view: TimeLapseView) -> tuple[str, int]:
    past = view.looked_at(16)
    assert past is not None
    return past.seed, sum(bool(part.items) for part in past.parts)


def test_what_epochs_wrote_from_a_pinned_seed_is_there_when_it_is_asked_for() -> None:
    view = looking_at(5)
    assert not view.take({5: samples(5, "jack")}, "jack")
    view.ask("jack")
    assert seed_and_texts(view) == ("jack", 2)
    view.walk("before", ENDED)
    assert seed_and_texts(view) == ("jack", 0)


def test_an_epoch_that_ended_again_loses_what_it_wrote_from_other_seeds() -> None:
    view = looking_at(5)
    view.take({3: samples(3, "jack"), 5: samples(5, "jack")}, "jack")
    view.take({5: samples(5, known=False)}, None)
    view.ask("jack")
    assert seed_and_texts(view) == ("jack", 0)
    view.walk("before", ENDED)
    assert seed_and_texts(view) == ("jack", 2)


def test_only_the_last_seeds_are_remembered() -> None:
    view = looking_at(5)
    for seed in "abcde":
        view.take({5: samples(5, seed)}, seed)
    view.ask("b")
    assert seed_and_texts(view) == ("b", 2)
    view.ask("a")
    assert seed_and_texts(view) == ("a", 0)


def test_epochs_that_the_live_text_leaves_out_are_known_once_a_later_one_is_shown() -> None:
    view = TimeLapseView()
    view.end_epoch(1)
    assert view.begin_showing(1.0) == set()
    for epoch in (2, 3, 4):
        view.end_epoch(epoch)
    assert view.begin_showing(4.2) == {2, 3}
    assert view.begin_showing(4.2) == set(), "told once"
    assert view.skipped == {2, 3}
    view.end_epoch(5)
    assert view.begin_showing(5.0) == set()
    assert view.begin_showing(7.0) == set()
    assert view.end_epoch(6) == {6}, "whichever of the two is heard of first"


def test_epochs_before_the_launch_are_none_that_were_left_out() -> None:
    view = TimeLapseView()
    view.end_epoch(9)
    assert view.begin_showing(9.0) == set()


def test_an_epoch_is_read_once_for_the_colours_of_each_unit_that_is_looked_at() -> None:
    view = looking_at(None)
    assert view.to_read(Unit(1, 1)) is None, "the live text knows what its unit says"
    view.walk("last", ENDED)
    assert view.to_read(None) is None
    asked = view.to_read(Unit(1, 1))
    assert asked is not None
    assert (asked.epoch, asked.step, asked.texts, asked.unit) == (5, 50, (("the ", "e5"),) * 2, Unit(1, 1))
    assert view.to_read(Unit(1, 1)) is None, "it is being read"
    assert view.take_reading(asked, [[0.5, -0.5], [1.0, 0.0]])
    past = view.looked_at(6)
    assert past is not None
    assert past.activations == ((0.5, -0.5), (1.0, 0.0))
    other = view.to_read(Unit(1, 2))
    assert other is not None
    assert not view.take_reading(asked, [[0.5, -0.5], [1.0, 0.0]]), "another unit is looked at now"
    assert view.take_reading(other, [])
    view.walk("before", ENDED)
    past = view.looked_at(6)
    assert past is not None
    assert past.activations == (), "this is another epoch"
    assert view.to_read(Unit(1, 2)) is not None
