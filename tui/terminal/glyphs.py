"""The signs that the screen draws with, in Unicode and in ASCII."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of signs. Each takes one cell, except `arrow`, `done`, `ellipsis` and the samples of curves."""

    dot: str
    """Between facts in a line."""
    rule: str
    """Of the line around a heading."""
    heavy_rule: str
    """Of the line after the sampling of the selected stream."""
    pointer: str
    """Before what is chosen, and before a changed temperature in the text."""
    arrow: str
    """From what was to what is."""
    less: str
    more: str
    """Beside a value that keys change."""
    on: str
    off: str
    """Before what can be switched."""
    marked: str
    """Before the name of a run that is marked."""
    branch: str
    """Before text that was chosen instead of drawn."""
    times: str
    bar_full: str
    bar_half: str
    bar_empty: str
    held_out: str
    """A sample of the held-out curve, for the key of the chart."""
    training: str
    """A sample of the training curve, likewise."""
    axis_left: str
    """Of a chart, its vertical axis; and so on."""
    axis_tick_left: str
    axis_below: str
    axis_tick_below: str
    axis_corner: str
    mark_best: str
    """On a chart's axis: the best epoch."""
    mark_rollback: str
    mark_rate: str
    """Where the learning rate was changed."""
    mark_stop: str
    done: str
    """Behind what has been done."""
    ellipsis: str
    newline: str
    """In a text that is shown in one line."""
    levels: str
    """Of a small curve of one row, from the lowest."""

    @property
    def ascii_only(self) -> bool:
        """Whether all else, too, has to be shown in ASCII."""
        return self.ellipsis.isascii()


_SIGNS = {
    "dot": ("·", "-"),
    "rule": ("─", "-"),
    "heavy_rule": ("━", "="),
    "pointer": ("▸", ">"),
    "arrow": ("→", "->"),
    "less": ("◂", "<"),
    "more": ("▸", ">"),
    "on": ("●", "*"),
    "off": ("○", " "),
    "marked": ("•", "*"),
    "branch": ("↳", "^"),
    "times": ("×", "x"),  # noqa: RUF001 - the sign of multiplication is meant
    "bar_full": ("━", "#"),
    "bar_half": ("╸", "="),
    "bar_empty": ("─", "-"),
    "held_out": ("⠶⠒⠶", "o o"),
    "training": ("⠤⠤⠤", "---"),
    "axis_left": ("│", "|"),
    "axis_tick_left": ("┤", "+"),
    "axis_below": ("─", "-"),
    "axis_tick_below": ("┬", "+"),
    "axis_corner": ("└", "+"),
    "mark_best": ("▲", "^"),
    "mark_rollback": ("◂", "<"),
    "mark_rate": ("±", "%"),
    "mark_stop": ("■", "#"),
    "done": ("✓", "(done)"),
    "ellipsis": ("…", "..."),
    "newline": ("↵", "|"),
    "levels": ("▁▂▃▄▅▆▇█", "_.-:=+*#"),
}
"""By their names: in Unicode, and in ASCII."""

UNICODE, ASCII = (Glyphs(**dict(zip(_SIGNS, signs, strict=True))) for signs in zip(*_SIGNS.values(), strict=True))

_PLAIN_TERMINALS = {"linux", "dumb"}


def needs_ascii(environ: Mapping[str, str], encoding: str | None = None) -> bool:
    """Whether the terminal can be trusted with ASCII only: its locale is not UTF-8, or it is a bare console."""
    if environ.get("TERM") in _PLAIN_TERMINALS:
        return True
    if encoding is None and os.name == "nt":  # consoles take Unicode there, whatever the code page
        return False
    name = (encoding or locale.getencoding()).lower().replace("-", "").replace("_", "")
    return name not in ("utf8", "cp65001")
