"""The panel of the chart: what each row says, and what keys set. Its rows are those of all panels."""

from __future__ import annotations

from dataclasses import fields, replace

from textual import on
from textual.app import App, ComposeResult

from tests.tui.driving import drawn, screen_text, until, until_shown
from tests.tui.in_loop import in_loop
from tui.views.chart_settings import ChartSettings
from tui.views.quantities import Unit
from tui.widgets.panels.chart_panel import _SENTENCES, ChartPanel
from tui.widgets.panels.chart_rows import _VALUES, OVERLAYS, ChartRows

SHOWN = """\
╭─ Chart ────────────────────────────────────────╮
│     scale             linear                   │
│     smoothing          off                     │
│     x axis            epochs                   │
│     zoom            whole run                  │
│ ▸   unit         ◂     nats     ▸              │
│   ● baselines         shown                    │
│ 2.08 bits: about 4 likely characters           │
╰──────────────── left right change · esc close ─╯"""


class Shown(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.panel = ChartPanel()
        self.told: list[tuple[ChartSettings, Unit]] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.rows.focus()

    @on(ChartRows.Changed)
    def hear(self, message: ChartRows.Changed) -> None:
        self.told.append((message.settings, message.unit))


@in_loop
async def test_each_row_says_its_value_and_the_unit_what_the_loss_means() -> None:
    async with Shown().run_test(size=(50, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, Shown)
        app.panel.meaning = "2.08 bits: about 4 likely characters"
        await pilot.press(*["down"] * 4)
        assert (await until_shown(pilot, "about 4")).rstrip() == SHOWN
        app.panel.others = True
        await pilot.press("down", "down")
        assert "● other runs" in await until_shown(pilot, _SENTENCES[OVERLAYS])
        app.panel.others = False
        await drawn(pilot)
        assert "other runs" not in screen_text(app), "where there are none, nothing is said of them"
        assert app.panel.rows.chosen == "baselines"


@in_loop
async def test_every_setting_can_be_changed_by_its_row() -> None:
    async with Shown().run_test(size=(50, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, Shown)
        app.panel.others = True
        for _ in _VALUES:
            await pilot.press("right", "down")
        changes = {"scale": "logarithmic", "smoothing": "light", "axis": "steps", "zoom": 1}
        changed = replace(ChartSettings(lines=False, overlays=False), **changes), "bits"
        await until(pilot, lambda: app.told and app.told[-1] == changed, "all that is told")
        assert {each.name for each in fields(ChartSettings)} == {*changes, "lines", "overlays"}


@in_loop
async def test_left_and_right_stop_at_the_ends_and_enter_goes_round() -> None:
    async with Shown().run_test(size=(50, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, Shown)
        await pilot.press("left", "right", "right", "enter", "down", "enter", "enter", "enter")
        assert [(settings.scale, settings.smoothing) for settings, _ in app.told] == [
            ("logarithmic", "off"),
            ("linear", "off"),
            ("linear", "light"),
            ("linear", "strong"),
            ("linear", "off"),
        ]


def test_every_sentence_fits_the_narrowest_panel_in_a_line() -> None:
    assert _SENTENCES.keys() == _VALUES.keys()
    assert max(map(len, _SENTENCES.values())) <= 38
