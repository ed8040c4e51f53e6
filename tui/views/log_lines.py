"""What the log says of each event: one line an epoch and a sentence for everything else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from model.baselines.names import best_of
from model.events import (
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
    SaveFailed,
    StopPlanned,
    TimedEvent,
    Unpaused,
)
from model.runs.run_view import END_REASONS
from tui.text.sample_files import short_path
from tui.views import quantities
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
    epoch: int = 0
    """The one that a row of the table is about."""


HEAD = f"{'epoch':>5}{'loss':>8}{'held-out':>10}{'bits':>7}{'time':>8}"
"""The heads of the columns of epochs."""


def fold(view: TrainingView, events: Iterable[TimedEvent]) -> Iterator[LogLine]:
    """Apply events to the view, and yield what the log says of them."""
    for event, at in events:
        view.apply(event, at)
        # Of a watched run the user may not have been looking.
        when = f"{datetime.fromtimestamp(at):%H:%M} " if view.watched and at is not None else ""
        for line in _lines(event, view):
            yield line if line.kind == "epoch" else line._replace(text=when + line.text)


def _lines(event: Event, view: TrainingView) -> Iterator[LogLine]:
    count = quantities.count
    match event:
        case CorpusReady(notes=notes):
            yield from (LogLine(note, important=True) for note in notes)
        case Resumed():
            if event.epoch >= view.epochs:
                yield LogLine("Training is complete. Writing with the best weights.")
            else:
                yield LogLine(f"resumed after {_epochs(event.epoch)}, at step {count(event.step)}")
            if event.total_epochs:
                yield LogLine(event.learning_on, important=True)
            yield from (LogLine(notice, important=True) for notice in event.notices)
        case Compiled():
            yield LogLine(f"compiled in {event.seconds:.1f} s for {event.work_shared}")
        case Baselines() if view.overtaking.arrived:
            yield LogLine(best_of(event).reaches)
            yield from _overtaken(view)
        case EpochEnd():
            yield _row(event, best=view.best is event and event.held_out is not None)
            yield from _overtaken(view)
            if event.drifts:
                windowed = quantities.loss(event.windowed)
                yield LogLine(f"carrying the state along drifts: held-out {windowed} in short stretches")
            if view.overfitting and view.overfitting.noticed is event:
                yield LogLine(view.overfitting.words, "warning", important=True)
        case RolledBack():
            yield LogLine(
                f"Training diverged at step {count(event.step)}: {event.reason}. It continues from the good weights of "
                f"step {count(event.to_step)}, at {event.rate_scale:.3g} times the recipe's rate.",
                "warning",
                important=True,
            )
        case RateScaled() | StopPlanned():
            yield LogLine(event.words, important=True)
        case SampleAsked():
            yield LogLine(f"another program asked for samples at step {count(event.step)}")
        case Paused(showing=False):
            yield LogLine(f"paused at step {count(event.step)}")
        case Unpaused():
            yield LogLine(f"resumed at step {count(event.step)}")
        case SaveFailed(reason) if (why := quantities.reason(reason)) != view.logged_failure:
            view.logged_failure = why
            yield LogLine(reason, "alarm", important=True)
        case Finished() if (event.step, event.reason) != view.logged_end:
            view.logged_end = event.step, event.reason
            yield from _end(event, view)


def _overtaken(view: TrainingView) -> Iterator[LogLine]:
    if newest := view.overtaking.newest:
        yield LogLine(newest.overtaken)


def _end(event: Finished, view: TrainingView) -> Iterator[LogLine]:
    reason = END_REASONS.get(event.reason, event.reason)
    yield LogLine(f"{reason}: {_epochs(event.epoch)} in {quantities.duration(event.seconds)}")
    if event.reason == "diverged":
        yield LogLine(
            "Training diverged repeatedly and was stopped. The best weights are kept and write from now on. "
            "A lower --rate may do better.",
            "warning",
            important=True,
        )
    if event.best_held_out is not None and event.best_epoch is not None:
        yield LogLine(f"best held-out {quantities.loss(event.best_held_out)} after epoch {event.best_epoch}")
    if view.run:
        yield LogLine(f"saved in {short_path(view.run)}")


def _row(event: EpochEnd, *, best: bool) -> LogLine:
    loss, held_out, bits = (
        quantities.loss(event.loss),
        quantities.loss(event.held_out),
        quantities.loss(event.held_out, "bits"),
    )
    seconds = f"{event.seconds:.1f} s"
    return LogLine(
        f"{event.epoch:>5}{loss:>8}{held_out:>10}{bits:>7}{seconds:>8}",
        "epoch",
        mark="best" if best else "",
        in_words=f"epoch {event.epoch}: loss {loss}, held-out {held_out}, {bits} bits, after {seconds}",
        epoch=event.epoch,
    )


def _epochs(number: int) -> str:
    return "one epoch" if number == 1 else f"{number} epochs"
