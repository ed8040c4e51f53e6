"""Runs an app without a terminal and reads what it draws."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from unittest.mock import patch

from textual._context import active_app, visible_screen_stack
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets._toast import Toast

from tests.patience import PATIENCE
from tests.tui.fake_engine import FakeEngine
from tui.app import CharLSTMApp
from tui.engine.protocol import Engine
from tui.engine.runs.shelf import Shelf
from tui.launch import Launch

AnyApp = TypeVar("AnyApp", bound=App[None])


async def dealt_with(*_: float) -> None:
    """Wait until the app has dealt with all that was posted to it, and with what that posted, and shows it.

    It stands in for Textual's `wait_for_idle`, which takes a process that computes for one that is not ready yet: for a
    program that draws and writes on and on it waits a second after each key, and on a slow machine for nothing.
    """
    app, calm = active_app.get(), 0
    for _ in range(1000):  # what posts to itself for ever is not waited for
        await asyncio.sleep(0)
        calm = 0 if any(each.message_queue_size for each in (app, *app._registry)) else calm + 1
        if calm == 4:
            break
    if app._exit or not app._screen_stack:
        return
    top = app.screen
    for wait in (app.call_later, top.call_after_refresh):
        done = asyncio.Event()
        wait(done.set)
        while not done.is_set() and not app._exit and not app._exception and top.is_running and app.screen is top:
            await asyncio.sleep(0.001)


_parse_rules, _rules = Stylesheet._parse_rules, dict[tuple[object, ...], list[RuleSet]]()


def parsed_once(sheet: Stylesheet, css: str, *place: Any, **how: Any) -> list[RuleSet]:
    """The rules of a text of CSS; every app of these tests has the same, and reading them is an eighth of its time."""
    key = (css, *place, *how.items(), frozenset(sheet._variables.items()))
    if key not in _rules:
        _rules[key] = _parse_rules(sheet, css, *place, **how)
    return _rules[key]


def run_in_loop(scenario: Coroutine[None, None, None]) -> None:
    """Run what drives an app to its end: keys are waited for as above, and CSS is read once."""
    with (
        patch("textual.app.wait_for_idle", dealt_with),
        patch("textual.pilot.wait_for_idle", dealt_with),
        patch.object(Stylesheet, "_parse_rules", parsed_once),
        patch("textual.strip.FIFOCache", lambda size: {}),  # seven for each strip, which few outlive
        patch.object(RuleSet, "__hash__", object.__hash__),  # that of Textual is the same, in Python
    ):
        asyncio.run(scenario)


def run_app(app: AnyApp, scenario: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]) -> AnyApp:
    """Run `scenario` on a mounted app to its end; an exception in the app fails the test."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await scenario(pilot)

    run_in_loop(run())
    return app


def drive(
    scenario: Callable[[Pilot[None], FakeEngine], Awaitable[None]],
    *,
    size: tuple[int, int] = (120, 40),
    launch: Launch | None = None,
    shelf: Shelf | None = None,
    next_engine: Callable[[Launch], Engine] = lambda launch: FakeEngine(),
) -> tuple[CharLSTMApp, FakeEngine]:
    """The whole program on a fake engine. Its signs are the fine ones unless the launch says otherwise."""
    engine = FakeEngine()
    launch = launch or Launch(ascii=False)
    app = CharLSTMApp(engine, launch, shelf, next_engine)
    app.NOTIFICATION_TIMEOUT = PATIENCE  # a busy machine may take longer to draw than an answer is shown

    async def from_the_first_frame_on(pilot: Pilot[None]) -> None:
        if launch.choose_run:  # the list of runs may be over the panes at once
            await scenario(pilot, engine)
            return
        await until(pilot, lambda: engine.post, "the start of the engine")
        await until_shown(pilot, "Training" if launch.watch is None else "Watching", "help")
        await scenario(pilot, engine)

    run_app(app, from_the_first_frame_on, size)
    return app, engine


async def until(pilot: Pilot[None], holds: Callable[[], object], what: str) -> None:
    """Let the app work until `holds()`; AssertionError with the screen when it never does.

    Textual's own `press` and `pause` take an app for idle that the machine only gives no time, so what follows one of
    them is waited for, however long it takes.
    """
    end = time.monotonic() + PATIENCE
    while not holds():
        assert pilot.app.is_running, f"the app ended before: {what}"
        assert time.monotonic() < end, f"never within {PATIENCE} s: {what}\n{screen_text(pilot.app)}"
        await asyncio.sleep(0.01)


async def drawn(pilot: Pilot[None]) -> None:
    """Wait until the screen has taken in all that was posted to it so far, and shows what came of it."""
    drawings = 0
    while drawings < 2:  # sizes that change with the first drawing change what is drawn
        top, done = pilot.app.screen, asyncio.Event()
        top.call_after_refresh(done.set)

        def over(top: Screen[object] = top, done: asyncio.Event = done) -> bool:
            return done.is_set() or pilot.app.screen is not top  # one that has been closed is not drawn any more

        await until(pilot, over, "a drawing of the screen")
        drawings += done.is_set()


async def resized(pilot: Pilot[None], width: int, height: int) -> None:
    """Give the terminal another size and wait until the screen has it."""
    await pilot.resize_terminal(width, height)
    await until(pilot, lambda: pilot.app.screen.size == (width, height), f"a screen of {width} by {height}")


async def until_shown(pilot: Pilot[None], *texts: str, part: Widget | None = None) -> str:
    """What the screen, or the part of it that a widget covers, shows as soon as all of `texts` stand there."""

    def shown() -> str:
        return screen_text(pilot.app) if part is None else widget_text(part)

    await until(pilot, lambda: all(text in shown() for text in texts), f"{texts} on the screen")
    return shown()


async def until_said(pilot: Pilot[None], sentence: str) -> None:
    """Wait for a notice that has `sentence`; on the screen it may be broken into lines."""

    def said() -> bool:
        notices = pilot.app.screen.query(Toast)
        return any(sentence in " ".join(widget_text(notice).split()) for notice in notices)

    await until(pilot, said, f"the notice {sentence!r}")


async def leave(pilot: Pilot[None], key: str) -> None:
    """Press a key and wait for the end of the program, before which a thread saves."""
    await pilot.press(key)
    await until(pilot, lambda: pilot.app.return_code is not None, "the end")


def screen_text(app: App[None]) -> str:
    """What the screen on top shows now, line by line."""
    # Whoever draws says what a dialog dims; without, its background is drawn blank and kept so.
    visible_screen_stack.set(app._background_screens)
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def widget_text(widget: Widget) -> str:
    """The part of the screen that a widget covers."""
    area = widget.region
    lines = screen_text(widget.app).split("\n")[area.y : area.bottom]
    return "\n".join(line[area.x : area.right] for line in lines)
