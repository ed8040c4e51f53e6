"""How streams share the room of their pane. Pure."""

from __future__ import annotations

from typing import Literal

Arrangement = Literal["grid", "rows", "lines", "alone"]
"""Two beside each other; one above the other; the selected one, and a line of each other; the selected one alone."""

SHORTEST = 6
"""Rows of a stream that can be read with its header, at least."""
NARROWEST = 30
"""Columns of one."""
BETWEEN = 2
"""Columns between two."""


def arrangement(streams: int, width: int, height: int, *, zoomed: bool) -> Arrangement:
    """The best that there is room for.

    Args:
        streams: 1 to 4.
        width: of the room, in columns, and
        height: in rows.
        zoomed: whether the user wants to see nothing but the selected one.
    """
    if streams == 1 or zoomed:
        return "alone"
    if (width - BETWEEN) // 2 >= NARROWEST and height // ((streams + 1) // 2) >= SHORTEST:
        return "grid"
    if height // streams >= SHORTEST:
        return "rows"
    return "lines" if height - (streams - 1) >= SHORTEST - 2 else "alone"
