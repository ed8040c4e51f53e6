"""MainScreen: learning on one side, writing on the other, and every key that steers them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from time import monotonic
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from corpora.safe_text import shown
from model.events import Finished, Saved, SaveFailed
from model.sampling import Sampling
from tui.engine.messages import EngineFailed, Note, RunRecalled, RunStanding, Stage, TrainingEvent
from tui.engine.protocol import Engine
from tui.engine.writing.items import Item, SampleStart, SamplingChange, Seed
from tui.keys.key_commands import (
    ChooseWeights,
    Command,
    HoldForShowing,
    PauseTraining,
    PauseWriting,
    Reseed,
    SaveNow,
    SetSampling,
    SetSpeed,
    WriteNow,
    WriteOne,
)
from tui.keys.keymap import actions_for, bindings
from tui.keys.session import TEMPERATURE_STEP, Session
from tui.launch import Launch
from tui.terminal.glyphs import Glyphs
from tui.text.sample_files import save_sample, short_path
from tui.views import quantities
from tui.views.run_state import Standing
from tui.views.training_view import TrainingView
from tui.widgets.footer import KeyFooter, items_of
from tui.widgets.loss_chart import LossChart
from tui.widgets.training_pane import TrainingPane
from tui.widgets.writing_pane import WritingPane

DRAIN_SECONDS = 1 / 40
MOST_ITEMS = 512
"""Items taken from the token buffer at once, so that a flood of text never makes a key wait."""
SMALLEST = (40, 12)
"""Columns and rows below which the screen says so."""


class MainScreen(Screen[None]):
    """Owns the session and the view of the run; passes keys on to the engine and items on to the panes."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(self, engine: Engine, launch: Launch, glyphs: Glyphs, *, ascii_only: bool) -> None:
        super().__init__()
        self._watching = launch.watches
        self.actions = actions_for(launch.recipe.temperatures, watching=self._watching)
        self.session = Session(launch.recipe.temperatures, launch.speed)
        standing = Standing("waiting", monotonic()) if self._watching else None
        self.view = TrainingView(launch.recipe, launch.recipe_name, standing=standing)
        self._engine = engine
        self._glyphs = glyphs
        self._ascii_only = ascii_only
        self._written_elsewhere = False
        """Whether what came last was."""
        self._save_asked: int | None = None
        """The step whose saving somebody waits for."""

    def compose(self) -> ComposeResult:
        """Both panes, the footer, and what a screen that is too small shows instead."""
        with Container(id="panes"):
            yield TrainingPane(self.view, self._glyphs, ascii_only=self._ascii_only)
            yield WritingPane(ascii_only=self._ascii_only)
        yield KeyFooter()
        yield Static(id="too-small")

    def adopt(self, launch: Launch) -> None:
        """Be about another launch, before it has begun: a run that goes on has a recipe of its own."""
        self.actions = actions_for(launch.recipe.temperatures)
        self.session.adopt(launch.recipe.temperatures)
        self.query_one(TrainingPane).adopt(launch.recipe, launch.recipe_name)
        self._show_knobs()

    def on_mount(self) -> None:
        """Begin to look for text."""
        self._show_knobs()
        self.set_interval(DRAIN_SECONDS, self._drain)

    @on(Resize)
    def _say_size(self, event: Resize) -> None:
        columns, rows = SMALLEST
        self.query_one("#too-small", Static).update(
            "A little more room, please.\n"
            f"needed: {columns} columns, {rows} rows\n"
            f"here: {event.size.width} columns, {event.size.height} rows"
        )

    # From the engine

    def _drain(self) -> None:
        items = self._engine.buffer.drain(MOST_ITEMS)
        if not items:
            return
        now = monotonic()
        self.query_one(WritingPane).feed(items, now)
        for item in items:
            if isinstance(item, Seed) and item.replaced:
                unknown = quantities.count(len(item.replaced))
                self.notify(f"Characters the model has never seen: {unknown}. Others stand for them, marked.")
        heard = self._samplings(items)
        for sampling in heard:
            self.session.hear_sampling(sampling, now)
        if heard:
            self._show_knobs()

    def _samplings(self, items: list[Item]) -> list[Sampling]:
        """Those that the text written here announces, one after another."""
        heard = []
        for item in items:
            if isinstance(item, SampleStart):
                self._written_elsewhere = item.elsewhere
            if isinstance(item, SampleStart | SamplingChange) and not self._written_elsewhere:
                heard.append(item.sampling)
        return heard

    @on(Stage)
    def _take_stage(self, message: Stage) -> None:
        self.query_one(TrainingPane).stage(message.text)

    @on(RunRecalled)
    def _take_past(self, message: RunRecalled) -> None:
        self.query_one(TrainingPane).recall(message.past)

    @on(RunStanding)
    def _take_standing(self, message: RunStanding) -> None:
        self.query_one(TrainingPane).stand(message.standing)
        self._show_knobs()

    @on(Note)
    def _take_note(self, message: Note) -> None:
        self.query_one(TrainingPane).note(message.sentence, warning=message.warning)

    @on(TrainingEvent)
    def _take_event(self, message: TrainingEvent) -> None:
        self.query_one(TrainingPane).take(message.event)
        match message.event:
            case Saved(step=step) if self._save_asked is not None and step >= self._save_asked:
                self._save_asked = None
                self.notify("Saved.")
            case SaveFailed(reason) if self._save_asked is not None:
                self._save_asked = None
                self.notify(f"Not saved. {shown(reason, 500)}", severity="error", markup=False)
            case Finished():
                self._show_knobs()

    @on(EngineFailed)
    def _take_failure(self, message: EngineFailed) -> None:
        self.view.failed = True
        self.query_one(TrainingPane).show_state()

    # Temperature

    def action_temperature(self, index: int) -> None:
        """One of the recipe's temperatures."""
        if index < len(self.session.temperatures):
            self._set_temperature(self.session.temperatures[index])

    def action_cooler(self) -> None:
        """A step down."""
        self._set_temperature(self.session.sampling.temperature - TEMPERATURE_STEP)

    def action_warmer(self) -> None:
        """A step up."""
        self._set_temperature(self.session.sampling.temperature + TEMPERATURE_STEP)

    def _set_temperature(self, value: float) -> None:
        self._ask(SetSampling(self.session.set_temperature(value, monotonic())))

    # Writing

    def action_pause_writing(self) -> None:
        """Hold the pen or take it up."""
        self.session.writing_paused = not self.session.writing_paused
        self._ask(PauseWriting(self.session.writing_paused))

    def action_write_one(self) -> None:
        """One character, while the pen is held."""
        if self.session.writing_paused:
            self._ask(WriteOne())

    def action_reseed(self) -> None:
        """Another random seed."""
        self._ask(Reseed())

    @work
    async def action_seed(self) -> None:
        """A seed that somebody types."""
        from tui.screens.seed import SeedScreen  # a text area is heavy; the first paint does not wait for it

        text = await self.app.push_screen_wait(SeedScreen())
        if text is not None:
            self._ask(Reseed(text))

    def action_write_now(self) -> None:
        """A sample, whatever is being written."""
        self._ask(WriteNow())

    def action_choose_weights(self) -> None:
        """The best or the newest for the samples to come."""
        self.session.best_weights = best = not self._writes_best
        self._ask(ChooseWeights(best))
        if best and self.view.epoch_end is None:
            self.notify("Which weights are best is known after the first epoch. Until then the newest write.")
        else:
            self.notify(f"From the next sample on, the {'best' if best else 'newest'} weights write.")

    @property
    def _writes_best(self) -> bool:
        chosen = self.session.best_weights
        return self.view.phase == "finished" if chosen is None else chosen

    def action_slower(self) -> None:
        """The next lower speed."""
        self._ask(SetSpeed(self.session.step_speed(-1)))

    def action_faster(self) -> None:
        """The next higher speed."""
        self._ask(SetSpeed(self.session.step_speed(+1)))

    # Training

    def action_pause_training(self) -> None:
        """Hold training or let it go on; once it has ended there is nothing to hold."""
        if self._is_elsewhere():
            return
        if self.view.phase in ("finished", "failed"):
            self.notify("Training has ended.")
            return
        self.session.training_paused = not self.session.training_paused
        self.view.pause_asked = self.session.training_paused
        self._ask(PauseTraining(self.session.training_paused))

    def action_hold(self) -> None:
        """Let training wait for each showing, or not."""
        if self._is_elsewhere():
            return
        self.session.hold = not self.session.hold
        self.view.hold_asked = self.session.hold
        self._ask(HoldForShowing(self.session.hold))
        self.notify("Training waits for each showing." if self.session.hold else "Training no longer waits.")

    def action_save_now(self) -> None:
        """A checkpoint; that it is on the disk is said when it is."""
        if self._is_elsewhere():
            return
        view = self.view
        if view.phase == "finished" and view.save_failure is None:
            self.notify("Training has ended; its last checkpoint was saved then.")
        elif view.phase == "finished":
            self.notify(f"The last save failed. {shown(view.save_failure or '', 500)}", severity="error", markup=False)
        elif not view.began or view.progress is None:
            self.notify("There is nothing new to save yet.")
        elif view.run is None:
            self.notify(f"This run is not kept. {shown(view.save_failure or '', 500)}", severity="error", markup=False)
        else:
            if view.save_failure is not None:
                why = shown(quantities.reason(view.save_failure))
                self.notify(f"Saving fails: {why}. It is tried again and again.", severity="error", markup=False)
            self._save_asked = view.progress.step
            self._ask(SaveNow())

    def _is_elsewhere(self) -> bool:
        """Say so where the run is trained by another program, which no key here reaches."""
        if self._watching:
            self.notify("This run is trained elsewhere: here it is only watched.")
        return self._watching

    def action_log_loss(self) -> None:
        """The other scale of the chart."""
        chart = self.query_one(LossChart)
        chart.logarithmic = not chart.logarithmic

    # The text

    def action_look(self, where: str) -> None:
        """Scroll the text: 'up', 'down', 'page_up', 'page_down', 'home' or 'end'."""
        self.query_one(WritingPane).look(where)
        self._show_knobs()

    def action_copy_sample(self) -> None:
        """To the clipboard, by OSC 52."""
        if text := self._sample():
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {quantities.count(len(text))} characters.")

    @work
    async def action_save_sample(self) -> None:
        """To a new file."""
        text = self._sample()
        if not text:
            return
        try:
            run = None if self._watching else self.view.run  # nothing is written into a run of somebody else's
            path = await asyncio.to_thread(save_sample, text, run, datetime.now())
        except OSError as error:
            reason = error.strerror or str(error)
            self.notify(f"Not saved: {reason}. Is there room, and may you write there?", severity="error", markup=False)
        else:
            self.notify(f"Saved to {shown(short_path(path), 500)}", markup=False)

    def _sample(self) -> str:
        text = self.query_one(WritingPane).sample_text
        if not text:
            self.notify("Nothing is written yet.")
        return text

    # What is shown

    def _ask(self, command: Command) -> None:
        self._engine.send(command)
        self._show_knobs()

    def _show_knobs(self) -> None:
        session, pane = self.session, self.query_one(WritingPane)
        pane.sampling = session.sampling
        pane.paused = session.writing_paused
        pane.speed = session.speed
        pane.best = self._writes_best
        self.query_one(TrainingPane).show_state()
        labels = {}
        if session.writing_paused:
            labels["pause-writing"] = "resume"
        if session.training_paused:
            labels["pause-training"] = "resume training"
        if self._writes_best:
            labels["weights"] = "newest weights"
        hidden = frozenset() if session.writing_paused else frozenset({"write-one"})
        self.query_one(KeyFooter).items = items_of(self.actions, labels, hidden)
