"""The panel of samplers: what each row says, and what keys and the mouse set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from model.sampling import SETTINGS, Sampling
from tests.tui.driving import drawn, screen_text, until, until_shown
from tests.tui.in_loop import in_loop
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.widgets.panels.sampler_panel import SamplerPanel
from tui.widgets.panels.sampler_rows import ORDER, SamplerRows

FIRST = """\
╭─ Samplers · stream 2 ──────────────────────────╮
│   ○ dry             off                        │
│ ▸ ● temperature  ◂  0.50  ▸                    │
│   ○ top-n-sigma     off                        │
│   ● top-k            5                         │
│   ○ top-p           off                        │
│   ● min-p           0.05                       │
│   ○ typical         off                        │
│   ○ mirostat        off                        │
│     order       temperature first              │
│ 0 takes the likeliest token, 1 keeps the       │
│ model's odds: lower it against misspellings,   │
│ raise it against loops.                        │
╰── enter on/off · a to all streams · esc close ─╯"""

LAST = """\
+- Samplers - stream 2 - applied from top to bottom -------------------------+
|     dry             off                                                    |
|     top-n-sigma     off                                                    |
|   * top-k            5                                                     |
|     typical         off                                                    |
|     top-p           off                                                    |
|   * min-p           0.05                                                   |
|     mirostat        off                                                    |
|   * temperature     0.50                                                   |
| >   order       temperature last, as llama.cpp                             |
| Temperature last: filters see the model's own odds (llama.cpp); first: the |
| changed ones (Hugging Face).                                               |
+- up down choose - left right change - enter on/off - a to all - esc close -+"""


PLAIN = Sampling(0.5)
FILTERED = Sampling(0.5, top_k=5, min_p=0.05)


class Shown(App[None]):
    def __init__(self, panel: SamplerPanel) -> None:
        super().__init__()
        self.panel = panel
        self.told: list[Sampling] = []
        self.closed = 0

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.rows.focus()

    @on(SamplerRows.Changed)
    def hear(self, message: SamplerRows.Changed) -> None:
        self.told.append(message.sampling)

    @on(SamplerRows.Closed)
    def count(self) -> None:
        self.closed += 1


@asynccontextmanager
async def shown(
    sampling: Sampling = PLAIN, size: tuple[int, int] = (50, 24), glyphs: Glyphs = UNICODE
) -> AsyncIterator[tuple[Shown, Pilot[None]]]:
    panel = SamplerPanel(glyphs)
    panel.sampling, panel.stream = sampling, 1
    async with Shown(panel).run_test(size=size) as pilot:
        await drawn(pilot)
        assert isinstance(pilot.app, Shown)
        yield pilot.app, pilot


@in_loop
async def test_all_samplers_stand_in_their_order_with_their_values() -> None:
    async with shown(FILTERED) as (_, pilot):
        assert (await until_shown(pilot, "order")).rstrip() == FIRST


@in_loop
async def test_in_ascii_with_the_temperature_last() -> None:
    async with shown(FILTERED, (78, 24), ASCII) as (app, pilot):
        await pilot.press(*["down"] * 7, "enter")
        assert (await until_shown(pilot, "(llama.cpp); first")).rstrip() == LAST
        await until(
            pilot, lambda: app.told == [Sampling(0.5, top_k=5, min_p=0.05, temperature_last=True)], "all that is told"
        )
        assert screen_text(app).isascii()


@pytest.mark.parametrize("size", [(30, 9), (40, 12), (50, 24), (78, 24), (118, 40)], ids=str)
@in_loop
async def test_every_row_is_in_sight_when_it_is_chosen(size: tuple[int, int]) -> None:
    async with shown(size=size) as (app, pilot):
        for _ in app.panel.rows.rows:
            await until_shown(pilot, f"▸ {'' if app.panel.rows.chosen != ORDER else '  order'}")
            await pilot.press("down")
        for _ in app.panel.rows.rows:
            await pilot.press("up")
            await until_shown(pilot, "▸")
        assert app.panel.rows.chosen == "dry"
        assert "…" not in screen_text(app)


@pytest.mark.parametrize("name", [each.name for each in SETTINGS if each.name != "temperature"])
@in_loop
async def test_enter_turns_each_sampler_on_at_its_usual_value_and_off(name: str) -> None:
    async with shown() as (app, pilot):
        app.panel.rows.chosen = name
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.told == [Sampling(0.5).turned(name, True), Sampling(0.5)], "all that is told")


@pytest.mark.parametrize("name", [each.name for each in SETTINGS])
@in_loop
async def test_every_sampler_has_a_sentence(name: str) -> None:
    async with shown() as (app, pilot):
        app.panel.rows.chosen = name
        app.panel.rows.post_message(SamplerRows.Chosen())
        what = Sampling.__dataclass_fields__[name].metadata["what"]
        await until_shown(pilot, f"{what[0].upper()}{what[1:20]}")
        assert len(what) < 3 * 46


@in_loop
async def test_left_and_right_change_a_value_and_turn_on_what_is_off() -> None:
    async with shown() as (app, pilot):
        await pilot.press("right", "left", "down", "down", "right", "right", "left")
        wanted = [0.55, 0.5, *[0.5] * 3]
        await until(pilot, lambda: [each.temperature for each in app.told] == pytest.approx(wanted), "all that is told")
        assert [each.top_k for each in app.told] == [0, 0, 5, 6, 5]


@in_loop
async def test_a_value_stepped_to_its_end_is_off() -> None:
    async with shown(Sampling(0.5, top_p=0.95, top_k=1)) as (app, pilot):
        app.panel.rows.chosen = "top_p"
        await pilot.press("right")
        app.panel.rows.chosen = "top_k"
        await pilot.press("left")
        await until(pilot, lambda: app.told and app.told[-1] == Sampling(0.5), "all that is told")
        assert "●" not in screen_text(app).replace("● temperature", "")


@in_loop
async def test_enter_on_the_temperature_is_greedy_and_back() -> None:
    async with shown() as (app, pilot):
        await pilot.press("enter")
        await until_shown(pilot, "0.00", "greedy")
        await pilot.press("enter")
        await until(pilot, lambda: app.told == [Sampling(0.0), Sampling(1.0)], "all that is told")


@in_loop
async def test_the_mouse_chooses_switches_and_steps() -> None:
    async with shown() as (app, pilot):
        rows = app.panel.rows
        await pilot.click(rows, offset=(8, 3))
        assert (rows.chosen, app.told) == ("top_k", [])
        await pilot.click(rows, offset=(2, 3))
        await pilot.click(rows, offset=(26, 3))
        await pilot.click(rows, offset=(17, 3))
        await pilot.click(rows, offset=(17, 3))
        await until(pilot, lambda: [each.top_k for each in app.told] == [5, 6, 5, 4], "all that is told")
        await pilot.click(rows, offset=(2, 5))
        await until(pilot, lambda: app.told and app.told[-1] == Sampling(0.5, top_k=4, min_p=0.05), "all that is told")
        await pilot.click(rows, offset=(2, 8))
        await until(pilot, lambda: app.told and app.told[-1].temperature_last, "all that is told")


@in_loop
async def test_escape_closes() -> None:
    async with shown() as (app, pilot):
        await pilot.press("escape")
        await drawn(pilot)
        await until(pilot, lambda: (app.closed, app.told) == (1, []), "all that is told")


@in_loop
async def test_without_colour_marks_still_tell_on_from_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown(FILTERED) as (_, pilot):
        assert "● top-k" in await until_shown(pilot, "○ top-p")


@in_loop
async def test_a_sampler_without_effect_says_why() -> None:
    async with shown(Sampling(0, top_k=5), (78, 24)) as (_, pilot):
        await until_shown(pilot, "● top-k", " no effect")
        await pilot.press("down", "down")
        await until_shown(pilot, "Top-k has no effect here: at temperature 0")
        await pilot.press("up", "up", "enter")
        text = await until_shown(pilot, "temperature  ◂  1.00  ▸")
        assert "no effect" not in text
        await pilot.press(*["down"] * 8, "enter")
        await until_shown(pilot, "order       temperature last, no effect")
