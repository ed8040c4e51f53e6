"""The texts that explain: complete, short, findable by every name, and true to the keys and options that they name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from functools import cache

import pytest

from model.cli import _parser
from model.options.explaining.explanations import (
    FEWEST_SENTENCES,
    GROUPS,
    MOST_CHARACTERS,
    MOST_SENTENCES,
    Explanation,
    explanations,
    find_explanation,
    suggestions,
)
from model.options.fields import option_of
from model.recipe import Recipe
from model.sampling import Sampling
from tui.keys.action import shown_key
from tui.keys.keymap import BY_ID

MOST_WORDS = 30
"""Of a sentence."""
ASKED_FOR = [
    "loss",
    "bits",
    "perplexity",
    "entropy",
    "surprisal",
    "temperature",
    "learning-rate",
    "epoch",
    "batch",
    "window",
    "step",
    "held-out",
    "overfitting",
    "divergence",
    "guard",
    "checkpoint",
    "dropout",
    "hidden",
    "layers",
    "parameters",
    "seed",
    "noise",
    "time-lapse",
    "baseline",
    "n-gram",
    "branch",
    "novelty",
    "loop",
    "stream",
    "greedy",
    "sampling",
]
"""What a student is certain to ask."""

EVERY = pytest.mark.parametrize("explanation", explanations().values(), ids=lambda each: each.term)


def sentences(text: str) -> list[str]:
    return re.findall(r"\S.*?[.!?](?=\s|$)", text.replace("et al.,", "et al"))


@EVERY
def test_a_text_is_a_few_short_sentences(explanation: Explanation) -> None:
    said = sentences(explanation.text)
    assert FEWEST_SENTENCES <= len(said) <= MOST_SENTENCES
    assert [each for each in said if len(each.split()) > MOST_WORDS] == []
    assert len(explanation.text) <= MOST_CHARACTERS
    assert explanation.text.isascii()
    assert explanation.text.count("  ") == 0
    assert " ".join(said).replace("et al", "et al.,") == explanation.text, "sentences end with a full stop"


@EVERY
def test_a_text_names_keys_and_options_that_there_are(explanation: Explanation) -> None:
    keys = {shown_key(key) for action in BY_ID.values() for key in action.keys}
    assert set(re.findall(r"\b[Kk]ey (\S)[ .,;]", explanation.text)) <= keys
    assert set(re.findall(r"`(--[a-z-]+)", explanation.text)) <= _options()


def test_every_setting_of_a_recipe_and_of_the_sampling_is_explained() -> None:
    names = [option_of(each.name) for kind in (Recipe, Sampling) for each in fields(kind)]
    assert [name for name in names if find_explanation(name) is None] == []


def test_every_option_is_explained_but_those_of_what_is_printed() -> None:
    names = {name for name in _options() if name.startswith("--") and find_explanation(name) is None}
    assert names == {"--help", "--json", "--output", "--rows", "--top"}


@pytest.mark.parametrize("term", ASKED_FOR)
def test_what_students_ask_first_has_a_text_of_its_own(term: str) -> None:
    assert explanations()[term].term == term


def test_a_name_means_one_term() -> None:
    names = Counter(name for each in explanations().values() for name in (each.term, *each.also))
    assert [name for name, count in names.items() if count > 1] == []
    for explanation in explanations().values():
        assert [name for name in explanation.also if find_explanation(name) is not explanation] == []


@pytest.mark.parametrize("name", ["top-p", "--top-p", "--top-p=0.9", "Top P", "top_p", "nucleus"])
def test_a_term_is_found_as_it_is_written_anywhere(name: str) -> None:
    found = find_explanation(name)
    assert found is explanations()["top-p"]


@pytest.mark.parametrize(
    ("name", "term"), [("far back", "receptive-field"), ("word-level", "tokens"), ("Mogrifier", "lstm")]
)
def test_what_users_read_elsewhere_leads_to_its_term(name: str, term: str) -> None:
    assert find_explanation(name) is explanations()[term]


def test_near_terms_are_suggested_for_an_unknown_one() -> None:
    assert suggestions("perplexty") == ["perplexity"]
    assert suggestions("zzzzzz") == []
    assert find_explanation("perplexty") is None


def test_every_heading_has_terms() -> None:
    assert {each.group for each in explanations().values()} == GROUPS.keys()


@cache
def _options() -> set[str]:
    """Of all commands."""
    (commands,) = (action for action in _parser()._actions if action.dest == "==SUPPRESS==" and action.choices)
    return {option for command in commands.choices.values() for option in command._option_string_actions}
