"""TrainingPane: corpus and model, progress, losses, chart and log, drawn from a TrainingView."""

from __future__ import annotations

import math
from datetime import datetime
from time import monotonic
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from corpora.safe_text import shown
from model.recipe import Recipe
from model.runs.housekeeping.spelled_times import duration
from model.training.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Resumed,
    RolledBack,
    Saved,
    SaveFailed,
    Step,
    TimedEvent,
)
from tui.engine.messages import RunHistory
from tui.screens.notices import Notices
from tui.terminal.glyphs import Glyphs
from tui.views import quantities
from tui.views.chart_settings import ChartSettings
from tui.views.log_lines import Kind, LogLine, fold, head
from tui.views.quantities import Unit
from tui.views.run_state import RunState
from tui.views.training_view import TrainingView
from tui.views.wording import change, titles
from tui.views.writing_words import in_border
from tui.widgets.explaining.asking import asking, asking_words
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.facts import Facts
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.training.numbers import Numbers, Readings
from tui.widgets.training.progress_line import ProgressLine

_SEVERITIES: dict[Kind, Literal["information", "warning", "error"]] = {
    "note": "information",
    "warning": "warning",
    "alarm": "error",
}
_LINES_OF_A_NOTE = 3
_FIRST_SECONDS = 20.0
"""What is said of the text and the run before the first step stays for so long; later notices replace one another."""

_SKIPPED_WORDS = "Some epochs ended unseen: a comma marks them in the table, and the comma key shows them."


class TrainingPane(Vertical):
    """Give it events with `take`; call `show_state` after a key that steers training."""

    unit: var[Unit] = var("nats", init=False)
    """What losses are shown in."""

    def __init__(self, view: TrainingView, glyphs: Glyphs) -> None:
        super().__init__()
        self._view = view
        self._glyphs = glyphs
        self._stage_since = monotonic()
        self._told = ""
        """The last important lines that were shown longer than the log could."""
        self._names_failure = False
        """Whether the dialog that says why the engine failed is closed."""
        self._unsaved = ""
        """What was said of the last failed save."""
        self._unsaved_since = ""
        self._words = ""
        """In the upper border."""

    def compose(self) -> ComposeResult:
        """One widget for each part; app.tcss arranges them by the size of the screen."""
        yield Facts("corpus-facts", self._glyphs, "corpus", "corpus", "characters")
        yield Facts("model-facts", self._glyphs, "network", "parameters", "recipe", "receptive-field")
        yield Static(id="stage")
        yield Static(id="unsaved")
        with Container(id="bars"):
            yield ProgressLine("run", self._glyphs)
            yield ProgressLine("epoch", self._glyphs)
        yield Numbers()
        yield LossChart(self._view, self._glyphs)
        yield Static(_asked_head("nats"), id="log-head")
        yield EventLog(self._glyphs.ellipsis)

    def watch_unit(self) -> None:
        """Show all losses in another unit."""
        for part in (self.query_one(LossChart), self.query_one(Numbers), self.query_one(EventLog)):
            part.unit = self.unit
        self.query_one("#log-head", Static).update(_asked_head(self.unit))

    def draw(self, settings: ChartSettings, unit: Unit) -> None:
        """Show the curves like this, and all losses in this unit."""
        self.query_one(LossChart).settings, self.unit = settings, unit
        self.show_state()

    def on_mount(self) -> None:
        """Show what is known before the first event."""
        self._show_facts()
        self.show_state()
        self.set_interval(1.0, self._show_time)

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self._show_title()

    def adopt(self, recipe: Recipe, name: str) -> None:
        """Switch to another recipe, before training starts."""
        self._view.recipe, self._view.recipe_name = recipe, name
        self._show_facts()

    def stage(self, text: str) -> None:
        """What the engine does before the first step."""
        if text.split()[:1] != self._view.stage.split()[:1]:  # a new stage, not the progress of the same one
            self._stage_since = monotonic()
        self._view.stage = text
        self._show_stage()

    def show_history(self, history: RunHistory) -> None:
        """Show what a run's folder tells, instead of anything shown before."""
        self._view.begin_with(history.folder)
        log = self.query_one(EventLog)
        log.clear()
        log.add([*fold(self._view, history.events)])
        self._view.end_history()
        self._tell([LogLine(note, "alarm", important=True) for note in history.notes])
        self._show_facts()
        self.show_curves()
        self.show_state()

    def name_failure(self) -> None:
        """Say why the engine failed, from now on: nothing else says it any more."""
        self._names_failure = True
        self._show_stage()

    def take_state(self, run_state: RunState) -> None:
        """Show what a watched run is doing, and log it if it is news."""
        before = self._view.run_state
        self._view.take_state(run_state)
        if news := change(before, run_state, monotonic()):
            kind: Kind = "warning" if run_state.out_of_reach else "note"
            self._tell([LogLine(self._now() + news, kind, important=True)])
        self.show_state()

    def note(self, sentence: str, *, warning: bool) -> None:
        """Log a sentence from the engine; a warning must not be missed."""
        self._tell([LogLine(self._now() + sentence, "warning" if warning else "note", important=warning)])

    def choose_epoch(self, epoch: int | None) -> None:
        """Mark an epoch in the table and in the chart; None marks none."""
        self.query_one(EventLog).choose(epoch)
        self.query_one(LossChart).cursor = epoch

    def skip_epochs(self, epochs: set[int], *, first: bool) -> None:
        """Mark epochs whose samples the live text leaves out; the `first` time, say what that mark means."""
        log = self.query_one(EventLog)
        log.skip(epochs)
        if first and log.has_table:
            self._tell([LogLine(_SKIPPED_WORDS)])

    def take(self, event: Event, at: float | None) -> None:
        """Fold in an event of the run and show it."""
        failing = self._view.save_failure is not None
        if isinstance(event, SaveFailed):
            self._unsaved = shown(event.reason, 500)
        self._tell([*fold(self._view, [TimedEvent(event, at)])])
        match event:
            case Step() | EpochEnd() | RolledBack() | Resumed():
                self.show_curves()
            case CorpusReady() | Compiled():
                self._show_facts()
                self.show_curves()
            case Saved():
                self.border_subtitle = asking(f"saved at step {event.step:,}", "checkpoint")
                self.remove_class("-unsaved")
                if isinstance(self.app, Notices):
                    self.app.take_back(self._unsaved)
            case SaveFailed():
                self._show_unsaved(quantities.reason(event.reason), again=failing)
        self.show_state()

    def show_state(self) -> None:
        """Bring bars, numbers and title up to date."""
        view, phase = self._view, self._view.phase
        self._show_title()
        preparing = phase == "preparing" or (phase == "failed" and not view.began)
        self.set_class(preparing, "-preparing")
        self.set_class(preparing and view.progress is None, "-empty")
        self.set_class(phase == "failed", "-failed")
        out_of_reach = view.run_state is not None and view.run_state.out_of_reach
        self.set_class(phase in ("paused", "waiting") or out_of_reach, "-held")
        self._show_stage()
        self._show_bars()
        progress, epoch_end = view.progress, view.epoch_end
        # Where no step was logged, the newest batch's loss is not known. A loss that is no number spoils the mean too.
        unknown = progress is None or (math.isnan(progress.loss) and not math.isnan(progress.epoch_loss))
        self.query_one(Numbers).readings = Readings(
            batch_loss=progress.loss if progress and not unknown else None,
            epoch_mean=progress.epoch_loss if progress else None,
            held_out=epoch_end.held_out if epoch_end else None,
            characters_per_second=progress.characters_per_second if progress else None,
            rate=progress.rate if progress and not unknown else None,
        )

    def _show_title(self) -> None:
        words = in_border(titles(self._view, self._glyphs.dot, monotonic()), self.size.width)
        if words != self._words:  # it repaints the whole pane
            self._words, self.border_title = words, asking(words, "run")

    def _show_time(self) -> None:
        """What grows with every second."""
        self._show_stage()
        self._show_title()

    def _show_bars(self) -> None:
        view, progress = self._view, self._view.progress
        done = view.phase == "finished"
        left = 0.0 if view.run_fraction == 1 else math.nan  # of a run that was stopped nothing is left to wait for
        run, epoch = self.query_one("#run-bar", ProgressLine), self.query_one("#epoch-bar", ProgressLine)
        run.fraction, epoch.fraction = view.run_fraction, view.epoch_fraction
        run.seconds_left = left if done else view.seconds_left
        epoch.seconds_left = left if done else view.epoch_seconds_left
        steps = progress.steps_per_epoch if progress else 0
        cells = 2 * max(len(str(steps)), len(str(view.epochs))) + 1
        run.count = f"{f'{view.epoch}/{view.epochs}':>{cells}}"
        epoch.count = f"{f'{progress.step_in_epoch if progress else 0}/{steps}':>{cells}}"

    def _show_stage(self) -> None:
        view = self._view
        if view.phase == "failed":
            said = ["could not start"] * (not view.began) + [shown(view.failure, 1000)] * self._names_failure
            text = Content(": ".join(said))
        elif view.pause_asked and view.compiles:
            text = Content("paused before the first step")
        elif view.phase != "preparing":
            return
        else:
            seconds = duration(monotonic() - self._stage_since)
            text = Content.assemble(f"{shown(view.stage)} {self._glyphs.ellipsis}", (f"  {seconds}", "$text-muted"))
        self.query_one("#stage", Static).update(text, layout=view.phase == "failed")

    def _show_facts(self) -> None:
        view = self._view
        corpus, compiled, recipe = view.corpus, view.compiled, view.recipe
        if corpus:
            sequences = (f"{corpus.sequences:,} sequences",) if recipe.reading == "windows" else ()  # lanes have none
            tokens = (f"{corpus.vocabulary:,} {'tokens' if corpus.parts else recipe.tokens}", *corpus.parts[:-1])
            self.query_one("#corpus-facts", Facts).facts = (
                shown(corpus.name, 40),
                f"{corpus.characters:,} characters",
                f"{corpus.distinct:,} distinct characters",
                *(tokens if corpus.vocabulary else ()),
                *sequences,
            )
        size = (f"{compiled.parameters:,} parameters",) if compiled else ()
        network = f"{recipe.network.upper()} {recipe.layers}{self._glyphs.times}{recipe.hidden}"
        facts = (network, *size, shown(view.recipe_name, 40), *filter(None, [recipe.sight]))
        self.query_one("#model-facts", Facts).facts = facts

    def show_curves(self) -> None:
        """Draw the curves again."""
        self.query_one(LossChart).refresh_curves()

    def _show_unsaved(self, why: str, *, again: bool) -> None:
        """Say that saving fails for as long as it does."""
        self.border_subtitle = asking("not saved", "checkpoint")
        if not again:
            self._unsaved_since = f"{datetime.now():%H:%M}"
        self.query_one("#unsaved", Static).update(Content(f"not saved since {self._unsaved_since}: {shown(why)}"))
        self.add_class("-unsaved")

    def _tell(self, lines: list[LogLine]) -> None:
        """Log lines. Where the log is too low for the important ones, they are shown longer, and only once."""
        self.query_one(EventLog).add(lines)
        important = [line.spelled(self.unit) for line in lines if line.important]
        text = "\n".join(shown(line.text, 500) for line in important)
        if text and text != self._told and self.query_one(EventLog).size.height < _LINES_OF_A_NOTE:
            seconds = _FIRST_SECONDS if self._view.phase == "preparing" else None
            self.notify(text, severity=_SEVERITIES[important[0].kind], timeout=seconds, markup=False)
            self._told = text

    def _now(self) -> str:
        """The time before a line about a watched run."""
        return f"{datetime.now():%H:%M} " if self._view.watched else ""


def _asked_head(unit: Unit) -> Content:
    """The heads of the table's columns, each of which can be explained."""
    heads = head(unit)
    return asking_words(Content(heads), *heads.split())
