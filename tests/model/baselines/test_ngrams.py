"""The n-gram models, against a slow version in plain Python, and against figures of another program."""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpora import open_corpus
from model.baselines import ladder, ngrams
from model.baselines.ladder import BaselineError, count_text, measure
from model.baselines.ngrams import HIGHEST, NGrams
from model.recipe import FAST, NOTEBOOK, Recipe
from model.tokens.characters import CharacterTokenizer

CORPORA = Path(os.environ.get("CHARLSTM_CORPORA", "nowhere"))

GOLDEN = {
    "nietzsche": (NOTEBOOK, (2.988, 2.418, 1.954, 1.585, 1.434, 1.440)),
    "tinyshakespeare": (FAST, (3.347, 2.486, 2.049, 1.774, 1.669, 1.698)),
}
"""Losses of order 0 to 5, measured by another program."""


class CountTable:
    """Interpolated Witten-Bell as its formula says it, with a dictionary of counts for each context."""

    def __init__(self, text: list[int], distinct: int) -> None:
        self.distinct = distinct
        self.followers: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for place, token in enumerate(text):
            for order in range(min(HIGHEST, place) + 1):
                self.followers[tuple(text[place - order : place])][token] += 1

    def p(self, token: int, context: tuple[int, ...]) -> float:
        lower = self.p(token, context[1:]) if context else 1 / self.distinct
        followers = self.followers.get(context)
        if not followers:
            return lower
        n, t = sum(followers.values()), len(followers)
        return (followers[token] + t * lower) / (n + t)


@st.composite
def texts(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    """How many tokens there are, a text to count in, and one to judge."""
    distinct = draw(st.integers(1, 4))
    tokens = st.integers(0, distinct - 1)
    return distinct, draw(st.lists(tokens, min_size=1, max_size=40)), draw(st.lists(tokens, max_size=30))


@given(texts())
@example((2, [0], [1, 1, 1]))
@example((3, [0, 1, 0, 1, 0, 1, 2], [0, 1, 0, 1, 0, 1, 0, 1, 2, 2]))
def test_losses_are_those_of_a_table_of_counts(drawn: tuple[int, list[int], list[int]]) -> None:
    distinct, text, judged = drawn
    models, table = NGrams(np.array(text), distinct), CountTable(text, distinct)
    assert len(models) == min(HIGHEST + 1, len(text))
    wanted = [
        -sum(math.log(table.p(judged[at], tuple(judged[max(0, at - order) : at]))) for at in range(1, len(judged)))
        for order in range(len(models))
    ]
    np.testing.assert_allclose(models.losses(np.array(judged, np.int64)), wanted, atol=1e-9)


@given(texts())
def test_the_next_token_has_the_probabilities_of_a_table_of_counts(drawn: tuple[int, list[int], list[int]]) -> None:
    distinct, text, read = drawn
    models, table = NGrams(np.array(text), distinct), CountTable(text, distinct)
    state = models.begin()
    for at, token in enumerate(read):
        for order in range(-1, len(models)):
            p = models.next(state, order)
            context = tuple(read[max(0, at - order) : at])
            wanted = [1 / distinct if order < 0 else table.p(each, context) for each in range(distinct)]
            np.testing.assert_allclose(p, wanted, atol=1e-12)
        state = models.after(state, token)


def test_a_text_judged_in_blocks_has_the_loss_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    counted, judged = random.integers(0, 3, 500), random.integers(0, 3, 200)
    models = NGrams(counted, 3)
    whole = models.losses(judged)
    for size in (1, 7, 199):
        monkeypatch.setattr(ngrams, "_BLOCK", size)
        np.testing.assert_allclose(models.losses(judged), whole)


def test_an_alphabet_of_any_size_is_counted() -> None:
    text = np.arange(1 << 16).repeat(2)  # six of these tokens would not fit into one number of 64 bits
    losses = NGrams(text, 1 << 16).losses(text)
    assert (np.diff(losses)[:3] < 0).all()


@pytest.mark.parametrize("name", GOLDEN)
def test_real_texts_have_the_losses_that_are_known(name: str) -> None:
    if not (CORPORA / f"{name}.txt").is_file():
        pytest.skip(f"CHARLSTM_CORPORA has no {name}.txt")
    recipe, losses = GOLDEN[name]
    corpus = open_corpus(str(CORPORA / f"{name}.txt"), recipe.read_as)
    tokenizer = CharacterTokenizer.train(corpus, recipe)
    found = measure(count_text(corpus, tokenizer, recipe), corpus, tokenizer, recipe)
    assert found.orders == pytest.approx(losses, abs=6e-4)
    assert found.uniform == pytest.approx(math.log(len(corpus.alphabet)))
    assert found.counted == int(len(corpus) * 0.9)


def test_of_a_long_text_the_end_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = open_corpus("aphorisms")
    tokenizer = CharacterTokenizer.train(corpus, FAST)
    training, _ = map(len, corpus.split(FAST.held_out))
    monkeypatch.setattr(ladder, "MOST_COUNTED", 1000)
    models = count_text(corpus, tokenizer, FAST)
    found = measure(models, corpus, tokenizer, FAST)
    assert found.counted == 1000
    ids = corpus.ids[training:]
    alone = NGrams(corpus.ids[training - 1000 : training], len(tokenizer)).losses(ids) / (len(ids) - 1)
    assert found.orders == pytest.approx(alone.tolist())


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe(held_out=0.0), r"nothing is held out here: give --held-out 0\.1"),
        (Recipe(held_out=1e-9), r"The held-out text has 1 characters.*larger --held-out"),
    ],
)
def test_without_a_held_out_text_there_is_a_sentence(recipe: Recipe, said: str) -> None:
    corpus = open_corpus("aphorisms")
    tokenizer = CharacterTokenizer.train(corpus, recipe)
    with pytest.raises(BaselineError, match=said):
        measure(count_text(corpus, tokenizer, recipe), corpus, tokenizer, recipe)
