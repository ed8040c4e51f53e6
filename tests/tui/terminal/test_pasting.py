"""What is pasted arrives in order, whatever escape sequences are in it, and however the terminal cuts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste

from tui.terminal.pasting import PasteFilter, PasteParser

START, END = "\x1b[200~", "\x1b[201~"
PASTED = [
    (
        "one \x1b[1;31mred\x1b[0m word and more than thirty-two characters",
        "one red word and more than thirty-two characters",
    ),
    ("\x1b]0;a title\x07after \x1b]8;;https://x\x1b\\link", "after link"),
    ("a\x1bcb\x1b", "ab"),
    ("plain\ntext", "plain\ntext"),
    ("\x1b[31", "[31"),
]


@pytest.mark.parametrize(("pasted", "kept"), PASTED)
def test_a_paste_is_one_message_with_the_text_alone(pasted: str, kept: str) -> None:
    parser = PasteParser()
    found = list(parser.feed(f"x{START}{pasted}{END}y"))
    keys = [event.key for event in found if isinstance(event, Key)]
    assert keys == ["x", "y"]
    assert "".join(event.text for event in found if isinstance(event, Paste)) == kept


@given(st.lists(st.sampled_from(PASTED), min_size=1, max_size=3), st.lists(st.integers(1, 9), min_size=1))
def test_it_does_not_matter_where_the_terminal_cuts(pastes: list[tuple[str, str]], sizes: list[int]) -> None:
    sent = "\x1b[Ab".join(f"{START}{pasted}{END}" for pasted, _ in pastes)
    filtered, found, number = PasteFilter(), "", 0
    while sent:
        size = sizes[number % len(sizes)]
        found += filtered.take(sent[:size])
        sent, number = sent[size:], number + 1
    assert found == "\x1b[Ab".join(f"{START}{kept}{END}" for _, kept in pastes)


@given(st.text("\x1b[20~1;Mab", max_size=40), st.integers(1, 9))
def test_outside_a_paste_nothing_is_changed_or_held_back(text: str, size: int) -> None:
    text = text.replace(START, "")
    filtered = PasteFilter()
    for at in range(0, len(text), size):
        assert filtered.take(text[at : at + size]) == text[at : at + size]
