"""Other runs over a chart: their curves, and names that tell them apart in few cells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

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
    """Each name in at most so many characters, without a long beginning or end that all have in common.

    >>> short_names(["nietzsche-fast-2026-11-26-1", "nietzsche-fast-2026-11-26-2"], "~", 12)
    ['~26-11-26-1', '~26-11-26-2']
    """
    if all(len(name) <= most for name in names):
        return list(names)
    alike = (len({*letters}) == 1 for letters in zip(*names, strict=False))
    before = sum(takewhile(bool, alike)) if len(names) > 1 else 0
    room = most - len(dots)
    return [
        name if len(name) <= most else dots + name[-room:] if before > len(name) - room - 1 else name[:room] + dots
        for name in names
    ]
