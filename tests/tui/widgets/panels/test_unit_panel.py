"""The panel of units: what each row says, and what keys ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual import on
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from model.sampling import Sampling, Unit
from model.writing.units.following import PROPERTIES, Follows
from tests.tui.driving import drawn, screen_text, until, until_shown
from tests.tui.in_loop import in_loop
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.widgets.panels.unit_panel import UnitPanel
from tui.widgets.panels.unit_rows import AGAIN, UnitRows

FOUND = dict.fromkeys(PROPERTIES, ()) | {
    "space": (Follows(Unit(1, 57), 0.93), Follows(Unit(1, 3), -0.61)),
    "digit": (Follows(Unit(2, 128), -0.2),),
}
SHOWN = """\
╭─ Units · stream 2 ─────────────────────────────╮
│ ▸ ● space              ◂ 1:57  +0.93  ▸        │
│     place in word             -                │
│     place in line             -                │
│     place in sentence         -                │
│     inside quotes             -                │
│     inside brackets           -                │
│     capital                   -                │
│   ○ digit                2:128 -0.20     off   │
│     vowel                     -                │
│     punctuation               -                │
│     find again        units of epoch 3.9       │
│ Unit 1:57 follows this closely: spaces and     │
│ line ends. The text has its colours.           │
│                                                │
╰── enter off/on · a to all streams · esc close ─╯"""


class Shown(App[None]):
    def __init__(self, panel: UnitPanel) -> None:
        super().__init__()
        self.panel = panel
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.rows.focus()

    @on(UnitRows.Opened)
    @on(UnitRows.Asked)
    @on(UnitRows.Missing)
    def hear(self, message: Message) -> None:
        self.told.append(type(message))

    @on(UnitRows.Looked)
    @on(UnitRows.Switched)
    def hear_unit(self, message: UnitRows.Looked | UnitRows.Switched) -> None:
        self.told.append((type(message), str(message.unit)))


@asynccontextmanager
async def shown(glyphs: Glyphs = UNICODE) -> AsyncIterator[tuple[Shown, Pilot[None]]]:
    panel = UnitPanel(glyphs)
    panel.sampling, panel.stream = Sampling(without_units=(Unit(2, 128),)), 1
    async with Shown(panel).run_test(size=(50, 30)) as pilot:
        await drawn(pilot)
        panel.show(FOUND, "3.9", "")
        assert isinstance(pilot.app, Shown)
        yield pilot.app, pilot


@in_loop
async def test_each_property_has_its_best_unit_and_whether_it_is_on() -> None:
    async with shown() as (_, pilot):
        assert (await until_shown(pilot, "1:57", "3.9")).rstrip() == SHOWN


@in_loop
async def test_rows_are_looked_at_switched_and_looked_for_again() -> None:
    async with shown(ASCII) as (app, pilot):
        await pilot.press("right", "right", "0", "left", "down", "enter", "up")
        look, switch = UnitRows.Looked, UnitRows.Switched
        expected = [(look, "1:3"), (look, "1:3"), (switch, "1:3"), (look, "1:57"), (look, "1:57")]
        await until(
            pilot,
            lambda: app.told == [UnitRows.Opened, *expected[:4], UnitRows.Missing, expected[4]],
            "all that is told",
        )
        app.told.clear()
        await pilot.press(*["down"] * 7)
        await until_shown(pilot, "Unit 2:128 is off in this stream")
        app.panel.sampling = Sampling()
        await until_shown(pilot, "No single unit follows this: digits.")
        assert screen_text(app).isascii()
        await pilot.press(*["down"] * 3, "enter")
        await until(pilot, lambda: app.told == [(look, "2:128"), UnitRows.Asked], "all that is told")
        assert app.panel.rows.chosen == AGAIN


@in_loop
async def test_a_search_and_its_failure_are_said() -> None:
    async with shown() as (app, pilot):
        app.panel.search()
        await until_shown(pilot, "reading the text", "The newest weights read")
        app.panel.show({}, "4", "The text is gone.")
        await until_shown(pilot, "The text is gone.", "units of epoch 3.9", "1:57")
