"""Lines that stand in the list that was learned from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpora import Corpus, ReadAs, open_corpus
from corpora.reading.reader import read_corpus
from corpora.sources import from_bytes
from model.writing.novelty.index import index_of
from model.writing.novelty.listed_lines import LineIndex, Listed

LINES = st.lists(st.text("ab c", min_size=1, max_size=3), min_size=2, max_size=12)


def list_of(lines: list[str]) -> Corpus:
    return read_corpus(from_bytes("list", "A list", "\n".join([*lines, "a", "bbb"]).encode()), ReadAs(lines=True))


@given(LINES, LINES, st.text("ab\n", max_size=4), st.lists(st.integers(1, 5)))
def test_a_growing_text_counts_its_complete_lines(
    known: list[str], written: list[str], seed: str, parts: list[int]
) -> None:
    index, text = index_of(list_of(known)), "\n".join(written)
    search, left = index.search(seed), text
    for part in parts:
        search.extend(left[:part])
        left = left[part:]
    search.extend(left)
    first, *rest = [seed.split("\n")[-1] + written[0], *written[1:]][:-1]
    lines = [line for line in (first, *rest) if line.strip()]
    stand = {*map(str.strip, known), "a", "bbb"}
    found = search.found
    assert isinstance(found, Listed)
    assert found.lines == len(lines)
    assert found.known == tuple(line for line in lines if line in stand)
    assert all(line.endswith(text[start:end]) for line, (start, end) in zip(found.known, found.spans, strict=True))


def test_lines_of_a_list_are_told_from_new_ones() -> None:
    index = LineIndex(open_corpus("names", ReadAs(lines=True)))
    assert "Anna" in index
    assert "Annabelx" not in index
    found = index.listed("Anna\nMirola\nOtto", complete=True)
    assert (found.lines, found.known, found.spans) == (3, ("Anna", "Otto"), ((0, 4), (12, 16)))
    assert found.phrases[1] == "2 of 3 in the list"
    assert index.listed("Ann").phrases == ()
    assert index.listed("na\n", seed="Otto\nAn").known == ("Anna",)
