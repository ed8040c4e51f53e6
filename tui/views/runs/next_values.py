"""What the arrows make of a value in the form for a new run."""

from __future__ import annotations


def next_run(text: str, runs: tuple[str, ...], steps: int) -> str:
    """The run after or before this one, nothing being one of them; for a part of a name, the next that has it."""
    if text and text not in runs:
        runs = tuple(run for run in runs if text in run)
        return runs[0 if steps > 0 else -1] if runs else text
    places = ("", *runs)
    return places[(places.index(text) + steps) % len(places)]


def next_number(value: float, kind: type, steps: int, low: float | None, high: float | None) -> float:
    """A share goes in tenths, any other number is doubled or halved."""
    if kind is float and high is not None and high <= 1:
        other = round(value + 0.1 * steps, 4)
    else:
        other = value * 2 if steps > 0 else value / 2
        other = max(1, int(other)) if kind is int and value else other or steps
    least, most = (-float("inf") if low is None else low), (float("inf") if high is None else high)
    return kind(min(most, max(least, other)))
