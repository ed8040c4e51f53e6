"""How streams share the room of their pane."""

from __future__ import annotations

import pytest

from tui.widgets.writing.arrangement import Arrangement, arrangement

ROOMS: list[tuple[int, int, int, Arrangement]] = [
    (4, 66, 35, "grid"),
    (4, 62, 12, "grid"),
    (4, 61, 24, "rows"),
    (4, 200, 11, "lines"),
    (4, 46, 24, "rows"),
    (4, 46, 23, "lines"),
    (4, 76, 7, "lines"),
    (4, 76, 6, "alone"),
    (3, 66, 12, "grid"),
    (3, 46, 18, "rows"),
    (2, 66, 6, "grid"),
    (2, 40, 12, "rows"),
    (2, 40, 5, "lines"),
    (1, 200, 60, "alone"),
]


@pytest.mark.parametrize(("streams", "width", "height", "best"), ROOMS)
def test_the_best_that_there_is_room_for(streams: int, width: int, height: int, best: Arrangement) -> None:
    assert arrangement(streams, width, height, zoomed=False) == best
    assert arrangement(streams, width, height, zoomed=True) == "alone"
