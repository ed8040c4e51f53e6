"""Saver: a thread that writes checkpoints and lines into a run, so that training never waits for the disk.

Failed writes are retried. Of the checkpoints, only the newest, the best and some epochs' weights are kept for a retry.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from model.runs.checkpoint import Checkpoint, CheckpointError
from model.runs.epoch_weights import forget_epochs, keep_epoch, parameters_of
from model.runs.files.atomic_files import sync_file
from model.runs.folder import SAMPLES, Run
from model.runs.folders.held_folder import METRICS
from model.runs.kept import kept_step
from model.runs.run_facts import RunError, cannot_write
from model.training.events import Saved, SaveFailed

RETRY_SECONDS = 5.0
"""Time between a failed write and the next attempt."""

_WAITING_BYTES = 64_000_000
"""Memory for the weights of epochs that wait to be written; of more, the newest stay."""


class Saver:
    """Writes into a run's folder. Its thread starts at once.

    Args:
        run: the run.
        epoch_budget: bytes for the weights of epochs.
    """

    def __init__(self, run: Run, epoch_budget: int = 0) -> None:
        self._run, self._epoch_budget = run, epoch_budget
        self._jobs: list[Callable[[Run], object]] = []
        self._newest: Checkpoint | None = None
        self._best: Checkpoint | None = None
        self._epochs: dict[int, Checkpoint] = {}
        self._reports: deque[Saved | SaveFailed] = deque()
        self._failure: str | None = None
        self._ending = False
        self._changed = threading.Condition()
        # A daemon, because a disk that never answers must not keep the program from ending.
        self._thread = threading.Thread(target=self._work, name="saving", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[Run], object]) -> None:
        """Run a job, such as adding a line, after the jobs before it and before any later checkpoint."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()

    def keep(self, checkpoint: Checkpoint, *, best: bool, ended: int | None = None) -> None:
        """Write a checkpoint. It replaces an older one that has not been written yet.

        Args:
            checkpoint: the state.
            best: whether it is the best so far.
            ended: the epoch that has just ended, whose weights are kept as well.
        """
        with self._changed:
            self._jobs.append(_sync_lines)
            self._newest = checkpoint
            if best:
                self._best = checkpoint
            if ended is not None and self._epoch_budget:
                self._epochs[ended] = parameters_of(checkpoint)
                while len(self._epochs) > 1 and sum(map(_size, self._epochs.values())) > _WAITING_BYTES:
                    del self._epochs[min(self._epochs)]
            self._changed.notify_all()

    def forget_epochs(self, after: int) -> None:
        """Delete the weights of later epochs, before any that follow are written."""
        with self._changed:
            self._epochs = {epoch: state for epoch, state in self._epochs.items() if epoch <= after}
        self.do(lambda run: forget_epochs(run, after))

    @property
    def busy(self) -> bool:
        """Whether something is still to be written, or a report to be read."""
        with self._changed:
            return self._to_do or bool(self._reports)

    def reports(self) -> list[Saved | SaveFailed]:
        """What was saved and what could not be saved since the last call."""
        with self._changed:
            reports = list(self._reports)
            self._reports.clear()
        return reports

    def finish(self, seconds: float | None = None) -> list[Saved | SaveFailed]:
        """End the thread, wait for it at most so many seconds, and return the last reports."""
        self.end()
        self._thread.join(seconds)
        return self.reports()

    def end(self) -> None:
        """Let the thread end after one more attempt to write everything. A second call does nothing."""
        with self._changed:
            if not self._ending:
                self._jobs.append(_sync_lines)
            self._ending = True
            self._changed.notify_all()

    @property
    def _to_do(self) -> bool:
        return bool(self._jobs or self._newest or self._best or self._epochs)

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._failure is not None:
                    self._changed.wait_for(lambda: self._ending, RETRY_SECONDS)
                else:
                    self._changed.wait_for(lambda: self._to_do or self._ending)
                last = self._ending
            if self._to_do:
                self._try()
            with self._changed:
                # What came in the meantime is written as well, unless writing fails.
                if last and (not self._to_do or self._failure is not None):
                    return

    def _try(self) -> None:
        """Try to write everything."""
        with self._changed:
            jobs, newest, best, epochs = list(self._jobs), self._newest, self._best, dict(self._epochs)
        failure, done, path, saved_best, kept = None, 0, None, False, dict[int, Checkpoint]()
        try:
            for job in jobs:
                job(self._run)
                done += 1
        except RunError as error:
            failure = str(error)
        except Exception as error:  # this thread must live to save what follows; the same job would fail again
            failure = f"Saving failed unexpectedly: {type(error).__name__}: {error}."
            done += 1
        try:
            if best is not None:
                self._run.save_best(best)
                saved_best = True
            if newest is not None:
                path = self._run.save(newest)
            for epoch, state in sorted(epochs.items()):
                keep_epoch(self._run, epoch, state, self._epoch_budget)
                kept[epoch] = state
        except (CheckpointError, RunError) as error:
            failure = str(error)
        except Exception as error:  # whatever it is, this thread must live to try again
            failure = f"Saving failed unexpectedly: {type(error).__name__}: {error}."
        with self._changed:
            del self._jobs[:done]
            if saved_best and best is not None:
                self._best = None if self._best is best else self._best
                if path is None:
                    self._reports.append(Saved(str(self._run.best_checkpoint), best.manifest.step))
            if path is not None and newest is not None:
                self._newest = None if self._newest is newest else self._newest
                self._reports.append(Saved(str(path), newest.manifest.step))
            self._epochs = {epoch: state for epoch, state in self._epochs.items() if kept.get(epoch) is not state}
            if failure is not None and (failure != self._failure or path is not None or saved_best):
                self._reports.append(SaveFailed(failure, kept_step(self._run) or 0))
            self._failure = failure


def _sync_lines(run: Run) -> None:
    """Let the disk have the lines that were added, so that no checkpoint is there without what led to it.

    Raises:
        RunError: as `Run.place`, or the lines cannot be synced.
    """
    for file in (METRICS, SAMPLES):
        place = run.place / file
        try:
            sync_file(place)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise cannot_write(place.path, error) from error


def _size(state: Checkpoint) -> int:
    return sum(array.nbytes for array in state.arrays.values())
