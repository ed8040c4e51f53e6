"""What is removed from a text and what is composed, wherever its pieces end."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.corpus import Corpus
from corpora.reading.read_as import ReadAs
from corpora.reading.reader import read_corpus
from corpora.sources import BLOCK, from_bytes
from tests.hostile import examples

BEGIN = "It was the best of times, it was the worst of times. " * 5
"""So that there are more letters than control characters."""

HANGUL = "\u1112\u1161\u11ab"
"""A syllable of Korean in its three parts."""


def opened(text: str, block: int = BLOCK, *, nfc: bool = True) -> Corpus:
    source = from_bytes("name", "here.txt", f"{BEGIN}{text} end\n".encode())
    return read_corpus(source, ReadAs(nfc=nfc), block=block)


def read(text: str, block: int = BLOCK) -> str:
    return opened(text, block).text().removeprefix(BEGIN).removesuffix(" end\n")


@pytest.mark.parametrize("block", [1, 3, BLOCK])
@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[31m",
        "\x1b[1;38;5;196m",
        "\x1b[?25l",
        "\x1b[2J\x1b[H",
        "\x1b]0;a title\x07",
        "\x1b]8;;https://example.org\x1b\\\x1b]8;;\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1b_private\x1b\\",
        "\x1b(B",
        "\x1b7",
        "\x1b=",
        "\x9b31m",
        "\x9d0;a title\x9c",
        "\x9d0;a title\x07",
        "\x90a string\x9c",
    ],
)
def test_terminal_sequences_go_whole(sequence: str, block: int) -> None:
    assert read(f"one {sequence}two", block) == "one two"


@pytest.mark.parametrize("block", [1, BLOCK])
def test_terminal_sequences_are_counted(block: int) -> None:
    corpus = opened("\x1b[1mbold\x1b[0m and \x1b]0;title\x07plain " * 10, block)
    assert corpus.notes == ("Terminal sequences (colours and the like) removed: 30.",)


@pytest.mark.parametrize("block", [1, 2, BLOCK])
def test_what_only_begins_like_a_sequence_loses_only_its_control_characters(block: int) -> None:
    assert read("a [31m b ]0; c", block) == "a [31m b ]0; c"
    assert read("title \x1b]0;never ended\nnext line", block) == "title ]0;never ended\nnext line"
    assert read(f"\x1b]{'x' * 5000}\x07", block) == f"]{'x' * 5000}"


@pytest.mark.parametrize("block", [1, 2, 3, BLOCK])
def test_printed_over_characters_go_and_are_counted(block: int) -> None:
    manual = "N\bNA\bAM\bME\bE _\bf_\bi_\bl_\be +\bo three\b\b"
    assert read(manual, block) == "NAME file o thre"
    assert "Characters printed over by others (with backspaces) removed: 10." in opened(manual, block).notes


def test_overstrikes_with_colours_between_them_go() -> None:
    assert read("N\x1b[0m\b\x1b[1mN") == "N"


@pytest.mark.parametrize("block", [1, 2, 3, 7, BLOCK])
def test_letters_and_accents_are_composed(block: int) -> None:
    for composed in ("café", "ẫ", "한", "각", "À la carte", "がぎぐ"):
        assert read(unicodedata.normalize("NFD", composed), block) == composed
    assert read(HANGUL, block) == "한"
    assert "Letters and their accents became one character where Unicode has one (NFC)." in opened(HANGUL, block).notes


def test_what_is_composed_already_is_not_mentioned() -> None:
    assert opened("café 한 x\u0332").notes == ()


def test_nothing_is_composed_where_the_recipe_says_so() -> None:
    corpus = opened("cafe\u0301", nfc=False)
    assert "e\u0301" in corpus.text()
    assert corpus.notes == ()


LETTERS = ["a", "N", "é", "e\u0301", "\u0301", "\u0323", HANGUL, "\u1100", "\u1161", "が", "か\u3099", "\n", " "]
CONTROLS = ["\x1b[31m", "\x1b", "[", "\x9b", "\x9d", "\x1b]", "\x07", "\x1b\\", "\x1bP", "m", "\b", "_\b", "\0"]
parts = st.sampled_from([*LETTERS, *CONTROLS])


@examples(150)
@given(st.lists(parts, max_size=30).map("".join), st.integers(1, 20))
def test_where_pieces_end_changes_nothing(text: str, block: int) -> None:
    whole, in_pieces = opened(text), opened(text, block)
    assert in_pieces.text() == whole.text()
    assert in_pieces.notes == whole.notes
    assert unicodedata.is_normalized("NFC", whole.text())
