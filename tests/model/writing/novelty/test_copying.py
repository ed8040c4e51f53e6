"""What a written text copies from the corpus, beside brute force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpora import open_corpus
from corpora.corpus import Corpus
from model.writing.novelty.copying import GRAM, Copied, CopyIndex, CopySearch, copied


def corpus_of(text: str) -> Corpus:
    import numpy as np

    alphabet = "".join(sorted(set(text)))
    ids = np.array([alphabet.index(character) for character in text], np.uint16)
    return Corpus("text", "text", alphabet, ids, None, ())


def brute_force(corpus: str, text: str) -> Copied:
    """By looking for every piece of the text."""
    longest, spans = 0, set()
    for start in range(len(text)):
        length = 0
        while start + length < len(text) and text[start : start + length + 1] in corpus:
            length += 1
        longest = max(longest, length)
        if length >= GRAM:
            spans |= set(range(start, start + length))
    grams = [text[at : at + GRAM] for at in range(len(text) - GRAM + 1)]
    merged: list[tuple[int, int]] = []
    for place in sorted(spans):
        if merged and merged[-1][1] == place:
            merged[-1] = (merged[-1][0], place + 1)
        else:
            merged.append((place, place + 1))
    share = sum(gram in corpus for gram in grams) / len(grams) if grams else 0.0
    return Copied(longest, share, tuple(merged))


TEXTS = st.text("ab", max_size=80) | st.text("aé字😀", max_size=80)


@given(TEXTS, TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_what_is_copied_equals_brute_force(corpus: str, own: str, start: int, length: int) -> None:
    text = own + corpus[start : start + length] + own[::-1]
    assert copied(CopyIndex(corpus_of(corpus)), text) == brute_force(corpus, text)


@given(TEXTS, st.lists(st.text("ab", max_size=30), max_size=6))
def test_a_growing_text_gives_the_same_as_the_whole(corpus: str, parts: list[str]) -> None:
    search = CopySearch(CopyIndex(corpus_of(corpus)))
    for part in parts:
        search.extend(part)
    assert search.found == brute_force(corpus, "".join(parts))


def test_a_long_copy_among_own_words_is_found() -> None:
    corpus = open_corpus("aphorisms")
    quoted = corpus.text(1000, 1060)
    found = copied(CopyIndex(corpus), "Quite my own, " + quoted + "zqxj")
    assert 60 <= found.longest <= 62
    ((begun, ended),) = found.spans
    assert begun in (12, 13, 14)
    assert ended == 74
    assert 0 < found.share < 1


def test_less_than_a_percent_is_not_called_nothing() -> None:
    shares = (0.0, 0.0026, 0.012, 1.0)
    assert [Copied(20, share, ()).phrases[1] for share in shares] == [
        "0 % copied",
        "< 1 % copied",
        "1 % copied",
        "100 % copied",
    ]


def test_a_text_of_its_own_copies_little() -> None:
    found = copied(CopyIndex(open_corpus("aphorisms")), "xq zj kw vv qz " * 10)
    assert found == Copied(found.longest, 0.0, ())
    assert found.longest < GRAM
