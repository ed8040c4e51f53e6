"""Texts that are made of several: lines of a list, and files with a separator behind each."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import Corpus, CorpusError, ReadAs, open_corpus
from corpora.catalogue import built_in
from corpora.reading.lines import LIST_NOTE, looks_like_a_list
from corpora.reading.read_as import SEPARATOR
from corpora.reading.reader import read_corpus
from corpora.sources import BLOCK, from_bytes
from tests.hostile import examples

NAMES = ["Ada", "Bea", "Cyd", "Dan", "Eve", "Flo", "Gus", "Hal", "Ivy", "Jon"]


def lines_of(text: str, block: int = BLOCK, **how: bool) -> Corpus:
    return read_corpus(from_bytes("list", "list.txt", text.encode()), ReadAs(lines=True, nfc=False, **how), block=block)


def test_each_line_is_there_once_without_blanks_and_says_what_was_removed() -> None:
    corpus = lines_of("Ada\r\n\r\n  Bea \nAda\n\nEve")
    assert sorted(corpus.text().splitlines()) == ["Ada", "Bea", "Eve"]
    assert corpus.text().endswith("\n")
    assert corpus.notes[-1] == (
        "Each of 3 lines is a text by itself; their order is random. Lines removed: 1 repeated and 2 blank."
    )
    assert lines_of("Ada\nBea\n").notes == ("Each of 2 lines is a text by itself; their order is random.",)


@examples(80)
@given(st.lists(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=8), max_size=20), st.data())
def test_the_order_of_a_list_and_of_its_blocks_does_not_matter(lines: list[str], data: st.DataObject) -> None:
    text, other = "\n".join([*NAMES, *lines]), "\n".join(data.draw(st.permutations([*NAMES, *lines])))
    corpus, again = lines_of(text), lines_of(other, block=data.draw(st.integers(1, 30)))
    assert corpus.digest() == again.digest()
    assert sorted(corpus.text().split("\n")[:-1]) == sorted({line.strip() for line in [*NAMES, *lines]} - {""})


def test_a_sorted_list_is_held_out_fairly_and_in_whole_lines() -> None:
    names = [f"{letter}{number:03}" for letter in "abcdefghij" for number in range(100)]
    corpus = lines_of("\n".join(names))
    training, held_out = corpus.split(0.1)
    text = corpus.text(len(training))
    assert text[0] == "\n"
    assert len(text.split()) == pytest.approx(100, abs=1)
    assert len({name[0] for name in text.split()}) == 10
    assert not set(text.split()) & set(corpus.text(0, len(training)).split())
    assert len(training) + len(held_out) == len(corpus)
    assert [len(part) for part in corpus.split(0.0)] == [len(corpus), 0]


def test_a_line_that_is_added_leaves_the_others_where_they_were() -> None:
    before = lines_of("\n".join(NAMES)).text().split()
    after = lines_of("\n".join([*NAMES, "Kit"])).text().split()
    assert [name for name in after if name != "Kit"] == before


def test_a_text_of_one_line_is_no_list() -> None:
    with pytest.raises(CorpusError, match="only one line"):
        lines_of("Ada, Bea and Eve\n")


def test_lists_are_recognised_and_other_texts_are_not() -> None:
    names = open_corpus("names")
    assert names.notes == (LIST_NOTE,)
    assert lines_of(names.text()).notes[0].startswith("Each of")
    titles = "\n".join(f"How to build a house of {number} rooms for less than you think" for number in range(300))
    assert looks_like_a_list(titles)
    for name in built_in():
        assert name == "names" or LIST_NOTE not in open_corpus(name).notes
    verse = "\n".join(f"The rose of number {number} was red,\nand it was late to go to bed" for number in range(300))
    assert not looks_like_a_list(verse)
    assert not looks_like_a_list("\n".join(NAMES)), "too short to say"
    assert not looks_like_a_list("Ada\n" * 300), "the same line again and again"
    broken = "\n".join(chr(0x4E00 + n) + "吾輩は猫である" * 5 for n in range(300))
    assert not looks_like_a_list(broken), "prose without spaces, broken into full lines"


def test_each_file_ends_with_the_separator_on_a_line_by_itself(tmp_path: Path) -> None:
    for name, text in (("a.txt", "one"), ("b.txt", f"t{SEPARATOR}wo\n"), ("c.txt", "")):
        (tmp_path / name).write_text(text, "utf-8")
    corpus = open_corpus(str(tmp_path), ReadAs(separator=True))
    assert corpus.text() == f"one\n{SEPARATOR}\ntwo\n{SEPARATOR}\n"
    assert corpus.notes[1:] == (
        "Files that have no text were skipped (1): c.txt.",
        f"'{SEPARATOR}' marks the end of each of 2 texts; 1 that stood there already was removed.",
    )
    assert open_corpus(str(tmp_path)).text() == f"one\nt{SEPARATOR}wo\n"
