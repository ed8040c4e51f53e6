"""Both themes: contrast for people who see little, hues for people who see few."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from tui.themes import THEMES

AA = 4.5
"""The contrast that WCAG asks of text."""


def luminance(color: Color) -> float:
    parts = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_every_text_color_is_readable_on_every_ground(theme: Theme) -> None:
    texts = [theme.foreground, theme.accent, theme.secondary, theme.error, theme.success, theme.variables["text-muted"]]
    for ground in (theme.background, theme.surface, theme.panel):
        for text in texts:
            assert text is not None
            assert ground is not None
            assert contrast(text, ground) >= AA, (text, ground)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_selected_text_is_readable(theme: Theme) -> None:
    names = theme.variables
    assert contrast(names["screen-selection-foreground"], names["screen-selection-background"]) >= AA


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_the_alive_and_the_held_out_color_differ_in_blue_which_every_eye_sees(theme: Theme) -> None:
    assert theme.accent is not None
    assert theme.secondary is not None
    alive, held_out = Color.parse(theme.accent), Color.parse(theme.secondary)
    assert abs(alive.b - held_out.b) >= 100
