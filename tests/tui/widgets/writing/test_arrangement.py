"""How streams share the room of their pane, and that their texts fit it."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from textual._compositor import Compositor

from tests.tui.driving import drawn
from tests.tui.in_loop import in_loop
from tests.tui.widgets.writing.test_token_stream import START, letters, lines, shown
from tui.widgets.writing.arrangement import Arrangement, arrangement
from tui.widgets.writing.token_stream import TokenStream

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


@in_loop
async def test_a_text_fits_its_room_although_it_is_sent_no_resize() -> None:
    stream, reflow = TokenStream(), Compositor.reflow
    async with shown(stream, size=(60, 12)) as pilot:
        stream.append([START, *letters("to be or not to be that is the question")])
        await drawn(pilot)
        # So it is where Textual was asked for a widget's place between a change and the layout that follows.
        with patch.object(Compositor, "reflow", lambda *given: reflow(*given)._replace(resized=set())):
            stream.styles.width = 20
            await drawn(pilot)
        assert lines(stream)[2:5] == ["to be or not to be", "that is the", "question"]
