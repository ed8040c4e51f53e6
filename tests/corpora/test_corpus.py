from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import ReadAs
from corpora.corpus import Corpus
from corpora.reading.reader import read_corpus
from corpora.sources import from_bytes


def corpus_of(text: str, **how: Any) -> Corpus:
    return read_corpus(from_bytes("name", "Title", text.encode()), ReadAs(**how))


def test_an_id_is_the_index_of_its_character_in_the_sorted_alphabet() -> None:
    corpus = corpus_of("ba€ab")
    assert corpus.alphabet == "ab€"
    assert corpus.ids.tolist() == [1, 0, 2, 0, 1]


def test_text_returns_the_whole_text_and_slices() -> None:
    corpus = corpus_of("hello world")
    assert corpus.text() == "hello world"
    assert corpus.text(6) == "world"
    assert corpus.text(-5, -1) == "worl"
    assert len(corpus) == 11


@pytest.mark.parametrize(
    ("distinct", "kind"), [(2, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.uint32)]
)
def test_ids_use_the_smallest_integer_type(distinct: int, kind: type) -> None:
    text = "".join(chr(0x10000 + each) for each in range(distinct))
    corpus = corpus_of(text, nfc=False)
    assert corpus.ids.dtype == kind
    assert corpus.text() == text


def test_ids_use_a_smaller_type_when_rare_characters_are_replaced() -> None:
    rare = "".join(chr(0x4E00 + each) for each in range(500))
    corpus = corpus_of("abab" + rare, min_count=2)
    assert corpus.ids.dtype == np.uint8
    assert corpus.alphabet == "ab\ufffd"


def test_ids_are_read_only() -> None:
    corpus = corpus_of("abc")
    with pytest.raises(ValueError, match="read-only"):
        corpus.ids[0] = 1


def test_windows_are_counted_as_in_the_exercise() -> None:
    corpus = corpus_of("ab" * 100)
    assert corpus.sequences(60, 3) == len(list(range(0, 200 - 60, 3)))
    assert corpus.sequences(200, 3) == 0
    assert corpus.sequences(500, 3) == 0


@given(st.integers(2, 5000), st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.5]))
def test_split_returns_views_of_the_beginning_and_the_end(characters: int, held_out: float) -> None:
    ids = np.zeros(characters, dtype=np.uint8)
    corpus = Corpus("name", "Title", "ab", ids, None, ())
    training, rest = corpus.split(held_out)
    assert len(training) == int(characters * (1 - held_out))
    assert len(training) + len(rest) == characters
    assert training.base is ids
    if held_out == 0.1:
        assert len(training) == int(characters * 0.9)


@pytest.mark.parametrize("held_out", [-0.1, 1.1, float("nan")])
def test_a_held_out_share_out_of_range_is_an_error(held_out: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        corpus_of("abc").split(held_out)


def test_the_digest_depends_only_on_the_text() -> None:
    alike = Corpus("other", "Other", "abc", np.array([0, 1, 2], dtype=np.uint8), None, ("A note.",))
    assert corpus_of("abc").digest() == alike.digest()
    assert len({corpus_of(text).digest() for text in ("abc", "acb", "abd", "abca")}) == 4


def test_the_digest_does_not_depend_on_byte_order() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    corpus = corpus_of(text)
    with_ids = partial(Corpus, "name", "Title", corpus.alphabet, unknown=None, notes=())
    assert with_ids(ids=corpus.ids.astype(">u2")).digest() == corpus.digest()


def test_corpora_are_compared_by_identity() -> None:
    first, second = corpus_of("abc"), corpus_of("abc")
    assert first != second
    assert len({first, second}) == 2
