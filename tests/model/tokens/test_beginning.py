"""What stands before a seed where a text consists of several, and what ends them: one token of any kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpora import Corpus, ReadAs
from corpora.reading.read_as import SEPARATOR
from corpora.reading.reader import read_corpus
from corpora.sources import Source, from_bytes, joined
from model.recipe import FAST, RecipeError
from model.tokens.beginning import ending_of, read_seed, whole_lines
from model.tokens.tokenizer import Tokenizer
from model.tokens.tokenizer_kinds import TOKENIZERS, class_of

WORDS = "the king is lost, the queen is found\nthe king is found, the queen is lost\n"
each_kind = pytest.mark.parametrize("kind", TOKENIZERS)


def text(number: int) -> Source:
    return from_bytes(f"text{number}", "A text", WORDS[number:].encode())


def read(kind: str, **how: bool) -> tuple[Corpus, Tokenizer]:
    corpus = read_corpus(joined([text(number) for number in range(6)]), ReadAs(**how))
    return corpus, class_of(kind).train(corpus, replace(FAST, tokens=kind, held_out=0.0, **how))


@each_kind
def test_a_separator_is_one_token_and_an_empty_seed_follows_it(kind: str) -> None:
    corpus, tokenizer = read(kind, separator=True)
    recipe = replace(FAST, tokens=kind, separator=True)
    (mark,) = tokenizer.encode(ending_of(recipe)).ids.tolist()
    assert [token for token in range(len(tokenizer)) if SEPARATOR in tokenizer.text_of(token)] == [mark]
    assert tokenizer.read(corpus)[0].tolist().count(mark) == 6
    begun = read_seed(tokenizer, recipe, "")
    assert (tokenizer.decode(begun.ids), begun.text) == (f"{SEPARATOR}\n", "")
    assert read_seed(tokenizer, recipe, "the king").ids.tolist() == tokenizer.encode_seed("the king").ids.tolist()


@each_kind
def test_a_seed_of_a_list_begins_a_line(kind: str) -> None:
    corpus, tokenizer = read(kind, lines=True)
    recipe = replace(FAST, tokens=kind, lines=True)
    (end,) = tokenizer.encode(ending_of(recipe)).ids.tolist()
    for seed in ("", "the"):
        begun = read_seed(tokenizer, recipe, seed)
        assert begun.ids.tolist() == [end, *tokenizer.encode(seed).ids.tolist()]
        assert begun.text == seed
    ids = tokenizer.read(corpus)[0]
    assert tokenizer.decode(ids[: whole_lines(tokenizer, recipe, ids[:-1])]).endswith("\n")
    assert whole_lines(tokenizer, recipe, tokenizer.encode("the king").ids) == len(tokenizer.encode("the king").ids)


def test_a_text_that_is_one_has_nothing_before_a_seed() -> None:
    _, tokenizer = read("characters")
    assert read_seed(tokenizer, FAST, "").ids.tolist() == []
    assert ending_of(FAST) == ""


def test_lines_and_separator_exclude_each_other() -> None:
    with pytest.raises(RecipeError, match="choose one of them"):
        replace(FAST, lines=True, separator=True)
