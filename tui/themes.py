"""The two themes: one dark, one light. Amber is what is alive now, blue is the held-out text.

Amber and blue stay apart for every common kind of colour blindness, and every text colour has at least the
contrast 4.5 to 1 on its background that WCAG AA asks for.
"""

from __future__ import annotations

from textual.theme import Theme

_SHARED = {
    "block-cursor-text-style": "none",
    "link-style": "none",
    "link-style-hover": "bold",
    "link-background-hover": "transparent",
}

DARK = Theme(
    name="charlstm-dark",
    primary="#7cb3ff",
    secondary="#7cb3ff",
    accent="#f2b155",
    success="#8ccf9e",
    warning="#f2b155",
    error="#ff8f86",
    foreground="#d7dbe6",
    background="#10121a",
    surface="#161923",
    panel="#1d2230",
    dark=True,
    variables={
        **_SHARED,
        "text-muted": "#8e96ab",
        "text-disabled": "#5b6377",
        "chart-1": "#8ccf9e",
        "chart-2": "#d39cf0",
        "chart-3": "#6fd0d6",
        "border": "#3a4258",
        "border-blurred": "#2a3040",
        "scrollbar": "#343b4e",
        "scrollbar-hover": "#4a536b",
        "scrollbar-active": "#f2b155",
        "scrollbar-background": "#10121a",
        "scrollbar-background-hover": "#10121a",
        "scrollbar-background-active": "#10121a",
        "scrollbar-corner-color": "#10121a",
        "screen-selection-background": "#3b4a6b",
        "screen-selection-foreground": "#ffffff",
        "link-color-hover": "#f2b155",
    },
)

LIGHT = Theme(
    name="charlstm-light",
    primary="#1d5ea8",
    secondary="#1d5ea8",
    accent="#8f5200",
    success="#1f6b3a",
    warning="#8f5200",
    error="#b3261e",
    foreground="#23262e",
    background="#fbf9f4",
    surface="#f4f1e9",
    panel="#e9e5da",
    dark=False,
    variables={
        **_SHARED,
        "text-muted": "#5f636d",
        "text-disabled": "#9a9a94",
        "chart-1": "#1f6b3a",
        "chart-2": "#7a2f9e",
        "chart-3": "#0b6a72",
        "border": "#bdb7a7",
        "border-blurred": "#d6d1c4",
        "scrollbar": "#cdc7b8",
        "scrollbar-hover": "#b0a998",
        "scrollbar-active": "#8f5200",
        "scrollbar-background": "#fbf9f4",
        "scrollbar-background-hover": "#fbf9f4",
        "scrollbar-background-active": "#fbf9f4",
        "scrollbar-corner-color": "#fbf9f4",
        "screen-selection-background": "#f0d9ae",
        "screen-selection-foreground": "#23262e",
        "link-color-hover": "#8f5200",
    },
)

THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}
"""By the word the command line takes."""
