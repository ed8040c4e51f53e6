"""What is known of every character of a text."""

from __future__ import annotations

import numpy as np
import pytest

from model.options.explaining.explanations import find_explanation
from model.sampling import Unit
from model.writing.units.following import PROPERTIES, STRENGTHS, Follows, activation_level
from model.writing.units.properties import properties_of


def of(name: str, text: str) -> str:
    """A property of a text, a digit a character."""
    return "".join(f"{value:g}" for value in properties_of(text)[:, [*PROPERTIES].index(name)])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("space", "a b\nc", "01010"),
        ("place in word", "an old-age", "1201230123"),
        ("place in line", "ab\ncd\n", "120120"),
        ("place in sentence", "Oh! My.", "1201230"),
        ("inside quotes", 'a "b" c', "0011000"),
        ("inside quotes", "“a” b", "11000"),
        ("inside quotes", 'a "b\n\nc"', "00111001"),
        ("inside brackets", "a (b] c", "0011000"),
        ("inside brackets", "[a\n\nb", "11100"),
        ("capital", "AbÄ", "101"),
        ("digit", "a1 2", "0101"),
        ("vowel", "sÉance", "011001"),
        ("punctuation", "a, b!", "01001"),
    ],
)
def test_each_character_has_its_properties(name: str, text: str, expected: str) -> None:
    assert of(name, text) == expected


def test_a_text_without_characters_has_none() -> None:
    assert properties_of("").shape == (0, len(PROPERTIES))
    assert properties_of("a").dtype == np.float32


@pytest.mark.parametrize("name", PROPERTIES)
def test_each_property_is_explained(name: str) -> None:
    found = find_explanation(name)
    assert found
    assert found.term == name.replace(" ", "-")


def test_how_closely_a_unit_follows_has_a_word_with_a_meaning() -> None:
    words = [Follows(Unit(1, 1), value).how for value in (-0.7, 0.5, -0.3, 0.299)]
    assert words == ["closely", "clearly", "loosely", "barely"]
    assert all(word in STRENGTHS for word in words)


def test_an_activation_has_five_levels() -> None:
    assert [activation_level(value) for value in (-1, -0.6, 0, 0.2, 1)] == [0, 1, 2, 3, 4]
    assert activation_level(float("nan")) == -1
