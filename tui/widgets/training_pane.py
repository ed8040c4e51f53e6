"""TrainingPane: corpus and model, progress, losses, chart and log. It reads a TrainingView and owns no truth."""

from __future__ import annotations

import math
from datetime import datetime
from time import monotonic
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from corpora.safe_text import shown
from model.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Progress,
    Resumed,
    RolledBack,
    Saved,
    SaveFailed,
    Unpaused,
)
from model.recipe import Recipe
from tui.terminal.glyphs import Glyphs
from tui.text.sample_files import short_path
from tui.views import quantities
from tui.views.resume_summary import Recalled
from tui.views.run_state import Standing
from tui.views.training_view import TrainingView
from tui.views.wording import REASONS, change, title
from tui.widgets.event_log import EpochRow, EventLog, Kind
from tui.widgets.facts import Facts
from tui.widgets.loss_chart import LossChart
from tui.widgets.numbers import Numbers, Readings
from tui.widgets.progress_line import ProgressLine

_SEVERITIES: dict[Kind, Literal["information", "warning", "error"]] = {
    "note": "information",
    "warning": "warning",
    "alarm": "error",
}
_LINES_OF_A_NOTE = 3
_NOTE_SECONDS = 12.0
_LOG_HEAD = f"{'epoch':>5}{'loss':>8}{'held-out':>10}{'bits':>7}{'after':>8}"


class TrainingPane(Vertical):
    """Give it events with `take`; after a key that changes what is asked of training, call `show_state`."""

    def __init__(self, view: TrainingView, glyphs: Glyphs) -> None:
        super().__init__()
        self._view = view
        self._glyphs = glyphs
        self._stage_since = monotonic()
        self._told: tuple[str, ...] = ()
        """What was shown longer than the log could, the last time."""
        self._complained = ""
        """Why something could not be saved, the last time."""
        self._unsaved_since = ""

    def compose(self) -> ComposeResult:
        """One widget for each part; app.tcss arranges them by the size of the screen."""
        yield Facts("corpus-facts", self._glyphs)
        yield Facts("model-facts", self._glyphs)
        yield Static(id="stage")
        yield Static(id="unsaved")
        with Container(id="bars"):
            yield ProgressLine("run", self._glyphs)
            yield ProgressLine("epoch", self._glyphs)
        yield Numbers()
        yield LossChart(self._glyphs)
        yield Static(_LOG_HEAD, id="log-head")
        yield EventLog()

    def on_mount(self) -> None:
        """Show what is known before the first event."""
        self._show_facts()
        self.show_state()
        self.set_interval(1.0, self._show_time)

    def adopt(self, recipe: Recipe, name: str) -> None:
        """Be about another recipe, before anything of it is known."""
        self._view.recipe, self._view.recipe_name = recipe, name
        self._show_facts()

    def stage(self, text: str) -> None:
        """What the engine does before the first step."""
        if text.split()[:1] != self._view.stage.split()[:1]:  # a new stage, not the progress of the same one
            self._stage_since = monotonic()
        self._view.stage = text
        self._show_stage()

    def recall(self, past: Recalled) -> None:
        """Show what was before the launch."""
        self._view.recall(past)
        chart = self.query_one(LossChart)
        chart.forget_after(-1.0)
        for epochs, loss in past.curve:
            chart.add_training(epochs, loss)
        rows = []
        for end in past.epoch_ends:
            if end.held_out is not None:
                chart.add_held_out(float(end.epoch), end.held_out)
            self._view.apply(end)
            rows.append(_row(end, best=self._view.best is end))
        if not past.again:  # the log tells what happened, also what was taken back
            self.query_one(EventLog).add_epochs(rows)
        self._tell(past.notes, kind="alarm")
        self.show_state()

    def stand(self, standing: Standing) -> None:
        """Show what a run does that is trained elsewhere, and log it when it is news."""
        before = self._view.standing
        self._view.stand(standing)
        if news := change(before, standing, monotonic()):
            self._tell((news,), kind="warning" if standing.out_of_reach else "note")
        self.show_state()

    def note(self, sentence: str, *, warning: bool) -> None:
        """Log something that the engine has found; what is amiss must not be missed."""
        if warning:
            self._tell((sentence,), kind="warning")
        else:
            self._log(sentence)

    def take(self, event: Event) -> None:
        """Take in an event of the run and show it."""
        view = self._view
        failing = view.save_failure is not None
        view.apply(event)
        match event:
            case Progress():
                self.query_one(LossChart).add_training(view.epochs_done, event.loss)
            case EpochEnd():
                self._end_epoch(event)
            case CorpusReady():
                self._show_facts()
                self._tell(event.notes)
            case Resumed():
                self._resume(event)
            case RolledBack():
                self._roll_back(event)
            case Compiled():
                self._show_facts()
                self._log(f"compiled in {event.seconds:.1f} s for {event.work_shared}")
            case Paused():
                self._log(f"paused at step {quantities.count(event.step)}")
            case Unpaused():
                self._log("goes on")
            case Saved():
                self.border_subtitle = Content(f"saved at step {quantities.count(event.step)}")
                self.remove_class("-unsaved")
            case SaveFailed():
                self._fail_to_save(quantities.reason(event.reason), event.reason, again=failing)
            case Finished():
                self._end_run(event)
        self.show_state()

    def show_state(self) -> None:
        """Bring bars, numbers and title up to date."""
        view, phase = self._view, self._view.phase
        self._show_title()
        preparing = phase == "preparing" or (phase == "failed" and not view.began)
        self.set_class(preparing, "-preparing")
        self.set_class(preparing and view.progress is None, "-empty")
        out_of_reach = view.standing is not None and view.standing.out_of_reach
        self.set_class(phase in ("paused", "waiting") or out_of_reach, "-held")
        self._show_stage()
        self._show_bars()
        progress, epoch_end = view.progress, view.epoch_end
        unknown = progress is None or (not view.began and math.isnan(progress.loss))  # where no steps were logged
        self.query_one(Numbers).readings = Readings(
            loss=progress.loss if progress and not unknown else None,
            epoch_loss=progress.epoch_loss if progress else None,
            held_out=epoch_end.held_out if epoch_end else None,
            bits=epoch_end.bpc if epoch_end else None,
            characters_per_second=progress.characters_per_second if progress else None,
            rate=progress.rate if progress and not unknown else None,
        )

    def _show_title(self) -> None:
        if (words := title(self._view, self._glyphs.dot, monotonic())) != self.border_title:
            self.border_title = words  # it repaints the whole pane

    def _show_time(self) -> None:
        """What grows with every second."""
        self._show_stage()
        self._show_title()

    def _show_bars(self) -> None:
        view, progress = self._view, self._view.progress
        done = view.phase == "finished"
        run, epoch = self.query_one("#run-bar", ProgressLine), self.query_one("#epoch-bar", ProgressLine)
        run.fraction, epoch.fraction = view.run_fraction, view.epoch_fraction
        run.seconds_left = 0.0 if done else view.seconds_left
        epoch.seconds_left = 0.0 if done else view.epoch_seconds_left
        steps = progress.steps_per_epoch if progress else 0
        cells = 2 * max(len(str(steps)), len(str(view.epochs))) + 1
        run.count = f"{f'{view.epoch}/{view.epochs}':>{cells}}"
        epoch.count = f"{f'{progress.step_in_epoch if progress else 0}/{steps}':>{cells}}"

    def _show_stage(self) -> None:
        view = self._view
        if view.phase == "failed":
            text = Content("could not start")
        elif view.phase != "preparing":
            return
        else:
            seconds = quantities.duration(monotonic() - self._stage_since)
            text = Content.assemble(f"{shown(view.stage)} {self._glyphs.ellipsis}", (f"  {seconds}", "$text-muted"))
        self.query_one("#stage", Static).update(text, layout=False)

    def _show_facts(self) -> None:
        view, count = self._view, quantities.count
        corpus, compiled, recipe = view.corpus, view.compiled, view.recipe
        if corpus:
            self.query_one("#corpus-facts", Facts).facts = (
                shown(corpus.name, 40),
                f"{count(corpus.characters)} characters",
                f"{count(corpus.distinct)} distinct characters",
                f"{count(corpus.sequences)} sequences",
            )
        size = (f"{count(compiled.parameters)} parameters",) if compiled else ()
        network = f"{recipe.network.upper()} {recipe.layers}{self._glyphs.times}{recipe.hidden}"
        self.query_one("#model-facts", Facts).facts = (network, *size, shown(view.recipe_name, 40))

    def _end_epoch(self, event: EpochEnd) -> None:
        self.query_one(EventLog).add_epochs([_row(event, best=self._view.best is event)])
        if event.drifts:
            self._log(f"the carried state drifts: held-out {quantities.loss(event.windowed)} in short stretches")
        if event.held_out is not None:
            self.query_one(LossChart).add_held_out(float(event.epoch), event.held_out)

    def _resume(self, event: Resumed) -> None:
        if event.epoch >= self._view.epochs:
            self._log("This run has learned all it was to learn. Its best weights write.")
        else:
            self._log(f"goes on after {_epochs(event.epoch)}, at step {quantities.count(event.step)}")
        self._tell(event.notices)

    def _roll_back(self, event: RolledBack) -> None:
        if self._view.progress:
            self.query_one(LossChart).forget_after(event.to_step / self._view.progress.steps_per_epoch)
        count = quantities.count
        self._tell(
            (
                f"Training went wrong at step {count(event.step)}: {event.reason}. It goes on from the good weights of "
                f"step {count(event.to_step)}, at {event.rate_scale:.3g} times the recipe's rate.",
            ),
            kind="warning",
        )

    def _fail_to_save(self, why: str, sentence: str, *, again: bool) -> None:
        """Say it for as long as it lasts, and in the log once."""
        self.border_subtitle = Content("not saved")
        now = datetime.now()
        if not again:
            self._unsaved_since = f"{now:%H:%M}"
        self.query_one("#unsaved", Static).update(Content(f"not saved since {self._unsaved_since}: {shown(why)}"))
        self.add_class("-unsaved")
        if why != self._complained:
            self._tell((sentence,), kind="alarm")
            self._complained = why

    def _end_run(self, event: Finished) -> None:
        reason = REASONS.get(event.reason, event.reason)
        self._log(f"{reason}: {_epochs(event.epoch)} in {quantities.duration(event.seconds)}")
        if event.reason == "diverged":
            self._tell(
                (
                    "Training went wrong again and again, whatever the rate, so it has ended. The best weights are "
                    "kept, and write from now on. A lower --rate may do better.",
                ),
                kind="warning",
            )
        if event.best_held_out is not None and event.best_epoch is not None:
            self._log(f"best held-out {quantities.loss(event.best_held_out)} after epoch {event.best_epoch}")
        if event.run:
            self._log(f"kept in {short_path(event.run)}")

    def _tell(self, sentences: tuple[str, ...], *, kind: Kind = "note") -> None:
        """Log what should be read at leisure; where the log is too low for that, show it longer and only once."""
        for sentence in sentences:
            self._log(sentence, kind)
        if sentences and sentences != self._told and self.query_one(EventLog).size.height < _LINES_OF_A_NOTE:
            text = "\n".join(shown(sentence, 500) for sentence in sentences)
            self.notify(text, severity=_SEVERITIES[kind], timeout=_NOTE_SECONDS, markup=False)
            self._told = sentences

    def _log(self, sentence: str, kind: Kind = "note") -> None:
        when = f"{datetime.now():%H:%M} " if self._view.standing else ""  # who watches may not have been looking
        self.query_one(EventLog).add_note(when + sentence, kind)


def _row(event: EpochEnd, *, best: bool) -> EpochRow:
    row = f"{event.epoch:>5}{quantities.loss(event.loss):>8}{quantities.loss(event.held_out):>10}"
    row += f"{quantities.bits(event.bpc):>7}{f'{event.seconds:.1f} s':>8}"
    words = f"epoch {event.epoch}: loss {quantities.loss(event.loss)}, held-out {quantities.loss(event.held_out)}"
    words += f", {quantities.bits(event.bpc)} bits, after {event.seconds:.1f} s"
    return EpochRow(row, words, "best" if best else "")


def _epochs(number: int) -> str:
    return "one epoch" if number == 1 else f"{number} epochs"
