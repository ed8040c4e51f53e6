"""Loops at the end of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.writing.novelty.loops import LONGEST_PERIOD, REPEATS, SHORTEST, loop_period, loop_phrases


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("and so " + "the stand of the " * 3, 17),
        ("the stand of the " * 3 + "th", 17),
        ("a" * 24, 1),
        ("e and the spirit " + "of the " * 4, 7),
    ],
)
def test_a_text_that_goes_round_in_circles_is_in_a_loop(text: str, period: int) -> None:
    assert loop_period(text) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "and then--he went...",
        "What, what, what?",
        "ha ha ha ha ha",
        "the stand of the " * 2 + "soul",
        "the stand of the " * 4 + "but then it ends",
        "----------------------- ",
    ],
)
def test_ordinary_repetition_is_no_loop(text: str) -> None:
    assert loop_period(text) is None


@given(st.text("ab ", max_size=40), st.text("abc ", min_size=1, max_size=60), st.integers(REPEATS, 30))
def test_the_period_is_the_shortest_after_which_the_end_repeats(before: str, unit: str, repeats: int) -> None:
    text = before + unit * repeats
    period = loop_period(text)
    expected = next(
        (
            each
            for each in range(1, LONGEST_PERIOD + 1)
            if len(text) >= max(each * REPEATS, SHORTEST)
            and all(text[-at] == text[-at - each] for at in range(1, max(each * REPEATS, SHORTEST) - each + 1))
        ),
        None,
    )
    assert period == expected
    if len(unit) * repeats >= max(SHORTEST, REPEATS * len(unit)):
        assert (period or 0) <= len(unit)


def test_a_character_that_cannot_be_seen_is_named() -> None:
    assert [loop_phrases(text, 1)[0] for text in ("\n", "a ", "a")] == [
        "in a loop of line ends",
        "in a loop of spaces",
        "in a loop of 1 character",
    ]
