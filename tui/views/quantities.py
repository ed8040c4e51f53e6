"""How numbers are written on the screen: fixed widths, so that nothing jumps when they change."""

from __future__ import annotations

import math
import re

from tui.launch import Speed


def duration(seconds: float) -> str:
    """Whole seconds, as on a clock: '0:08', '4:12', '1:04:12', '3 d 04 h'; '-' where unknown.

    >>> duration(252.4)
    '4:12'
    """
    if not math.isfinite(seconds):
        return "-"
    whole = max(0, round(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24:02d} h"
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def loss(value: float | None) -> str:
    """A loss or bits per character in at most 7 cells: four decimals while they fit; '-' where unknown.

    >>> loss(1.61234), loss(12345.6), loss(float("inf"))
    ('1.6123', '1.2e+04', 'inf')
    """
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}" if abs(value) < 10_000 else f"{value:.1e}"


def bits(value: float | None) -> str:
    """Bits per character, three decimals."""
    return "-" if value is None else f"{value:.3f}" if math.isfinite(value) else str(value)


def epochs(value: float) -> str:
    """The age of weights, in epochs that they have seen: a whole number after an epoch, one decimal within.

    >>> epochs(4), epochs(3.851), epochs(3.998)
    ('4', '3.9', '4.0')
    """
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def count(value: int) -> str:
    """A whole number with separated thousands: '600,893'."""
    return f"{value:,}"


def pace(value: float | None) -> str:
    """Characters of text read in a second in at most 7 cells: '163,842', '1.049 M'; '-' where unknown.

    >>> pace(163_842.4), pace(1_048_576.0)
    ('163,842', '1.049 M')
    """
    if value is None or not math.isfinite(value):
        return "-"
    whole = round(value)
    return count(whole) if whole < 1_000_000 else f"{whole / 1e6:.4g} M"


def rate(value: float) -> str:
    """A learning rate in three significant figures: '0.01', '0.00314', '1.2e-06'."""
    return f"{value:.3g}"


def speed(value: Speed) -> str:
    """Characters a second as they are asked for: '80/s', 'auto' or 'unlimited'."""
    return "unlimited" if value is None else value if value == "auto" else f"{value:g}/s"


def ago(seconds: float) -> str:
    """How long ago something was, in words: 'just now', '5 minutes ago', 'an hour ago', '3 days ago'.

    >>> ago(7200.0)
    '2 hours ago'
    """
    for size, unit, one in ((86_400, "days", "a day"), (3600, "hours", "an hour"), (60, "minutes", "a minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{one if number == 1 else f'{number} {unit}'} ago"
    return "just now"


def span(seconds: float) -> str:
    """How long something has lasted, as a number and a unit: '50 s', '2 min', '3 h', '2 d'.

    >>> span(150.0)
    '2 min'
    """
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def reason(sentence: str) -> str:
    """Why something failed, in the system's own few words where a sentence has them, after its last colon.

    >>> reason("/runs/a/metrics.jsonl cannot be written to: No space left on device. Make room.")
    'No space left on device'
    """
    found = re.search(r": ([^:]+?)\.(?: [^:]*)?$", sentence)
    return found[1] if found else sentence.rstrip(".")
