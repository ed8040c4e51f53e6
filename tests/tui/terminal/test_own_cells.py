"""Vowel signs and emoji have cells of their own on the screen, whatever the terminal gives them."""

from __future__ import annotations

import unicodedata

import pyte
import pytest
from rich.cells import cell_len

from tui.terminal.own_cells import cell_of, emoji_in, is_spacing_mark, joins_emoji, settled
from tui.text.wrapping import show

HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940"
"""Six characters, of which two are vowel signs in a cell of their own."""


def test_a_vowel_sign_is_drawn_in_one_cell_and_reaches_the_terminal() -> None:
    glyphs, cells = show(HINDI)
    assert cells == [1, 1, 1, 0, 1, 1]
    assert cell_len(glyphs) == sum(cells)
    assert [each for each in settled(glyphs) if is_spacing_mark(each)] == ["\u093f", "\u0940"]


@pytest.mark.parametrize("given_cell", [False, True])
def test_what_stands_behind_a_vowel_sign_stays_where_it_is(given_cell: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if given_cell:  # as VTE, xterm and tmux do
        wcwidth = pyte.screens.wcwidth
        monkeypatch.setattr(pyte.screens, "wcwidth", lambda each: 1 if is_spacing_mark(each) else wcwidth(each))
    screen = pyte.Screen(20, 2)
    stream = pyte.Stream(screen)
    stream.feed(settled(f"{show(HINDI)[0]}|"))
    assert screen.buffer[0][5].data == "|"
    stream.feed(settled(f"\r\n{HINDI}|"))  # not drawn with `show`: it takes the cells that rich counts
    assert screen.buffer[1][cell_len(HINDI)].data == "|"


def test_every_spacing_mark_is_found_and_nothing_else_is_changed() -> None:
    for character in map(chr, range(0x20000)):
        if unicodedata.category(character) == "Mc":
            assert settled(cell_of(character)) == f"\x1b7 \x1b8\x1b7{character}\x1b8\x1b[C"
            assert settled(character) == f"\x1b7{character}\x1b8"
    for text in (
        "plain",
        "\u2500\u2500 \U0001f600\U0001f600",
        "caf\u00e9 \u4e2d \u0e01\u0e33 \u05d0 \U0001f98a \u2502",
        "\x1b[31mred\x1b[0m",
    ):
        assert settled(text) == text
    assert settled("\U000f0041\U0010fffd") == "\ufffd\ufffd"


@pytest.mark.parametrize("cells_of_each", [1, 2])
@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧", "🇩🇪", "1\ufe0f\u20e3", "👍🏽", "❤\ufe0f", "🏳\ufe0f\u200d🌈"])
def test_what_stands_behind_an_emoji_stays_where_it_is(
    text: str, cells_of_each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a terminal makes of its parts, and nothing of it is left behind in other cells of the row."""
    monkeypatch.setattr(
        pyte.screens, "wcwidth", lambda each: cells_of_each if unicodedata.category(each) == "So" else 1
    )
    screen = pyte.Screen(20, 1)
    pyte.Stream(screen).feed(settled(f"ab{text}cdefghij"))
    assert cell_len(text) == 2
    assert "".join(screen.buffer[0][x].data for x in range(4, 12)) == "cdefghij"


@pytest.mark.parametrize(
    ("environ", "joins"),
    [
        ({}, True),
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm-kitty", "VTE_VERSION": "7600"}, True),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "vscode", "TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM_PROGRAM": "tmux", "TERM": "tmux-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM": "alacritty"}, False),
    ],
)
def test_terminals_that_are_known_not_to_join_emoji_show_their_parts(environ: dict[str, str], joins: bool) -> None:
    assert joins_emoji(environ) == joins


def test_an_emoji_never_grows_narrower_while_it_is_written() -> None:
    for text in (
        "🏴\U000e0067\U000e0062\U000e007f",
        "1\ufe0f\u20e3\ufe0f",
        "❤\ufe0f\u200d🔥\u200d",
        "🇩🇪",
        "👍🏽\u0301",
    ):
        widths = [sum(show(text[:length])[1] or [1]) for length in range(1, len(text) + 1)]
        assert widths == sorted(widths), ascii(text)
        assert any(part.cells for part in emoji_in(text))
