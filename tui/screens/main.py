"""MainScreen: training on one side, writing on the other."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize
from textual.widgets import Static

from corpora.safe_text import shown
from model.sampling import Sampling
from model.training.events import EpochEnd, Finished, Paused, Saved, SaveFailed, StopPlanned, Unpaused
from tui.engine.messages import (
    EngineFailed,
    Note,
    NoveltyFound,
    RunHistory,
    RunStateChanged,
    Stage,
    TextAnswers,
    TrainingEvent,
)
from tui.engine.protocol import Engine
from tui.engine.writing.items import Item, SampleStart, SamplingChange, Seed, Written
from tui.keys.key_commands import AskOdds, PinSeed, SetSampling, WatchUnit
from tui.keys.keymap import actions_for, bindings
from tui.keys.refusals import refusal
from tui.launch import Launch
from tui.screens.key_actions.lesson_keys import LessonKeys, lesson_of
from tui.screens.key_actions.unit_keys import UnitKeys
from tui.terminal.glyphs import Glyphs
from tui.views import quantities
from tui.views.chart_view import Overlay
from tui.views.run_state import RunState
from tui.views.training_view import TrainingView
from tui.views.writing_words import unknown_words
from tui.widgets.footer import KeyFooter, items_of
from tui.widgets.lesson_strip import LessonStrip
from tui.widgets.panels.chart_panel import ChartPanel
from tui.widgets.panels.sampler_panel import SamplerPanel
from tui.widgets.panels.unit_panel import UnitPanel
from tui.widgets.training.training_pane import TrainingPane
from tui.widgets.writing.writing_pane import WritingPane

DRAIN_SECONDS = 1 / 40
_KEY_SECONDS = 0.3
"""For so long after a key its answer is awaited; at other times text is drawn half as often, which leaves training more
of the processor.
"""
MOST_ITEMS = 512
"""Items taken from the token buffer at once, so that a flood of text never makes a key wait."""
SMALLEST = (40, 12)
"""Columns and rows below which the screen says so."""


class MainScreen(LessonKeys, UnitKeys):
    """Passes what the engine says on to the panes."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(self, engine: Engine, launch: Launch, glyphs: Glyphs) -> None:
        run_state = RunState("waiting", monotonic()) if launch.watches else None
        super().__init__(engine, launch, TrainingView(launch.recipe, launch.recipe_name, run_state))
        self._glyphs, self._launch = glyphs, launch
        self._kept = launch.kept
        """What the run's folder keeps of the settings, or is about to."""
        self._skips = False
        self._written_elsewhere: set[int] = set()
        """Streams whose newest text was written by another program."""

    def compose(self) -> ComposeResult:
        """Both panes, the footer, and what a screen that is too small shows instead."""
        with Container(id="panes"):
            with Container(id="side"):
                yield TrainingPane(self.view, self._glyphs)
                yield SamplerPanel(self._glyphs)
                yield UnitPanel(self._glyphs)
                yield ChartPanel(self._glyphs)
            yield WritingPane(self.session.recipe, self._glyphs)
        yield LessonStrip(self._glyphs)
        yield KeyFooter()
        yield Static(id="too-small")

    def adopt(self, launch: Launch) -> None:
        """Take another launch before the engine starts: a resumed run has its own recipe."""
        self.actions, self.resumes = actions_for(launch.recipe.temperatures), launch.resume is not None
        self.session.adopt(launch.recipe)
        self._restore(launch)
        self.query_one(WritingPane).adopt(launch.recipe)
        self.query_one(TrainingPane).adopt(launch.recipe, launch.recipe_name)
        self.open_lesson(lesson_of(launch))

    def on_mount(self) -> None:
        """Begin to look for text."""
        self._restore(self._launch)
        self.open_lesson(lesson_of(self._launch))
        self.set_interval(DRAIN_SECONDS, self._drain)

    def _restore(self, launch: Launch) -> None:
        """Set what the launch and the run's folder have settled, before the engine starts."""
        session, send = self.session, self._engine.send
        for stream in session.restore(launch.kept):
            send(SetSampling(session.samplings[stream], stream, session.recipe.in_turn))
        session.pinned, session.speed, self._kept = launch.seed_text, launch.speed, launch.kept
        if session.pinned is not None:
            send(PinSeed(session.pinned))
        if session.odds:
            send(AskOdds(True))
        if session.watched:
            send(WatchUnit(session.watched))
        if launch.kept_note:
            self.notify(launch.kept_note, severity="warning")

    @on(Resize)
    def _say_size(self, event: Resize) -> None:
        self.call_after_refresh(self._show_footer)
        columns, rows = SMALLEST
        self.query_one("#too-small", Static).update(
            "A little more room, please.\n"
            f"needed: {columns} columns, {rows} rows\n"
            f"here: {event.size.width} columns, {event.size.height} rows"
        )

    # From the engine

    @on(TextAnswers)
    def _drain(self) -> None:
        now = monotonic()
        self._skips = not self._skips and now - self.asked_at > _KEY_SECONDS
        if self._skips:
            return
        self.query_one(WritingPane).odds.odds = self._engine.buffer.odds
        items = self._engine.buffer.drain(MOST_ITEMS)
        if not items:
            return
        self.query_one(WritingPane).feed(items, now)
        self._follow_text(items)
        self._note_showings(items)
        self.show_counted()
        typed = self.session.seeds
        for said in {unknown_words(item, typed) for item in items if isinstance(item, Seed) and item.replaced}:
            self.notify(said, markup=False)
        heard = self._samplings(items)
        for stream, sampling in heard:
            self.session.hear_sampling(stream, sampling, now)
        if heard:
            self.show_session()
        elif not all(isinstance(item, Written) for item in items):
            self._show_footer()

    def _samplings(self, items: list[Item]) -> list[tuple[int, Sampling]]:
        """Those that the text written here announces, one after another, each with its stream."""
        heard = []
        for item in items:
            if isinstance(item, SampleStart):
                (self._written_elsewhere.add if item.elsewhere else self._written_elsewhere.discard)(item.stream)
            if isinstance(item, SampleStart | SamplingChange) and item.stream not in self._written_elsewhere:
                heard.append((item.stream, item.sampling))
        return heard

    def _note_showings(self, items: list[Item]) -> None:
        """Remember which epochs the live text shows."""
        for item in items:
            if isinstance(item, SampleStart) and item.kind == "showing" and not item.elsewhere:
                self._tell_skipped(self.time_lapse.begin_showing(item.epoch))

    def _tell_skipped(self, epochs: set[int]) -> None:
        """Mark epochs that the live text leaves out."""
        if epochs:
            self.query_one(TrainingPane).skip_epochs(epochs, first=epochs == self.time_lapse.skipped)

    @on(Stage)
    def _take_stage(self, message: Stage) -> None:
        self.query_one(TrainingPane).stage(message.text)
        self.query_one(WritingPane).standstill = self.standstill

    @on(RunHistory)
    def _take_history(self, message: RunHistory) -> None:
        self.query_one(TrainingPane).show_history(message)
        if self.watching:
            self.session.training_paused = self.view.state == "paused"
            self.session.stop_planned = self.view.steering.last_epoch is not None
            self.show_session()

    @on(RunStateChanged)
    def _take_state(self, message: RunStateChanged) -> None:
        self.query_one(TrainingPane).take_state(message.run_state)
        self.show_session()

    @on(Note)
    def _take_note(self, message: Note) -> None:
        self.query_one(TrainingPane).note(message.sentence, warning=message.warning)

    @on(NoveltyFound)
    def _take_novelty(self, message: NoveltyFound) -> None:
        self.query_one(WritingPane).take_novelty(message.streams)

    @on(TrainingEvent)
    def _take_event(self, message: TrainingEvent) -> None:
        self.query_one(TrainingPane).take(message.event, message.at)
        match message.event:
            case EpochEnd(epoch=epoch):
                self._tell_skipped(self.time_lapse.end_epoch(epoch))
            case Saved(step=step) if self.save_asked is not None and step >= self.save_asked:
                self.save_asked = None
                self.notify("Saved.")
            case SaveFailed(reason) if self.save_asked is not None:
                self.save_asked = None
                self.notify(f"Not saved. {shown(reason, 500)}", severity="error", markup=False)
            case Paused(asked=asked) | Unpaused(asked=asked) if asked or self.watching:
                self.session.training_paused = isinstance(message.event, Paused) and not message.event.showing
                self.view.pause_asked = self.session.training_paused and not self.watching
                self.show_session()
            case StopPlanned(epoch=epoch, asked=asked) if asked or self.watching:
                self.session.stop_planned = epoch is not None
                self.show_session()
            case Finished():
                self.session.stop_planned = False
                self.show_session()
        self.query_one(WritingPane).standstill = self.standstill
        self._show_footer()
        self.follow_lesson()

    @on(EngineFailed)
    def _take_failure(self, message: EngineFailed) -> None:
        if message.part == "training":
            self.view.failure = message.sentence
        if message.part != "other":
            self.query_one(WritingPane).fail(message.part)
        self.show_session()

    # What is shown

    def show_session(self) -> None:
        """Show what the keys have changed, in the panes and in the footer."""
        session, pane = self.session, self.query_one(WritingPane)
        pane.samplings = tuple(session.samplings)
        pane.selected, pane.zoomed = session.selected, session.zoomed
        pane.pinned = session.pinned
        self.set_class(session.odds or session.baseline is not None, "-below")
        pane.odds_shown, pane.colouring = session.odds, session.colouring
        pane.cursor, pane.odds.chosen = session.cursor, session.choice
        pane.paused = session.writing_paused
        pane.speed = session.speed
        pane.best = self.writes_best
        pane.standstill = self.standstill
        pane.legend.unit = session.watched
        for panel in (self.query_one(SamplerPanel), self.query_one(UnitPanel)):
            panel.sampling, panel.stream = session.sampling, session.selected if len(session.samplings) > 1 else None
        self.query_one(TrainingPane).draw(session.chart, session.unit)
        self._show_chart_panel()
        self.show_counted()
        self.colour_epoch()
        self.follow_lesson()
        self._show_footer()
        if (settings := replace(session.settings, lesson=self.kept_lesson)) != self._kept:
            self._kept = settings
            self._engine.keep_settings(settings)

    def lay_over(self, overlays: tuple[Overlay, ...]) -> None:
        """Lay the curves of other runs over the chart."""
        self.view.overlays = overlays
        self.query_one(TrainingPane).show_curves()
        self._show_chart_panel()

    def _show_chart_panel(self) -> None:
        panel, session, end = self.query_one(ChartPanel), self.session, self.view.epoch_end
        panel.settings, panel.unit, panel.others = session.chart, session.unit, bool(self.view.overlays)
        panel.meaning = quantities.likely(end.held_out if end else None)

    def _show_footer(self) -> None:
        """Name the keys that do something now."""
        now = self.situation
        labels = {"write-now": "write"} if now.awaits_key else {}
        if self.session.writing_paused:
            labels["pause-writing"] = "resume"
        if self.session.training_paused:
            labels["pause-training"] = "resume training"
        if self.session.stop_planned:
            labels["stop-after-epoch"] = "do not stop"
        urgent = frozenset(labels)
        if self.time_lapse.epoch is not None:
            urgent |= {"epoch-before", "epoch-after"}
        if self.unpins:
            labels["pin"] = "unpin seed"
        if self.writes_best:
            labels["weights"] = "newest weights"
        hidden = frozenset(action.id for action in self.actions if action.label and refusal(action, now))
        if self.session.cursor is not None:  # digits choose a character now; the list names them
            hidden |= {action.id for action in self.actions if action.id.startswith("temperature-")}
        hidden, urgent = self.with_lesson(labels, hidden, urgent)
        self.query_one(KeyFooter).items = items_of(self.actions, labels, hidden, urgent)
