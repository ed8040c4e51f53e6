"""The text behind the stream: rows, kinds of characters, marks, and what is forgotten."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.sampling import Sampling
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.text.passage import Kind
from tui.text.transcript import Transcript
from tui.text.wrapping import wrap

START = SampleStart(1, Sampling(0.5), 1, 4)


def letters(text: str) -> list[Item]:
    return [Written(character, 0.25, 1.5) for character in text]


def rows(transcript: Transcript) -> list[str]:
    """Every row as it reads, headings as '='."""
    found = []
    for y in range(transcript.height):
        passage, row = transcript.locate(y)
        if row < 0:
            found.append("=" if row == -2 else "")
        else:
            found.append("".join(span.text for span in passage.spans(row)))
    return found


def kinds(transcript: Transcript, y: int) -> list[tuple[str, Kind]]:
    passage, row = transcript.locate(y)
    return [(span.text, span.kind) for span in passage.spans(row)]


def written(width: int = 20, *items: Item) -> Transcript:
    transcript = Transcript(width)
    transcript.append(items)
    return transcript


def test_a_sample_is_a_heading_a_seed_and_the_text_that_goes_on_from_it() -> None:
    transcript = written(20, START, Seed("the will", ()), *letters(" to power"), SampleEnd(""))
    transcript.append([START, Seed("so", ())])
    assert rows(transcript) == ["=", "", "the will to power", "", "=", "", "so"]
    assert kinds(transcript, 2) == [("the will", Kind.SEED), (" to power", Kind.TEXT)]
    assert transcript.newest_text == "so"


def test_a_sample_that_was_broken_off_before_its_first_character_leaves_no_heading() -> None:
    transcript = written(20, START, Seed("the will", ()), *letters(" to power"))
    for seed in ("so", "as", "if"):
        changed = transcript.append([SampleEnd(""), START, Seed(seed, ())])
    assert changed == 3
    assert rows(transcript) == ["=", "", "the will to power", "", "=", "", "if"]


def test_stand_ins_in_the_seed_are_told_apart() -> None:
    transcript = written(20, START, Seed("?ab?", (0, 3)))
    assert kinds(transcript, 2) == [("?", Kind.UNKNOWN), ("ab", Kind.SEED), ("?", Kind.UNKNOWN)]


def test_the_odds_of_every_character_are_kept() -> None:
    transcript = written(20, START, Seed("ab", ()), *letters("cd"), SamplingChange(Sampling(1.0)), *letters("e"))
    passage = transcript.last
    assert passage is not None
    assert isinstance(passage.probabilities, array)
    assert [p for p in passage.probabilities if not math.isnan(p)] == [0.25] * 3
    assert len(passage.probabilities) == len(passage.entropies) == passage.length
    assert passage.entropies[2] == 1.5
    assert math.isnan(passage.entropies[1])


def test_each_character_of_a_longer_token_has_the_odds_of_the_token() -> None:
    passage = written(20, START, Seed("a", ()), Written("the", 0.5, 2.0), Written(" ", 0.25, 1.0)).last
    assert passage is not None
    assert list(passage.probabilities)[1:] == [0.5, 0.5, 0.5, 0.25]
    assert list(passage.entropies)[1:] == [2.0, 2.0, 2.0, 1.0]


def test_a_changed_temperature_is_marked_where_it_happened_and_is_not_part_of_the_text() -> None:
    transcript = written(30, START, Seed("a", ()), *letters("b"), SamplingChange(Sampling(0.8)), *letters("c"))
    assert kinds(transcript, 2)[1:] == [("b", Kind.TEXT), (" ▸0.80 ", Kind.MARK), ("c", Kind.TEXT)]
    assert transcript.newest_text == "abc"


def test_marks_with_nothing_between_them_are_one() -> None:
    transcript = written(30, START, *letters("a"))
    for temperature in (0.8, 0.9, 1.0):
        transcript.append([SamplingChange(Sampling(temperature))])
    transcript.append(letters("b"))
    assert rows(transcript)[-1] == "a ▸1.00 b"


@pytest.mark.parametrize("width", range(16, 30))
@pytest.mark.parametrize("before", ["", "a", "ab cd ef", "the will to po", "漢字 漢字 x"])
def test_a_mark_is_never_broken_between_rows(before: str, width: int) -> None:
    change = SamplingChange(Sampling(0.15, top_k=7))
    (marked,) = (row for row in rows(written(width, START, *letters(before), change, *letters("to"))) if "▸" in row)
    assert "▸0.15,\u00a0top-k\u00a07" in marked


def test_a_mark_that_needs_more_than_a_row_is_broken_between_its_settings() -> None:
    change = SamplingChange(Sampling(0.15, top_k=7, min_p=0.02))
    marked = rows(written(16, START, *letters("abc"), change, *letters("to")))[-3:]
    assert [row.strip() for row in marked] == ["abc ▸0.15,", "top-k\u00a07,", "min-p\u00a00.02 to"]


@pytest.mark.parametrize("before", ["", "a", "ab cd ef gh", "ab\n", "漢字漢字 x"])
@pytest.mark.parametrize("width", [2, 5, 12])
def test_a_mark_that_changes_nothing_any_more_disappears(before: str, width: int) -> None:
    transcript = written(width, START, *letters(before))
    unmarked = rows(transcript)
    transcript.append([SamplingChange(Sampling(0.8))])
    assert rows(transcript) != unmarked
    transcript.append([SamplingChange(Sampling(0.5))])
    assert rows(transcript) == unmarked
    transcript.append([SamplingChange(Sampling(0.5)), *letters("z")])
    assert transcript.newest_text == before + "z"


def test_a_sample_that_goes_on_after_its_end_stays_one() -> None:
    transcript = written(30, START, *letters("a"), SampleEnd("a key"))
    assert not transcript.writing
    transcript.append([SamplingChange(Sampling(0.8)), *letters("b")])
    assert transcript.writing
    assert rows(transcript) == ["=", "", "a ▸0.80 b"]


def test_text_without_a_beginning_is_shown_as_it_is() -> None:
    assert rows(written(20, *letters("abc"))) == ["abc"]
    assert rows(written(20, SamplingChange(Sampling(0.5)), *letters("a"))) == [" ▸0.50 a"]


ITEMS = st.lists(
    st.one_of(
        st.sampled_from([START, SampleStart(2, Sampling(1.0), 0, 0)]),
        st.text(alphabet="ab 漢\u0301\n\t", max_size=30).map(lambda text: Seed(text, (0,) if text else ())),
        st.sampled_from([0.5, 1.0, 1.2]).map(lambda temperature: SamplingChange(Sampling(temperature))),
        st.text(alphabet="abc  漢\u0301\n\t🙂", min_size=1, max_size=40).map(letters),
        st.just(SampleEnd("")),
    ),
    max_size=30,
).map(lambda parts: [item for part in parts for item in (part if isinstance(part, list) else [part])])


@given(ITEMS, st.integers(2, 20), st.data())
@settings(deadline=None)
def test_appending_bit_by_bit_is_the_same_as_at_once(items: list[Item], width: int, data: st.DataObject) -> None:
    at_once, bit_by_bit = written(width, *items), Transcript(width)
    rest = items
    while rest:
        count = data.draw(st.integers(1, 20))
        before = rows(bit_by_bit)
        changed = bit_by_bit.append(rest[:count])
        assert rows(bit_by_bit)[:changed] == before[:changed]
        rest = rest[count:]
    assert rows(bit_by_bit) == rows(at_once)
    assert bit_by_bit.newest_text == at_once.newest_text
    assert bit_by_bit.height == at_once.height


@given(ITEMS, st.integers(2, 20), st.integers(2, 20))
@settings(deadline=None)
def test_wrapping_anew_and_back_changes_nothing(items: list[Item], width: int, other: int) -> None:
    transcript = written(width, *items)
    before = rows(transcript)
    places = [transcript.place(y) for y in range(transcript.height)]
    transcript.wrap(other)
    assert rows(transcript) == rows(written(other, *items))
    for place in places:
        y = transcript.find(place)
        passage, row = transcript.locate(y)
        assert passage is place.passage
        assert passage.row(place.offset) == row
    transcript.wrap(width)
    assert rows(transcript) == before
    assert [transcript.find(place) for place in places] == list(range(transcript.height))


def test_the_oldest_samples_go_first_and_whole() -> None:
    transcript = Transcript(10, most_rows=20)
    for sample in range(30):
        transcript.append([START, Seed(f"{sample // 10}", ()), *letters(f"{sample % 10}"), SampleEnd("")])
        assert transcript.height <= 20
    assert transcript.gone > 0
    assert rows(transcript)[-1] == "29"
    assert rows(transcript)[1] == "="
    transcript.wrap(5)
    assert rows(transcript)[-1] == "29"


def test_characters_are_limited_as_well() -> None:
    transcript = Transcript(1000, most_characters=500)
    for _ in range(50):
        transcript.append([START, *letters("a" * 100)])
    assert transcript.height <= 5 * 4
    assert transcript.newest_text == "a" * 100


def test_a_sample_without_end_forgets_its_beginning() -> None:
    transcript = Transcript(10, most_rows=40, most_characters=1000)
    transcript.append([START, Seed("?", (0,)), *letters("x"), SamplingChange(Sampling(0.9))])
    text = ""
    for number in range(300):
        word = f"{number:04d} "
        text += word
        transcript.append(letters(word))
        assert transcript.height <= 42
        passage = transcript.last
        assert passage is not None
        assert passage.length <= 1000
        assert passage.length == len(passage.probabilities) == sum(len(row) for row in passage.rows)
    assert text.endswith(transcript.newest_text)
    assert transcript.newest_text
    assert rows(transcript)[0] == "="
    assert rows(transcript)[2:] == [row.removesuffix("\n") for row in wrap(transcript.newest_text, 10)]
    transcript.append([SamplingChange(Sampling(0.5)), *letters("!")])
    transcript.wrap(15)
    assert transcript.newest_text.endswith("0299 !")


# One of several streams: the seed is shown beside the text


def beside(width: int, *items: Item) -> Transcript:
    transcript = Transcript(width)
    transcript.seeds_shown = False
    transcript.append(items)
    return transcript


def test_a_seed_that_is_shown_elsewhere_is_part_of_the_text_but_not_of_its_rows() -> None:
    transcript = beside(20, START, Seed("the will", ()), *letters(" to power"), SampleEnd(""))
    transcript.append([START._replace(epoch=3.9), Seed("so", ()), *letters(" be it")])
    assert [row for row in rows(transcript) if row not in ("", "=")] == [" to power", " be it"]
    assert transcript.newest_text == "so be it"
    assert transcript.last is not None
    assert transcript.last.seed == Seed("so", ())


@pytest.mark.parametrize("characters", [3, 9, 15, 100])
def test_the_last_words_are_one_line_without_marks(characters: int) -> None:
    transcript = beside(14, START, *letters("one two\nthree four"), SamplingChange(Sampling(0.8)), *letters(" five"))
    assert transcript.last is not None
    found = transcript.last.tail(characters)
    whole = "one two three four five"
    assert whole.endswith(found)
    assert len(found) >= min(characters, len(whole)) - len(" >0.80 ")


def test_a_seed_that_begins_a_line_is_shown_before_it_also_beside_other_streams() -> None:
    transcript = Transcript(20)
    transcript.seeds_shown, transcript.seeds_in_lines = False, True
    transcript.append([START, Seed("Ma", ()), *letters("ria\nOtto\n"), SampleEnd("")])
    assert rows(transcript) == ["", "Maria", "Otto", ""]
    assert transcript.newest_text == "Maria\nOtto\n"
    assert transcript.last
    assert transcript.last.written == len("ria\nOtto\n")
