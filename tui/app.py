"""CharLSTMApp: the program on the screen. It starts the engine after the first paint and stops it at the end."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.message import Message
from textual.screen import Screen

from model.runs.housekeeping.unkept import unkept
from tui.engine.messages import EngineFailed, TrainingEvent
from tui.engine.protocol import Engine
from tui.engine.runs.engine_kinds import next_engine
from tui.engine.runs.shelf import Shelf
from tui.keys.keymap import BY_ID, COPY_OR_QUIT
from tui.launch import Launch
from tui.screens.main import SMALLEST, MainScreen
from tui.screens.opening_lessons import OpeningLessons
from tui.screens.shelf.opening_runs import SAVE_SECONDS
from tui.terminal import pasting
from tui.terminal.glyphs import ASCII, UNICODE, needs_ascii
from tui.themes import DARK, LIGHT, THEMES
from tui.widgets.explaining.asking import EXPLAINING

STOP_SECONDS = 0.6
"""The most time for the threads to end if nothing has to be saved."""
SAVE_SECONDS_AFTER_A_SIGNAL = 10.0
_SAY_SAVING_AFTER = 0.8
"""Seconds after which the screen says that it waits for the save."""

_GARBAGE = (5_000, 10, 20)
"""When garbage is collected: by default, 20 times as often, each old object is looked at every few seconds. That takes
15 ms and more, during which no key is answered; what is drawn leaves little garbage that does not go by itself.
"""

_OPENING = ("shelf", "new-run", "learn-on")
"""Actions that may open another run."""
COMPARE_HELP = "Compare with the runs that are marked; where there are none, list the runs to mark some."
"""In the command palette."""

_WHEN_STARTING = (
    f"Nothing was trained. Close this; {BY_ID['new-run'].shown} begins a run, {BY_ID['shelf'].shown} opens one."
)
_WHEN_WRITING = "No more text is written; all else continues. To write again, quit and start again."
_WHEN_OTHERS = "All else continues."
_WHEN_TRAINING = "You can still read, copy and save the text. Checkpoints already saved are kept."
"""Advice in the failure dialog."""


class CharLSTMApp(OpeningLessons):
    """The app: one screen, which shows one engine."""

    TITLE = "charlstm"
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual types it as an instance variable
        (0, "-too-narrow"),
        (SMALLEST[0], "-slim"),
        (70, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-too-low"),
        (SMALLEST[1], "-low"),
        (20, "-medium"),
        (28, "-high"),
        (34, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(COPY_OR_QUIT, "copy_or_quit", show=False, priority=True),
        *(Binding(key, f"explain('{key}')", show=False, priority=True) for key in BY_ID["explain"].keys),
        Binding("escape", "close_explanation", show=False, priority=True),
    ]
    """Those that work in dialogs, too."""

    def __init__(
        self,
        engine: Engine,
        launch: Launch,
        shelf: Shelf | None = None,
        next_engine: Callable[[Launch], Engine] = next_engine,
    ) -> None:
        super().__init__(engine, launch, shelf, next_engine)
        pasting.install(self)
        self._quitting = False
        self._late_events: SimpleQueue[TrainingEvent] = SimpleQueue()
        """Events that come after the screen has closed."""
        ascii_only = needs_ascii(os.environ) if launch.ascii is None else launch.ascii
        self._glyphs = ASCII if ascii_only else UNICODE
        self.set_class(ascii_only, "-ascii")
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[launch.theme or "dark"].name

    def on_mount(self) -> None:
        """Handle Ctrl+Z on a real terminal."""
        if self._on_terminal:
            from tui.terminal.suspend import install

            install(self)

    def on_ready(self) -> None:
        """Start the heavy work after the first frame."""
        if not gc.isenabled():  # as the command line leaves it, for an earlier first frame
            gc.freeze()
            gc.set_threshold(*_GARBAGE)
            gc.enable()
        if self.launch.choose_run:
            self.choose_run()
        else:
            self.start_engine()

    def _hear(self, main: MainScreen) -> Callable[[Message], object]:
        def hear(message: Message) -> None:
            if not main.post_message(message) and main is self.main and isinstance(message, TrainingEvent):
                self._late_events.put(message)

        return hear

    def on_unmount(self) -> None:
        """Save, end the threads, and apply late events for the summary on the shell."""
        if self._quitting:
            self.engine.stop(0.0)
        elif not self.engine.stop(STOP_SECONDS):
            self.engine.stop(SAVE_SECONDS_AFTER_A_SIGNAL)
        while not self._late_events.empty():
            late = self._late_events.get()
            self.main.view.apply(late.event, late.at)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette has every action of the keymap.

        It opens another run only from the main screen, or, for a lesson, from the list of runs, which closes: no other
        screen may stay above the run that is opened.
        """
        from tui.screens.shelf.shelf_screen import ShelfScreen

        on_main = screen is self.main
        for action in self.main.actions:
            if action.id != "palette" and (on_main or action.id not in _OPENING):
                yield SystemCommand(action.title, action.help, partial(self.main.run_action, action.action))
        if on_main:
            yield SystemCommand("Compare with another run", COMPARE_HELP, self.action_compare)
        if on_main or isinstance(screen, ShelfScreen):
            yield from self.lesson_commands()

    @property
    def _on_terminal(self) -> bool:
        return not (self.is_headless or self.is_web)

    async def action_quit(self) -> None:
        """Save and quit. Ask first if saving fails; say so if it takes long; quit at once if asked again."""
        from tui.screens.quit import QuitScreen

        if self._quitting:
            self._leave()
        elif self.main.view.unsaved and not isinstance(self.screen, QuitScreen):
            self.clear_notifications()
            view = self.main.view
            self.push_screen(QuitScreen(view.save_failure or "", unkept(view, view.kept)))
        else:
            self._quitting = True
            self.set_timer(_SAY_SAVING_AFTER, self._say_saving)
            threading.Thread(target=self._save, args=(asyncio.get_running_loop(),), daemon=True).start()

    def _save(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the engine, in a thread: the program does not wait for it if the user quits again."""
        if not self.engine.stop(STOP_SECONDS):
            self.engine.stop(SAVE_SECONDS)
        with suppress(RuntimeError):  # the loop is closed: the user did not wait
            loop.call_soon_threadsafe(self._leave)

    def _say_saving(self) -> None:
        from tui.screens.quit import SavingScreen

        self.clear_notifications()
        self.push_screen(SavingScreen())

    def _leave(self) -> None:
        self.exit(return_code=1 if self.failure else 0)

    async def action_copy_or_quit(self) -> None:
        """Copy the selected text; if nothing is selected, quit."""
        if getattr(self.focused, "selected_text", "") or self.screen.get_selected_text():
            raise SkipAction
        await self.action_quit()

    def action_command_palette(self) -> None:
        """Open the command palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Find an action by its name", id="--command-palette"))

    def action_help(self) -> None:
        """Show the table of keys."""
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.main.actions, watching=self.launch.watches))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a text that is typed have its letters, and a screen without a kept explanation its key."""
        if action == "close_explanation":
            return not self.screen.has_class(EXPLAINING) and bool(self.screen.query("ExplanationBox"))
        if action == "explain" and parameters and self.focused:
            key = str(parameters[0])
            return not self.focused.check_consume_key(key, key if len(key) == 1 else None)
        return super().check_action(action, parameters)

    def action_explain(self, key: str = "") -> None:
        """Explain what the screen shows, until that is enough; the text that is chosen stays open."""
        from tui.screens.explaining import ExplainScreen, explained_on, keep

        asked = self.screen
        if isinstance(asked, ExplainScreen):
            asked.action_leave()
            return
        self.action_close_explanation()
        if explained_on(asked):
            self.push_screen(ExplainScreen(asked, self._glyphs), lambda place: keep(place, asked, self._glyphs))
        else:
            self.notify("There is nothing to explain here.")

    def action_close_explanation(self) -> None:
        """Close the text that was kept open, and nothing else."""
        self.screen.query("ExplanationBox").remove()

    def action_toggle_theme(self) -> None:
        """Switch between the dark and the light theme."""
        self.theme = (LIGHT if self.theme == DARK.name else DARK).name

    def action_suspend_process(self) -> None:
        """Return to the shell; its command `fg` resumes the program."""
        if self._on_terminal:
            from tui.terminal.suspend import suspend

            suspend(self)
        else:
            self.notify("There is no shell to return to.")

    @on(EngineFailed)
    def _say_failure(self, message: EngineFailed) -> None:
        from tui.screens.failure import FailureScreen
        from tui.widgets.training.training_pane import TrainingPane

        self.failure = message
        if self._on_terminal:
            # Descriptor 2 is the log while the screen is open; Python's own standard error is Textual's.
            os.write(2, message.details.encode(errors="replace"))
        when = _WHEN_TRAINING if self.main.view.began else _WHEN_STARTING
        advice = {"training": when, "writing": _WHEN_WRITING, "other": _WHEN_OTHERS}[message.part]
        pane = self.main.query_one(TrainingPane)
        self.push_screen(FailureScreen(message.sentence, advice), lambda _: pane.name_failure())
