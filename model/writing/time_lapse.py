"""TimeLapse: writes every epoch's samples beside training, which never waits for it.

When an epoch ends, its parameters are taken over and its samples are written by a thread of low priority. Where epochs
end faster than that, only some parameters are held; the weights of the others are read from the run's folder later.
While the user has pinned a seed, epochs that end write that one, too.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import jax
import numpy as np

from model.devices.priority import BACKGROUND, lower_priority
from model.networks.network import Params
from model.runs.checkpoint import CheckpointError
from model.runs.epoch_weights import epoch_files, spans
from model.runs.folder import Run
from model.training.events import Event, Finished, RolledBack
from model.training.publishing import Snapshot
from model.writing.epoch_samples import Comparison, Interrupted, names_of, write_epoch
from model.writing.language_model import LanguageModel
from model.writing.provenance import Sample, to_record
from model.writing.sample_log import SampleLog
from model.writing.stored_samples import read_samples

_HELD_BYTES = 64_000_000
"""Memory for the parameters of epochs whose samples are to be written; of more, the oldest are let go."""

Written = Callable[[int, tuple[Sample, ...], tuple[Sample, ...]], object]
"""Told of an epoch, from 1, its samples, and those of the pinned seed; of either, none that the run had before."""

_LOOK_SECONDS = 1.0
"""Between two looks for weights that are not on the disk yet."""


class TimeLapse:
    """One thread calls `run`; the thread that trains calls `take` and `hear`, and any thread may call the others.

    Args:
        language_model: the network; its parameters do not matter.
        comparison: what every epoch writes.
        run: where weights are read from that are not held; None where none are kept.
        log: takes the samples.
        written: told of each epoch, in the thread of `run`.
        complain: told in a sentence of epochs whose samples cannot be written.
        behind: epochs done before now, whose samples may be missing.
        pinned: the seed that is pinned, as `pin` takes it.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        comparison: Comparison,
        run: Run | None,
        log: SampleLog,
        written: Written = lambda epoch, samples, of_pinned: None,
        complain: Callable[[str], object] = lambda sentence: None,
        behind: int = 0,
        pinned: str | None = None,
    ) -> None:
        self._language_model, self._comparison = language_model, comparison
        self._run, self._log, self._written, self._complain = run, log, written, complain
        self._behind, self._pinned = behind, pinned
        self._pinned_at: dict[int, str | None] = {}
        """The seed that was pinned when an epoch ended."""
        self._changed = threading.Condition()
        self._held: deque[Snapshot] = deque()
        self._in_hand: int | None = None
        """The epoch whose samples are being written; None where they are not, or not wanted any more."""
        self._from_disk: set[int] = set()
        """Epochs whose weights are read from the run."""
        self._ending = self._stopped = False
        self._done = threading.Event()
        self._stored: set[str] = set()
        """Names of the samples that are in the run."""

    def pin(self, seed: str | None) -> None:
        """Have epochs that end from now on write this seed as well; None ends that."""
        with self._changed:
            self._pinned = seed

    # What the training tells

    def take(self, snapshot: Snapshot) -> None:
        """Have the samples of an epoch written, if this is the end of one."""
        if snapshot.ended is None:
            return
        with self._changed:
            self._forget(snapshot.ended - 1)
            self._pinned_at[snapshot.ended] = self._pinned
            self._held.append(snapshot)
            while len(self._held) > 1 and sum(_size(each.params) for each in self._held) > _HELD_BYTES:
                self._from_disk.add(self._held.popleft().ended or 0)
            self._changed.notify_all()

    def hear(self, event: Event) -> None:
        """Leave out the epochs that a rollback has undone; end when training does."""
        with self._changed:
            if isinstance(event, RolledBack):
                self._forget(event.to_epoch)
            self._ending = self._ending or isinstance(event, Finished)
            self._changed.notify_all()

    def _forget(self, after: int) -> None:
        """Write nothing more of later epochs."""
        self._held = deque(each for each in self._held if (each.ended or 0) <= after)
        self._from_disk = {epoch for epoch in self._from_disk if epoch <= after}
        self._pinned_at = {epoch: seed for epoch, seed in self._pinned_at.items() if epoch <= after}
        if self._in_hand is not None and self._in_hand > after:
            self._in_hand = None

    def stop(self) -> None:
        """Let `run` return within a few tokens; what is left is written after resuming."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all samples are written, `seconds` at most; whether they are."""
        return self._done.wait(seconds)

    # What follows runs in the thread.

    def run(self) -> None:
        """Write samples until all are written after the end of training, or until stopped."""
        lower_priority(BACKGROUND)
        try:
            self._look_back()
            while not self._stopped:
                snapshot = self._next()
                if snapshot is None:
                    break
                self._write(snapshot)
            if not self._stopped and self._from_disk:
                self._complain(
                    f"The samples of {spans(self._from_disk)} could not be written in time, and their weights are no "
                    "longer kept."
                )
        finally:
            self._done.set()

    def _look_back(self) -> None:
        """Find out which samples there are, and which epochs' weights."""
        if self._run is None:
            return
        with suppress(OSError):
            self._stored = {sample.id for sample in read_samples(self._run) if sample}
        files = {epoch for epoch in epoch_files(self._run) if epoch <= self._behind} if self._behind else set()
        with self._changed:
            self._from_disk |= files

    def _next(self) -> Snapshot | None:
        """The next epoch to write, when there is one; None when there will be none any more."""
        while True:
            with self._changed:
                if self._stopped:
                    return None
                if self._held:
                    self._in_hand = self._held[0].ended
                    return self._held.popleft()
                ending, wanted = self._ending, sorted(self._from_disk)
            if snapshot := self._read_any(wanted):
                return snapshot
            with self._changed:
                if ending:
                    return None
                self._changed.wait_for(
                    lambda: self._held or self._ending or self._stopped, _LOOK_SECONDS if wanted else None
                )

    def _read_any(self, wanted: list[int]) -> Snapshot | None:
        """The first of these epochs whose weights are on the disk and whose samples are not."""
        files = epoch_files(self._run) if self._run and wanted else {}
        for epoch in wanted:
            if self._stopped:
                return None
            if self._run is None or epoch not in files:
                continue
            with self._changed:
                if epoch not in self._from_disk or self._held:
                    return None
                self._from_disk.discard(epoch)
                self._in_hand = epoch
            try:
                checkpoint = self._run.read(files[epoch])
                params = self._language_model.weights_of(checkpoint)
            except CheckpointError as error:
                self._complain(f"The samples of epoch {epoch} cannot be written. {error}")
                continue
            cursor = checkpoint.manifest.cursor
            age = float(cursor.epoch) if not cursor.step else epoch - 0.5
            return Snapshot(params, age, checkpoint.manifest.step, ended=epoch)
        return None

    def _write(self, snapshot: Snapshot) -> None:
        epoch = snapshot.ended
        assert epoch is not None
        if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(snapshot.params)):
            return
        try:
            own, of_pinned = (self._samples_of(snapshot, epoch, each) for each in self._comparisons(snapshot, epoch))
        except Interrupted:
            return
        if not own and not of_pinned:
            return
        with self._changed:  # so that no epoch is kept after it was undone
            if not self._wanted(epoch):
                return
            self._in_hand = None
        new = [sample for sample in (*own, *of_pinned) if sample.id not in self._stored]
        self._log.add(*map(to_record, new))
        self._stored.update(sample.id for sample in new)
        self._written(epoch, own, of_pinned)

    def _comparisons(self, snapshot: Snapshot, epoch: int) -> tuple[Comparison | None, Comparison | None]:
        """What an epoch has still to write: from the run's own seed, and from the one that was pinned at its end.

        An epoch from before a resumed training writes the pinned one only if it was left without all of its samples.
        """
        own = self._comparison if self._lacks(snapshot, self._comparison) else None
        with self._changed:
            seed = self._pinned_at.pop(epoch, self._pinned if own else None)
        pinned = None if seed is None else replace(self._comparison, seed=seed)
        return own, pinned if pinned and pinned != self._comparison and self._lacks(snapshot, pinned) else None

    def _lacks(self, snapshot: Snapshot, comparison: Comparison) -> bool:
        return not self._stored.issuperset(names_of(snapshot.params, snapshot.step, comparison))

    def _samples_of(self, snapshot: Snapshot, epoch: int, comparison: Comparison | None) -> tuple[Sample, ...]:
        if comparison is None:
            return ()
        model = replace(self._language_model, params=snapshot.params)
        return write_epoch(model, comparison, snapshot.epoch, snapshot.step, lambda: self._wanted(epoch))

    def _wanted(self, epoch: int) -> bool:
        return self._in_hand == epoch and not self._stopped


def _size(params: Params) -> int:
    return sum(leaf.nbytes for leaf in jax.tree.leaves(params))
