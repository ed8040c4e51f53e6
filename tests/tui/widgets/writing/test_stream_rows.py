"""Rows as they are drawn: the cursor, and the colours of what was written."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from model.sampling import Sampling
from tui.engine.writing.items import Item, SampleStart, Seed, Written
from tui.terminal.glyphs import UNICODE
from tui.text.colouring import Colouring
from tui.text.transcript import Transcript
from tui.widgets.writing.stream_rows import row_segments

START = SampleStart(1, Sampling(), 0, 0)


def transcript(*items: Item) -> Transcript:
    shown = Transcript(20)
    shown.append([START, Seed("ab", ()), *items])
    return shown


def look(segment: Segment) -> str:
    """The component class that a segment looks like, and whether the cursor stands on it."""
    assert segment.style
    return str(segment.style.meta["name"]) + "!" * bool(segment.style.reverse)


def row(text: Transcript, y: int, colouring: Colouring = "off", cursor: int | None = None) -> list[tuple[str, str]]:
    def style(name: str) -> Style:
        short = name.removeprefix("token-stream--")
        return Style(reverse=True) if short == "cursor" and cursor is not None else Style(meta={"name": short})

    segments = row_segments(text, y, style, UNICODE, colouring, cursor)
    return [(segment.text, look(segment) if segment.style and segment.style.meta else "cursor") for segment in segments]


def written(text: str, *probabilities: float) -> list[Item]:
    return [Written(each, p, 2.0) for each, p in zip(text, probabilities, strict=True)]


def test_each_written_character_has_the_colour_of_its_surprisal() -> None:
    text = transcript(*written("the!", 0.9, 0.9, 0.3, 0.001))
    assert row(text, 2, "surprisal")[:-1] == [
        ("ab", "seed"),
        ("th", "level-0"),
        ("e", "level-1"),
        ("!", "level-3"),
    ]
    assert row(text, 2, "entropy")[1] == ("the!", "level-2")
    assert row(text, 2)[1] == ("the!", "text")


THUMB, FLAG = "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea"


def test_what_is_drawn_in_one_place_has_one_colour_that_of_its_most_surprising_part() -> None:
    text = transcript(*written(f"a{THUMB}{FLAG}e\u0301", 0.9, 0.9, 0.001, 0.3, 0.9, 0.001, 0.9))
    assert row(text, 2, "surprisal")[1:-1] == [
        ("a", "level-0"),
        (THUMB, "level-3"),
        (FLAG, "level-1"),
        ("e\u0301", "level-3"),
    ]
    assert [piece for piece, _ in row(text, 2)[:-1]] == ["ab", "a", THUMB, FLAG, "e\u0301"], "segments of their own"


def test_an_emoji_that_the_seed_begins_and_the_model_ends_is_not_broken() -> None:
    shown = Transcript(20)
    shown.append([START, Seed("a" + THUMB[0], ()), *written(THUMB[1], 0.3)])
    assert row(shown, 2, "surprisal") == [("a", "seed"), (THUMB, "level-1"), (" ", "cursor")]


def test_the_cursor_stands_on_a_whole_emoji() -> None:
    text = transcript(*written(f"a{THUMB}{FLAG}", *[1.0] * 5))
    for place in (3, 4):
        assert row(text, 2, cursor=place)[2:] == [(THUMB, "text!"), (FLAG, "text")]
    for place in (5, 6):
        assert row(text, 2, cursor=place)[2:] == [(THUMB, "text"), (FLAG, "text!")]


def test_a_selection_takes_a_whole_emoji() -> None:
    text = transcript(*written(f"a{THUMB}b", *[1.0] * 4))
    assert [text.whole(2, *span) for span in ((0, 4), (4, 5), (2, -1), (4, -1))] == [(0, 5), (3, 5), (2, -1), (3, -1)]
    assert text.copied(2, *text.whole(2, 4, 5)) == THUMB


def test_the_cursor_stands_on_its_character_and_leaves_the_end() -> None:
    text = transcript(*written("the", 1.0, 1.0, 1.0))
    assert row(text, 2)[-1] == (" ", "cursor")
    assert row(text, 2, cursor=3) == [("ab", "seed"), ("t", "text"), ("h", "text!"), ("e", "text")]


def test_the_cursor_stands_on_the_end_of_a_line_and_of_the_text() -> None:
    text = transcript(*written("a\nb", 1.0, 1.0, 1.0))
    assert row(text, 2, cursor=3) == [("ab", "seed"), ("a", "text"), (" ", "cursor")]
    assert row(text, 3, cursor=3) == [("b", "text")]
    assert row(text, 3, cursor=5) == [("b", "text"), (" ", "cursor")]


def test_the_cursor_is_in_the_newest_sample_alone() -> None:
    text = transcript(*written("the", 1.0, 1.0, 1.0), START, Seed("ab", ()), *written("x", 1.0))
    assert row(text, 2, cursor=2) == [("ab", "seed"), ("the", "text")]
