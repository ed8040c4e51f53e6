"""Other runs over a chart: their curves, and names that tell them apart in few cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from operator import eq

from model.runs.housekeeping.compared_run import ComparedRun
from tui.views.chart_view import Overlay, curves_of

MOST_OVERLAYS = 3
"""More curves can hardly be told apart."""

SHORT = 18
"""Characters of a short name, at most."""

_DATE = re.compile(r"-\d{4}-\d\d-\d\d(?=-\d+\b)")
_NUMBER = re.compile(r"-\d+$")
_WORDY = re.compile(r"[^\W\d]|\d-\d")
"""In what says something by itself: a letter, or a date."""


def overlays_of(runs: Sequence[ComparedRun], beside: str | None, dots: str) -> tuple[Overlay, ...]:
    """The curves of runs, each with its number before its name.

    Args:
        runs: the other runs.
        beside: the name of the run that they are laid over; None where it has none.
        dots: for what is left out of a name.
    """
    names = short_names([*(run.name for run in runs), *([] if beside is None else [beside])], dots)
    curves = [(name, curves_of(run.view)) for name, run in zip(names, runs, strict=False)][:MOST_OVERLAYS]
    return tuple(Overlay(f"{number} {name}", each) for number, (name, each) in enumerate(curves, start=1))


def short_names(names: Sequence[str], dots: str, most: int = SHORT) -> list[str]:
    """Each name in at most so many characters; what tells it from the others stays, also where that is at its end.

    Their date is left out first, if the rest tells them apart, and then the words with which all of them begin.

    >>> short_names(["nietzsche-fast-2026-11-26-1", "nietzsche-fast-2026-11-26-2"], "~", 16)
    ['nietzsche-fast-1', 'nietzsche-fast-2']
    >>> short_names(["lesson-collapse-2026-11-26-2", "lesson-temperature-2026-11-26-1"], "~", 13)
    ['collapse-2', 'temperature-1']
    >>> short_names(["nietzsche-fast-2026-11-26-1", "nietzsche-fast-2026-11-27-1"], "~", 12)
    ['2026-11-26-1', '2026-11-27-1']
    >>> short_names(["aphorisms-fast-2026-11-26-1", "tiny-fast-2026-11-26-1"], "~", 12)
    ['aphorisms~-1', 'tiny-fast-1']
    """

    def too_long() -> bool:
        return any(len(name) > most for name in names)

    undated = [_DATE.sub("", name) for name in names]
    if too_long() and len({*undated}) == len(names):
        names = undated
    while too_long() and (rests := _without_first_word(names)):
        names = rests
    return [_short(name, [*names[:at], *names[at + 1 :]], dots, most) for at, name in enumerate(names)]


def _without_first_word(names: Sequence[str]) -> list[str]:
    """The rest of names that all begin with the same word; none where a rest would say nothing."""
    parted = [name.partition("-") for name in names]
    rests = [rest for _, _, rest in parted]
    if len(names) < 2 or len({first for first, _, _ in parted}) > 1 or not all(map(_WORDY.search, rests)):
        return []
    return rests


def _short(name: str, others: Sequence[str], dots: str, most: int) -> str:
    """A name, cut where it is like the others."""
    if len(name) <= most:
        return name
    room = max(1, most - len(dots))
    alike = [sum(takewhile(bool, map(eq, name, other))) for other in others] or [0]
    if min(alike) >= len(name) - room:
        return dots + name[-room:]
    number = _NUMBER.search(name)
    end = min(len(number[0]), room // 2) if number else room // 2
    if (start := max(room - end, max(alike) + 1)) < room:  # both ends: the end tells it from runs in other places
        return name[:start] + dots + name[start - room :]
    end = max(end, len(name) - max(alike))
    if end >= room:
        return dots + name[max(alike) :][: max(1, room - len(dots))] + dots
    return name[: room - end] + dots + name[-end:]
