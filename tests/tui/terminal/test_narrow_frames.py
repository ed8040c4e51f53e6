"""A frame draws what has changed, and nothing else; a terminal shows the same as after frames of the whole screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from tests.tui.driving import drawn, drive, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, epoch_end, progress, written
from tests.tui.terminal.driver import DecodedScreen
from tui.engine.writing.items import SampleStart, Seed
from tui.launch import Launch
from tui.widgets.styled_rows import BareRows

SIZE = (100, 32)


def begin(engine: FakeEngine, app: App[Any]) -> None:
    """Let four streams be written."""
    engine.tell(CORPUS, COMPILED, progress(1, 100), epoch_end(1, 2.0))
    for stream in range(4):
        start = SampleStart(1, app.main.session.samplings[stream], stream + 1, 4, stream=stream)
        engine.write([start, Seed("the seed", (), stream)])


def write(engine: FakeEngine, text: str) -> None:
    for stream in range(4):
        engine.write(item._replace(stream=stream) for item in written(text))


def test_frames_of_what_has_changed_leave_the_terminal_as_a_frame_of_all_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = DecodedScreen(*SIZE)

    def show(app: App[None], screen: object, update: object) -> None:
        if isinstance(update, CompositorUpdate):
            terminal.feed(update.render_segments(app.console).encode())

    monkeypatch.setattr(App, "_display", show)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        app = pilot.app
        begin(engine, app)
        for number, key in enumerate(("o", "c", "plus", "x", "tab", "z", "question_mark")):
            write(engine, f"some words that will be more than one row in all, {number} ")
            engine.tell(progress(2, 10 * number))
            await pilot.press(key)
            await drawn(pilot)
            if key in ("x", "question_mark"):
                await pilot.press("escape")
        app.notify("a notice lies over the streams")
        write(engine, "the last words")
        await until_shown(pilot, "a notice lies over", "last words")
        await drawn(pilot)
        whole = DecodedScreen(*SIZE)
        whole.feed(app.screen._compositor.render_full_update().render_segments(app.console).encode())
        assert terminal.rows == whole.rows
        assert terminal.looks == whole.looks

    drive(scenario, size=SIZE, launch=Launch(ascii=False))


def test_a_written_character_draws_its_row_and_no_widget_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, set[int]] = {}
    """Widgets, and how many rows were asked of them at once."""

    def noted(render_lines: Callable[[Any, Region], list[Strip]]) -> Callable[[Any, Region], list[Strip]]:
        def note(widget: Widget, crop: Region) -> list[Strip]:
            if widget.screen._compositor._changed is not None:
                asked.setdefault(type(widget).__name__, set()).add(crop.height)
            return render_lines(widget, crop)

        return note

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        begin(engine, pilot.app)
        write(engine, "before")
        await until_shown(pilot, "before")
        await drawn(pilot)
        for kind in (Widget, BareRows):
            monkeypatch.setattr(kind, "render_lines", noted(kind.render_lines))
        write(engine, " and after")
        await until_shown(pilot, "before and after")
        await drawn(pilot)

    drive(scenario, size=SIZE, launch=Launch(ascii=False))
    assert asked["TokenStream"] == {1}
    assert not asked.keys() & {"MainScreen", "Container", "StreamGrid", "StreamPanel"}
