"""How times are written, on the screen and the command line alike: as on a clock. Pure."""

from __future__ import annotations

import math


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


def about(seconds: float) -> str:
    """A time that is known roughly, in two significant figures of seconds.

    >>> about(68.4), about(152.0)
    ('about 1:08', 'about 2:30')
    """
    unit = 10 ** max(0, len(str(round(seconds))) - 2)
    return f"about {duration(max(1.0, round(seconds / unit) * unit))}"


def span(seconds: float) -> str:
    """How long ago something was, in its largest unit: '50 s', '2 min', '3 h', '2 d'; '0 s' if it is negative.

    >>> span(150.0)
    '2 min'
    """
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
