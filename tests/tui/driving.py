"""Runs an app without a terminal and reads what it draws."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.fake_engine import FakeEngine
from tui.app import CharLSTMApp
from tui.launch import Launch

AnyApp = TypeVar("AnyApp", bound=App[None])


def run_app(app: AnyApp, scenario: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]) -> AnyApp:
    """Run `scenario` on a mounted app to its end; an exception in the app fails the test."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await scenario(pilot)

    asyncio.run(run())
    return app


def drive(
    scenario: Callable[[Pilot[None], FakeEngine], Awaitable[None]],
    *,
    size: tuple[int, int] = (120, 40),
    launch: Launch | None = None,
) -> tuple[CharLSTMApp, FakeEngine]:
    """The whole program on a fake engine. Its signs are the fine ones unless the launch says otherwise."""
    engine = FakeEngine()
    app = CharLSTMApp(engine, launch or Launch(ascii=False))
    run_app(app, lambda pilot: scenario(pilot, engine), size)
    return app, engine


def screen_text(app: App[None]) -> str:
    """What the screen on top shows now, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def widget_text(widget: Widget) -> str:
    """The part of the screen that a widget covers."""
    area = widget.region
    lines = screen_text(widget.app).split("\n")[area.y : area.bottom]
    return "\n".join(line[area.x : area.right] for line in lines)
