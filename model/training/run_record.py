"""What training keeps of itself: metrics and checkpoints in the run's folder, or nothing where there is no folder."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from model.runs.checkpoint import Checkpoint
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.saver import Saver
from model.training.events import Event, Step
from model.training.learner import Chunk, Learner


class RunRecord:
    """A run's folder, written by another thread.

    Args:
        run: the folder; None keeps nothing.
        notes: whether events are written; False for a run that is only opened again after its end.
        epoch_budget: bytes for the weights of epochs.
    """

    def __init__(self, run: Run | None, *, notes: bool = True, epoch_budget: int = 0) -> None:
        self._notes = notes
        self._run = run
        self._saver = Saver(run, epoch_budget) if run else None

    @property
    def folder(self) -> str | None:
        """The run's folder, where it is now; None where there is none."""
        return str(self._run.folder) if self._run else None

    @property
    def kept(self) -> bool:
        """Whether there is a folder."""
        return self._saver is not None

    @property
    def busy(self) -> bool:
        """Whether something is still to be written, or a report to be read."""
        return self._saver is not None and self._saver.busy

    def note(self, event: Event) -> Event:
        """Write an event to the metrics; returns it."""
        if self._saver and self._notes:
            # Logged steps do not tell their time, so that the lines of two runs can be compared.
            record = event_record(event, None if isinstance(event, Step) else time.time())
            self._saver.do(lambda run: run.append_metrics(record))
        return event

    def log(self, chunk: Chunk, learner: Learner, every: int) -> Iterator[Event]:
        """Report and write every N-th step, with the mean loss since the one before.

        Args:
            chunk: what was just learned.
            learner: by whom.
            every: N; 0 reports none.
        """
        if not every:
            return
        before = learner.step - len(chunk.losses)
        steps = range(before // every * every + every, learner.step + 1, every)
        means = learner.totals.log(chunk.losses, chunk.counts, [step - before for step in steps])
        for step, (mean, epoch_loss) in zip(steps, means, strict=True):
            loss, rate = float(chunk.losses[step - before - 1]), float(chunk.rates[step - before - 1])
            yield self.note(Step(learner.cursor.epoch + 1, step, loss, rate, mean, epoch_loss))

    def keep(self, state: Checkpoint, *, best: bool, ended: int | None = None) -> None:
        """Save a checkpoint, soon; `ended` is the epoch that it ends, if any."""
        if self._saver:
            self._saver.keep(state, best=best, ended=ended)

    def forget_epochs(self, after: int) -> None:
        """Delete the weights of later epochs, after a rollback to the end of this one."""
        if self._saver:
            self._saver.forget_epochs(after)

    def reports(self) -> Iterable[Event]:
        """What was saved, or could not be, since the last call."""
        return self._saver.reports() if self._saver else ()

    def finish(self, seconds: float | None = None) -> Iterable[Event]:
        """Wait until everything is saved, but not longer than this; returns the last reports."""
        return self._saver.finish(seconds) if self._saver else ()

    def end(self) -> None:
        """End the thread once everything is saved."""
        if self._saver:
            self._saver.end()
