"""OpeningRuns: the part of the app that opens a run, at the start or instead of the one that is open."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable
from pathlib import Path

from textual import on, work
from textual.message import Message

from corpora.errors import CharlstmError
from corpora.safe_text import shown
from model.runs.housekeeping.unkept import after_the_end, unkept
from tui.engine.messages import EngineFailed, OthersRead, Stage
from tui.engine.protocol import Engine
from tui.engine.runs.engine_kinds import next_engine
from tui.engine.runs.other_runs import OtherRuns
from tui.engine.runs.shelf import Shelf
from tui.engine.runs.side_by_side import SideBySide
from tui.launch import Launch
from tui.screens.key_actions.training_keys import TrainingKeys
from tui.screens.main import MainScreen
from tui.screens.notices import Notices
from tui.terminal.glyphs import Glyphs
from tui.views.runs.draft import Draft
from tui.views.runs.more_epochs import MoreEpochs
from tui.views.runs.overlays import overlays_of
from tui.widgets.writing.writing_pane import WritingPane

END_SECONDS = 600.0
"""The most time for the threads of the run before to end; they may be compiling, which cannot be interrupted."""
SAVE_SECONDS = 3600.0
"""The most time that quitting, or opening another run, waits for the save; quitting again ends the wait."""


class OpeningRuns(Notices):
    """Owns the main screen and its engine, and replaces both.

    Args:
        engine: not started yet.
        launch: what the command line decided.
        shelf: the runs that can be opened; by default, those that the launch knows of.
        next_engine: makes the engine of another launch.
    """

    DEFAULT_MODE = "run-0"  # a mode that can be removed: Textual's own cannot

    main: MainScreen
    _glyphs: Glyphs

    def __init__(
        self,
        engine: Engine,
        launch: Launch,
        shelf: Shelf | None = None,
        next_engine: Callable[[Launch], Engine] = next_engine,
    ) -> None:
        super().__init__()
        self.engine = engine
        self.launch = launch
        self.shelf = shelf or Shelf(launch)
        self._next_engine = next_engine
        self.failure: EngineFailed | None = None
        """Why the engine failed, for the exit code and the message on the shell."""
        self._started = False
        """Whether the engine was started."""
        self._opening = False
        """Whether a run is being opened."""
        self._draft: Draft | None = None
        """The form for a new run as it was left."""
        self.others = OtherRuns(lambda runs: self.post_message(OthersRead(runs)))
        """The runs that are marked."""
        self._others_read = OthersRead(())
        self._beside: SideBySide | None = None
        """What has written for the last comparison."""
        self._opened = 0
        """Runs that have replaced another. Each of them has a mode of its own, Textual's stack of screens."""

    def get_default_screen(self) -> MainScreen:
        """The first main screen. Before that of a mode, Textual reads all CSS and styles every widget once more."""
        return self.make_main()

    def make_main(self) -> MainScreen:
        """The main screen of the present launch."""
        self.main = MainScreen(self.engine, self.launch, self._glyphs)
        return self.main

    def _hear(self, main: MainScreen) -> Callable[[Message], object]:
        """Takes the messages of the engine's threads for this screen."""
        raise NotImplementedError

    def start_engine(self) -> None:
        """Begin what the launch asks for."""
        self._started = True
        self.engine.start(self.launch, self._hear(self.main))

    @work
    async def choose_run(self) -> None:
        """Let the user choose at the start, if there are runs; otherwise begin a new one."""
        if not await asyncio.to_thread(self.shelf.has_runs):
            self.start_engine()
            return
        self.main.post_message(Stage("waiting for your choice"))
        if (launch := await self._chosen(at_start=True)) is None:
            await self.run_action("quit")
        else:
            await self._open(launch)

    @work
    async def action_shelf(self, hint: str = "") -> None:
        """Show the runs, with a hint what to do there, and open the one that the user chooses."""
        if not self._opening and (launch := await self._chosen(hint)) is not None:
            await self._open(launch)

    @on(TrainingKeys.LearnOn)
    def _learn_on(self, message: TrainingKeys.LearnOn) -> None:
        self._ask_for_epochs(message.run)

    @work
    async def _ask_for_epochs(self, run: MoreEpochs) -> None:
        """Let the run that is open take as many epochs as the user says."""
        from tui.screens.shelf.learn_on import LearnOnScreen

        if self.launch.watches and not await asyncio.to_thread(self.shelf.is_free, run.folder):
            self.notify("Another program has this run open. End it there, then L lets it learn on.")
            return
        epochs = await self.push_screen_wait(LearnOnScreen(run))
        if epochs is None or self._opening:
            return
        try:
            here = not self.launch.watches
            launch = await asyncio.to_thread(self.shelf.launch_to_learn_on, run.folder, epochs, here=here)
        except CharlstmError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            await self._open(launch)

    @work
    async def action_new_run(self) -> None:
        """Ask for a new run in a form, and begin it."""
        if not self._opening and (launch := await self._described()) is not None:
            await self._open(launch)

    @property
    def ending(self) -> str | None:
        """What is trained here and ends when another run is opened; None if nothing is."""
        if not self._started or self.launch.watches or self.main.view.phase in ("finished", "failed"):
            return None
        return Path(self.main.view.run).name if self.main.view.run else "what runs here"

    @property
    def _here(self) -> str | None:
        """The folder of the run that is open; None where its start failed."""
        if self.main.view.phase == "failed" and not self.main.view.began:
            return None
        return self.main.view.run or self.launch.watch or self.launch.resume

    async def _described(self) -> Launch | None:
        """What begins the run that the user describes in the form; None when it is closed, which keeps the draft."""
        from tui.engine.runs.new_runs import NewRuns
        from tui.screens.starting.form_screen import FormScreen

        if self._draft is None:
            self._draft = await asyncio.to_thread(self.shelf.draft_like, self.main.view.run, self.launch)
        base = self.shelf.new_launch()
        form = FormScreen(NewRuns(base), base, self._draft, self._glyphs, self.ending)
        launch = await self.push_screen_wait(form)
        self._draft = form.draft if launch is None else None
        return launch

    async def _chosen(self, hint: str = "", *, at_start: bool = False) -> Launch | None:
        from tui.screens.shelf.shelf_screen import ShelfScreen

        shelf = ShelfScreen(
            self.shelf,
            self.others,
            self._glyphs,
            None if at_start else self._here,
            self._described,
            unit=self.main.session.unit,
            watching=self.launch.watches,
            ending=self.ending,
            at_start=at_start,
            hint=hint,
        )
        return await self.push_screen_wait(shelf)

    def action_compare(self) -> None:
        """Compare the run that is open with those that are marked; where there are none, let the user mark some."""
        from tui.screens.shelf.compare_screen import CompareScreen, Comparison
        from tui.screens.shelf.shelf_screen import ShelfScreen

        if self._opening:
            return
        main, session = self.main, self.main.session
        here = os.path.abspath(main.view.run) if self._started and main.view.run else None
        folders = tuple(dict.fromkeys([*([here] if here else []), *map(os.path.abspath, self.others.folders)]))
        if self._started and main.view.phase == "preparing":
            self.notify("Runs can be compared as soon as training has begun.")
        elif len(folders) < 2:
            others = "one or more runs" if here else "two or more runs"
            hint = f"Mark {others} with the space bar, then press ctrl+k to compare them."
            if isinstance(self.screen, ShelfScreen):
                self.notify(hint)
            else:
                self.action_shelf(hint)
        else:
            seed = session.pinned if session.pinned is not None else main.query_one(WritingPane).seed
            comparison = Comparison(
                folders, session.sampling, session.recipe.temperatures, seed or "", session.unit, session.chart
            )
            screen = CompareScreen(comparison, self._glyphs, alone=not self._started, before=self._beside)
            self._beside = screen.writer
            self.push_screen(screen)

    @on(OthersRead)
    def _lay_over(self, message: OthersRead) -> None:
        """Lay the curves of the runs that are marked over the chart of the run that is open."""
        self._others_read = message
        if self._opening or not self.main.query("TrainingPane"):  # the main screen may not be there yet, or no longer
            return
        here = os.path.abspath(self.main.view.run) if self.main.view.run else None
        beside = [run for run in message.runs if os.path.abspath(run.summary.folder) != here]
        self.main.lay_over(overlays_of(beside, Path(here).name if here else None, self._glyphs.ellipsis))

    async def _open(self, launch: Launch) -> None:
        """Start a launch; what is open is saved and ended first. While another one is being opened, nothing happens."""
        if self._opening:
            return
        self._opening = True
        try:
            if self._beside:
                self._beside.stop()
                await asyncio.to_thread(self._beside.join)
            if not self._started and not launch.watches:
                self.launch = launch
                self.main.adopt(launch)
            else:
                await self._replace(launch)
                await asyncio.to_thread(_let_go)
        finally:
            self._opening = False
        self._lay_over(self._others_read)
        self.start_engine()

    async def _replace(self, launch: Launch) -> None:
        from tui.screens.shelf.questions import EndingScreen

        before = self.main
        name = Path(before.view.run).name if before.view.run else None
        self.clear_notifications()
        again = launch.resume is not None and launch.resume == before.view.run
        self.push_screen(EndingScreen(name, again=again, compiles=before.view.compiles))
        saved = await asyncio.to_thread(self._end)
        self.engine = await asyncio.to_thread(self._next_engine, launch)
        self.launch, self.failure = launch, None
        mode_before, self._opened = self.current_mode, self._opened + 1
        if mode_before == self.DEFAULT_MODE:
            self.add_mode(mode_before, self.make_main)  # so that it is known when it is removed
        self.add_mode(f"run-{self._opened}", self.make_main)
        await self.switch_mode(f"run-{self._opened}")
        await self.remove_mode(mode_before)
        before.let_go()
        self._compose_screen = self.main  # Textual's default screen
        if not saved:
            why = shown(after_the_end(before.view.save_failure or ""), 500)
            lost = unkept(before.view, before.view.kept) or "Its last steps were trained and not kept"
            self.notify(f"{shown(name or 'The run')}: {lost}. {why}", severity="error", markup=False)

    def _end(self) -> bool:
        """End the engine, in a thread; whether all that was trained is saved."""
        return self.engine.stop(END_SECONDS) or self.engine.stop(SAVE_SECONDS)


def _let_go() -> None:
    """Free the run before, which is cyclic garbage: its screen, its arrays, and JAX's threads for it.

    The new engine would exclude what is left of it from collection, until yet another run is opened.
    """
    gc.unfreeze()
    gc.collect()
