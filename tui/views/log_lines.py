"""What the log says of each event: one line an epoch and a sentence for everything else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from model.baselines.names import best_of
from model.runs.continuing.begun_from import BegunFrom
from model.runs.housekeeping.run_states import END_REASONS, best_epoch, epoch_of, gone_on, trained
from model.runs.housekeeping.spelled_times import duration
from model.runs.housekeeping.unkept import unkept
from model.training.events import (
    Baselines,
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    RateScaled,
    Resumed,
    RolledBack,
    SampleAsked,
    Saved,
    SaveFailed,
    StopPlanned,
    TimedEvent,
    Unpaused,
)
from tui.text.short_path import short_path
from tui.views import quantities
from tui.views.quantities import Unit
from tui.views.training_view import TrainingView

Kind = Literal["epoch", "note", "warning", "alarm"]
"""'warning' reports a problem that was solved, 'alarm' one that was not."""


class LogLine(NamedTuple):
    """A line of the log."""

    text: str
    kind: Kind = "note"
    mark: str = ""
    """A highlighted word after the text."""
    in_words: str = ""
    """The same as a sentence, if there is no room for the table."""
    important: bool = False
    """Whether it is shown longer if the log is too low to read it."""
    result: bool = False
    """Whether it is what the run has come to: where there is one row, no note replaces it."""
    epoch: int = 0
    """The one that a row of the table is about."""
    losses: tuple[float | None, ...] = ()
    """In nats. `text` and `in_words` have a place for each, as in `str.format`; then one for the last in another unit,
    and one for that with its name. `{words}` is the last with the name of its unit."""

    def spelled(self, unit: Unit) -> LogLine:
        """The line with its losses in this unit."""
        if not self.losses:
            return self
        other = quantities.other_unit(unit)
        values = [quantities.loss(each, unit) for each in self.losses]
        last = self.losses[-1]
        words, other_words = ("-" if last is None else quantities.loss_words(last, each) for each in (unit, other))
        values += [quantities.loss(last, other), other_words]
        text, in_words = (each.format(*values, words=words) for each in (self.text, self.in_words))
        return self._replace(text=text, in_words=in_words, losses=())


def head(unit: Unit) -> str:
    """The heads of the columns of epochs."""
    other = {"bits": "bits", "perplexity": "perpl."}[quantities.other_unit(unit)]
    return f"{'epoch':>5}{'loss':>8}{'held-out':>10}{other:>7}{'time':>8}"


def fold(view: TrainingView, events: Iterable[TimedEvent]) -> Iterator[LogLine]:
    """Apply events to the view, and yield what the log says of them."""
    for event, at in events:
        before, emptied = view.run, view.emptied
        view.apply(event, at)
        # Of a watched run the user may not have been looking.
        when = f"{datetime.fromtimestamp(at):%H:%M} " if view.watched and at is not None else ""
        if before and view.run and view.run != before:
            yield LogLine(f"The run's folder was moved. It is saved in {short_path(view.run)} now.", important=True)
        if emptied and isinstance(event, Saved):
            yield LogLine(
                f"Saving works again, from step {event.step:,} on. What was saved before is gone: "
                "the lines and samples of the steps before are missing in the run's folder.",
                "warning",
                important=True,
            )
            view.logged_failure = ""
        for line in _lines(event, view):
            yield line if line.kind == "epoch" else line._replace(text=when + line.text)


def _lines(event: Event, view: TrainingView) -> Iterator[LogLine]:
    match event:
        case CorpusReady(notes=notes):
            yield from (LogLine(note, important=True) for note in notes)
        case BegunFrom(sentences=sentences):
            yield from (LogLine(sentence, important=True) for sentence in sentences)
        case Resumed():
            if event.epoch >= view.epochs:
                yield LogLine("Training is complete. Writing with the best weights.")
            else:
                yield LogLine(f"resumed {gone_on(event, view.steps_per_epoch or 0)}")
            if event.total_epochs:
                yield LogLine(event.learning_on, important=True)
            yield from (LogLine(notice, important=True) for notice in event.notices)
        case Compiled():
            yield LogLine(f"compiled in {duration(event.seconds)} for {event.work_shared}")
        case Baselines() if view.overtaking.arrived:
            best = best_of(event)
            yield LogLine(best.reaches("{words}"), losses=(best.loss,))
            yield from _overtaken(view)
        case EpochEnd():
            yield _row(event, best=view.best is event and event.held_out is not None)
            yield from _overtaken(view)
            if event.drifts:
                drifts = "carrying the state along drifts: held-out {0} in short stretches"
                yield LogLine(drifts, losses=(event.windowed,))
            if (found := view.overfitting) and found.noticed is event:
                yield LogLine(found.words("{0}", "{1}"), "warning", important=True, losses=found.losses)
        case RolledBack():
            rate = f"half the rate that went well: {event.rate_scale:.3g} times the recipe's"
            yield LogLine(
                f"Training diverged at step {event.step:,}: {event.reason}. It continues from the good weights of "
                f"step {event.to_step:,}, at {rate}.",
                "warning",
                important=True,
            )
        case RateScaled() | StopPlanned():
            yield LogLine(event.words, important=True)
        case SampleAsked():
            who = "" if view.watched else "another program asked for "  # this one may have asked
            yield LogLine(f"{who}samples{' asked for' * (not who)} at step {event.step:,}")
        case Paused(showing=False):
            yield LogLine(f"paused at step {event.step:,}")
        case Unpaused():
            yield LogLine(f"resumed at step {event.step:,}")
        case SaveFailed(reason) if (why := quantities.reason(reason)) != view.logged_failure:
            view.logged_failure = why
            yield LogLine(reason, "alarm", important=True)
        case Finished() if (event.step, event.reason) != view.logged_end:
            view.logged_end = event.step, event.reason
            yield from _end(event, view)


def _overtaken(view: TrainingView) -> Iterator[LogLine]:
    if newest := view.overtaking.newest:
        yield LogLine(view.overtaking.words("{words}"), losses=(newest.loss,))


def _end(event: Finished, view: TrainingView) -> Iterator[LogLine]:
    lost = unkept(view, view.kept) if view.save_failure else ""
    kept = "" if lost else "are kept and "
    if event.reason == "diverged":
        yield LogLine(
            f"Training diverged repeatedly and was stopped. The best weights {kept}write from now on. "
            "A lower --rate may do better.",
            "warning",
            important=True,
        )
    if lost:
        yield LogLine(f"{lost}.", "alarm", important=True)
    if view.run and (view.kept or not lost):
        up_to = f" up to step {view.kept or 0:,}" if lost else ""
        yield LogLine(f"saved in {short_path(view.run)}{up_to}")
    ended = f"{END_REASONS.get(event.reason, event.reason)}: {trained(event, view.epochs_done)}"
    ended += f" in {duration(event.seconds)}"
    if event.best_held_out is None or event.best_epoch is None:
        yield LogLine(ended, result=True)
    else:
        best = f"best held-out {{words}} {best_epoch(event)}; {ended}"
        yield LogLine(best, result=True, losses=(event.best_held_out,))


def _row(event: EpochEnd, *, best: bool) -> LogLine:
    seconds = duration(event.seconds)
    return LogLine(
        f"{quantities.epochs(event.epoch - 1 + event.trained):>5}{{0:>8}}{{1:>10}}{{2:>7}}{seconds:>8}",
        "epoch",
        mark="best" if best else "",
        in_words=f"{epoch_of(event)}: loss {{0}}, held-out {{1}}, {{3}}, after {seconds}",
        epoch=event.epoch,
        losses=(event.loss, event.held_out),
    )
