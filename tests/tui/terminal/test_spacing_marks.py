"""Vowel signs have a cell of their own on the screen, whatever the terminal gives them."""

from __future__ import annotations

import unicodedata

import pyte
import pytest
from rich.cells import cell_len

from tui.terminal.spacing_marks import cell_of, is_spacing_mark, settled
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
    for text in ("plain", "caf\u00e9 \u4e2d \u0e01\u0e33 \u05d0 \U0001f98a \u2502", "\x1b[31mred\x1b[0m"):
        assert settled(text) == text
    assert settled("\U000f0041\U0010fffd") == "\ufffd\ufffd"
