"""Sizes of the terminal that are out of date before the screen has heard of them."""

from __future__ import annotations

from textual.events import Resize
from textual.geometry import Size
from textual.pilot import Pilot

from tests.tui.driving import drive, resized, until
from tests.tui.fake_engine import FakeEngine


def test_a_size_that_the_terminal_no_longer_has_is_never_drawn() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        screen, drawn = pilot.app.main, list[Size]()

        async def all_is_handled() -> None:
            handled = list[bool]()
            screen.call_later(handled.append, True)
            await until(pilot, lambda: handled, "an answer of the screen")

        await all_is_handled()
        screen.screen_layout_refresh_signal.subscribe(screen, lambda laid_out: drawn.append(laid_out.outer_size))
        old = Size(101, 31)
        screen.post_message(Resize(old, old))
        await all_is_handled()
        await resized(pilot, 99, 33)
        await until(pilot, lambda: Size(99, 33) in drawn, "the new size")
        assert old not in drawn

    drive(scenario)
