"""Other runs over a chart: their curves, and names that tell them apart in few cells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from operator import eq

from model.runs.housekeeping.compared_run import ComparedRun
from tui.views.chart_view import Overlay, curves_of

MOST_OVERLAYS = 3
"""More curves can hardly be told apart."""

SHORT = 18
"""Characters of a short name, at most."""


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

    >>> short_names(["nietzsche-fast-2026-11-26-1", "nietzsche-fast-2026-11-26-2"], "~", 12)
    ['~026-11-26-1', '~026-11-26-2']
    >>> short_names(["one", "nietzsche-fast-2026-11-26-1", "nietzsche-fast-2026-11-26-2"], "~", 12)
    ['one', 'nietz~-26-1', 'nietz~-26-2']
    >>> short_names(["aphorisms-fast-2026-11-26-1", "tiny-fast-2026-11-26-1"], "~", 12)
    ['aphori~-26-1', 'tiny-f~-26-1']
    """
    if all(len(name) <= most for name in names):
        return list(names)
    return [_short(name, [*names[:at], *names[at + 1 :]], dots, most) for at, name in enumerate(names)]


def _short(name: str, others: Sequence[str], dots: str, most: int) -> str:
    """A name, cut where it is like the others."""
    if len(name) <= most:
        return name
    room = max(1, most - len(dots))
    alike = [sum(takewhile(bool, map(eq, name, other))) for other in others] or [0]
    if min(alike) >= len(name) - room:
        return dots + name[-room:]
    if (start := max(room - room // 2, max(alike) + 1)) < room:  # both ends: the end tells it from runs in other places
        return name[:start] + dots + name[start - room :]
    end = max(room // 2, len(name) - max(alike))
    if end >= room:
        return dots + name[max(alike) :][: max(1, room - len(dots))] + dots
    return name[: room - end] + dots + name[-end:]
