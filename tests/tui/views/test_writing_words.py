"""What is said around the text that is written."""

import pytest

from model.sampling import Sampling
from model.writing.novelty.loops import loop_advice
from tui.engine.writing.items import READS_SEED, SampleStart, Seed
from tui.launch import Speed
from tui.views.writing_words import fitting, state_words, subtitles, titles, unknown_words


def test_what_a_typed_seed_is_read_as_is_said_character_by_character() -> None:
    said = unknown_words(Seed("naive, it is", (2,)), ["older", "Na\u00efve, it is "])
    assert said == "The model does not know 1 of the seed's characters and reads '\u00ef' as 'i'. They are marked."


def test_of_a_seed_that_nobody_typed_only_the_number_is_known() -> None:
    assert unknown_words(Seed("na?ve", (2,)), ["another", "nave"]) == (
        "Characters the model does not know: 1. It reads others instead, shown marked."
    )


def test_a_seed_is_said_to_be_read_also_while_writing_is_paused() -> None:
    for paused in (False, True):
        assert state_words(None, READS_SEED, paused=paused, written=True)[0] == "reads the seed"


@pytest.mark.parametrize("room", [34, 44, 60])
def test_a_text_that_begins_while_writing_is_paused_says_at_every_width_what_begins_it(room: int) -> None:
    states = state_words(None, "", paused=True, written=True, blank=True)
    title = fitting(titles(states, SampleStart(14, Sampling(0.5), 1, 4, best=True), " - ", best=True), room)
    assert len(title) <= room
    assert "space or s begins" in title


def test_a_seed_was_asked_for_with_the_beginning_of_the_next_token() -> None:
    assert Seed("the will", (), prefix=" ").asked == "the will "


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120, 200])
def test_what_to_do_about_a_loop_fits_every_window(columns: int) -> None:
    room = columns - 6 if columns < 100 else columns // 2 - 6  # the pane is beside the other from 100 on
    said = fitting(subtitles("auto", 80.0, loop_advice("the end", 137), " - "), room)
    assert len(said) <= room
    assert "loop" in said
    assert "DRY" in said
    assert "raise" in said


@pytest.mark.parametrize(
    ("asked", "now", "said"),
    [
        (20.0, 20.4, "20/s"),
        (20.0, 18.0, "20/s, now 18/s"),
        (20.0, None, "20/s"),
        ("auto", 80.0, "auto, now 80/s"),
        (None, 900.0, "unlimited, now 900/s"),
    ],
)
def test_the_speed_is_said_twice_only_where_it_is_not_what_was_asked_for(
    asked: Speed, now: float | None, said: str
) -> None:
    assert subtitles(asked, now, (), " - ")[0] == said
