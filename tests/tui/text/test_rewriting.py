"""Places of a written text, texts that take the place of another, and chosen tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model.sampling import Sampling
from tests.tui.text.test_transcript import START, kinds, letters, rows, written
from tui.engine.writing.items import Item, Rewrite, SampleStart, SamplingChange, Seed, Written
from tui.text.passage import Kind
from tui.text.transcript import Transcript


def chosen(text: str) -> list[Item]:
    return [Written(each, 0.1, 1.5, chosen=True) for each in text]


def rewrite(*items: Item) -> Rewrite:
    return Rewrite(tuple(item for item in items if not isinstance(item, Rewrite)))  # type: ignore[arg-type]


def test_another_text_takes_the_place_of_the_newest() -> None:
    transcript = written(20, START, Seed("one", ()), *letters(" sample"), START, Seed("two", ()), *letters(" more"))
    before = transcript.height
    first = transcript.append([rewrite(START, Seed("two", ()), *letters(" m"), *chosen("a"), *letters("ny"))])
    assert transcript.newest_text == "two many"
    assert transcript.height == before
    assert rows(transcript)[:4] == ["=", "", "one sample", ""]
    assert first <= 4, "all rows of the new text are drawn again"


def test_a_shorter_text_leaves_no_rows_of_the_longer_one() -> None:
    transcript = written(20, START, Seed("", ()), *letters("a long text that fills several rows of it"))
    transcript.append([rewrite(START, Seed("", ()), *letters("a l"), *chosen("i"))])
    assert rows(transcript) == ["=", "", "a l↳i"]
    assert transcript.writing


def test_a_text_of_another_program_is_not_replaced() -> None:
    elsewhere = SampleStart(1, Sampling(0.5), 0, 0, elsewhere=True)
    transcript = written(20, START, Seed("", ()), *letters("mine"), elsewhere, Seed("", ()), *letters("theirs"))
    transcript.append([rewrite(START, Seed("", ()), *chosen("x"))])
    assert rows(transcript)[2::4] == ["mine", "theirs", "↳x"]


def test_chosen_tokens_are_marked_once_and_belong_to_the_text() -> None:
    transcript = written(40, START, Seed("ab", ()), *letters("cd"), *chosen("xy"), *letters("ef"), *chosen("z"))
    assert kinds(transcript, 2) == [
        ("ab", Kind.SEED),
        ("cd", Kind.TEXT),
        ("↳", Kind.MARK),
        ("xy", Kind.CHOSEN),
        ("ef", Kind.TEXT),
        ("↳", Kind.MARK),
        ("z", Kind.CHOSEN),
    ]
    assert transcript.newest_text == "abcdxyefz"


items = st.lists(
    st.one_of(
        st.text("ab \n", min_size=1, max_size=9).map(letters),
        st.text("ab \n", min_size=1, max_size=2).map(chosen),
        st.floats(0, 2).map(lambda temperature: [SamplingChange(Sampling(round(temperature, 2)))]),
    ),
    max_size=12,
).map(lambda groups: [item for group in groups for item in group])


@given(st.text("ab ", max_size=9), items, st.integers(2, 12))
def test_every_place_of_the_text_is_found_in_the_flow_and_back(seed: str, following: list[Item], width: int) -> None:
    transcript = written(width, START, Seed(seed, ()), *following)
    passage = transcript.last
    assert passage
    text = "".join(item.character for item in following if isinstance(item, Written))
    assert passage.written == len(text)
    flow = "".join(passage.rows)
    for place, character in enumerate(text):
        offset = passage.flow_offset(place)
        assert flow[offset] == character
        assert passage.is_written(offset)
        assert passage.text_offset(offset) == place
    assert passage.flow_offset(len(text)) == passage.length


def test_places_stay_when_the_beginning_is_forgotten() -> None:
    transcript = Transcript(10, most_rows=12)
    transcript.append([START, Seed("seed ", ()), *letters("0123456789" * 20)])
    passage = transcript.last
    assert passage
    assert passage.length < 200
    assert passage.written == 200
    for place in (150, 199):
        assert "".join(passage.rows)[passage.flow_offset(place)] == str(place % 10)
        assert passage.text_offset(passage.flow_offset(place)) == place


def test_a_cell_is_the_written_character_that_stands_there() -> None:
    transcript = written(12, START, Seed("ab", ()), *letters("cd"), *chosen("x"), *letters("é字f\n"), *letters("next"))
    assert rows(transcript)[2:] == ["abcd↳xé字f", "next"]
    places = [[place and place[1] for place in (transcript.written_at(y, x) for x in range(12))] for y in (2, 3)]
    assert places[0] == [None, None, 0, 1, None, 2, 3, 4, 4, 5, 6, 6]
    assert places[1] == [7, 8, 9, 10, *[None] * 8]
    assert transcript.written_at(0, 0) is None
    assert transcript.written_at(9, 0) is None


def test_a_cell_belongs_to_its_sample() -> None:
    transcript = written(12, START, Seed("", ()), *letters("old"), START, Seed("", ()), *letters("new"))
    old, new = transcript.written_at(2, 1), transcript.written_at(6, 0)
    assert old
    assert new
    assert (old[0].text, old[1], new) == ("old", 1, (transcript.last, 0))
