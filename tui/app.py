"""CharLSTMApp: the program on the screen. It starts the engine after the first paint and stops it on the way out."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from functools import partial

from textual import on, work
from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.message import Message
from textual.screen import Screen

from tui.engine.messages import EngineFailed, LookedForUnfinished, Stage, TrainingEvent
from tui.engine.protocol import Engine
from tui.launch import Launch, Unfinished
from tui.screens.main import SMALLEST, MainScreen
from tui.terminal.glyphs import ASCII, UNICODE, needs_ascii
from tui.themes import DARK, LIGHT, THEMES

STOP_SECONDS = 0.6
"""What the engine gets to save and end its threads; people wait no longer than a second."""

_WHEN_STARTING = "Nothing was lost. Quit, put it right and start again."
_WHEN_LEARNING = "The text can still be read, copied and saved, and what was saved of the run is kept."
"""What to do about a failure."""


class CharLSTMApp(App[None]):
    """One screen on one engine.

    Args:
        engine: not started yet.
        launch: what the command line decided.
    """

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

    def __init__(self, engine: Engine, launch: Launch) -> None:
        super().__init__()
        self.engine = engine
        self.launch = launch
        self.failure: EngineFailed | None = None
        """Why the engine could not go on, for the exit code and a last word on the shell."""
        self.ascii_only = needs_ascii(os.environ) if launch.ascii is None else launch.ascii
        self._glyphs = ASCII if self.ascii_only else UNICODE
        self.set_class(self.ascii_only, "-ascii")
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[launch.theme or "dark"].name

    def get_default_screen(self) -> Screen[None]:
        """The only screen that is not a dialog."""
        self.main = MainScreen(self.engine, self.launch, self._glyphs, ascii_only=self.ascii_only)
        return self.main

    def on_mount(self) -> None:
        """Take over what Ctrl+Z does to a real terminal."""
        if self._on_terminal:
            from tui.terminal import tty

            tty.install(self)

    def on_ready(self) -> None:
        """The first frame is on the screen: now the heavy work may begin."""
        if not gc.isenabled():  # as the command line leaves it, for an earlier first frame
            gc.freeze()
            gc.enable()
        if self.launch.offer_unfinished:
            self.engine.look_for_unfinished(self.launch, self._hear)
        else:
            self.engine.start(self.launch, self._hear)

    def _hear(self, message: Message) -> None:
        """Take what the engine says, in its thread. On the way out, what was saved still counts for the last words."""
        if not self.main.post_message(message) and isinstance(message, TrainingEvent):
            self.main.view.apply(message.event)

    @on(LookedForUnfinished)
    def _offer_unfinished(self, message: LookedForUnfinished) -> None:
        self._begin(message.found)

    @work
    async def _begin(self, found: Unfinished | None) -> None:
        """Go on with the run that was found, if the person wants that, or begin anew."""
        if found is not None:
            from tui.screens.start import StartScreen

            self.main.post_message(Stage("waiting for your choice"))
            if await self.push_screen_wait(StartScreen(found, self._glyphs)):
                self.launch = found.launch
                self.main.adopt(found.launch)
        self.engine.start(self.launch, self._hear)

    def on_unmount(self) -> None:
        """Save and end the threads; a second stop does nothing."""
        self.engine.stop(STOP_SECONDS)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the keymap, so that all of them can be found by name."""
        for action in self.main.actions:
            if action.id != "palette":
                yield SystemCommand(action.title, action.help, partial(self.main.run_action, action.action))

    @property
    def _on_terminal(self) -> bool:
        return not (self.is_headless or self.is_web)

    async def action_quit(self) -> None:
        """Leave; what was learned is saved on the way. Where that has failed so far, ask first."""
        from tui.screens.quit import QuitScreen

        if self.main.view.unsaved and not isinstance(self.screen, QuitScreen):
            self.push_screen(QuitScreen(self.main.view.save_failure or ""))
        else:
            self.exit(return_code=1 if self.failure else 0)

    def action_command_palette(self) -> None:
        """Find an action by its name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Find an action by its name", id="--command-palette"))

    def action_help(self) -> None:
        """The table of keys."""
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.main.actions, watching=self.launch.watches))

    def action_toggle_theme(self) -> None:
        """Dark to light and back."""
        self.theme = (LIGHT if self.theme == DARK.name else DARK).name

    def action_suspend_process(self) -> None:
        """Back to the shell until it says otherwise."""
        if self._on_terminal:
            from tui.terminal import tty

            tty.suspend(self)

    @on(EngineFailed)
    def _say_failure(self, message: EngineFailed) -> None:
        from tui.screens.failure import FailureScreen

        self.failure = message
        if self._on_terminal:
            # Descriptor 2 is the log while the screen is open; Python's own standard error is Textual's.
            os.write(2, message.details.encode(errors="replace"))
        began = self.main.view.began
        self.push_screen(FailureScreen(message.sentence, _WHEN_LEARNING if began else _WHEN_STARTING))
