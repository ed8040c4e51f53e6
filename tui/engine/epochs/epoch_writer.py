"""EpochWriter: writes a seed of the user's with the weights of every epoch that the run has kept, newest first."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from model.devices.priority import BACKGROUND, lower_priority
from tui.engine.epochs.past_weights import PastWeights
from tui.engine.messages import EpochSamples, Note

if TYPE_CHECKING:
    from model.runs.folder import Run
    from model.writing.language_model import LanguageModel

_LOOK_SECONDS = 1.0
"""Between two looks for weights of further epochs."""


class EpochWriter(PastWeights):
    """One thread calls `run`; any thread may call `write` and `stop`."""

    def __init__(self, run: Run, language_model: LanguageModel | None, post: Callable[[Message], object]) -> None:
        super().__init__(run, language_model, post)
        self._seed: str | None = None
        self._done: dict[int, int] = {}
        """When the file of each epoch was written whose turn has come, in nanoseconds; a new one for each seed."""

    def write(self, seed: str | None) -> None:
        """Write this seed from now on, instead of another; None writes nothing."""
        with self._changed:
            self._seed, self._done = seed, {}
            self._changed.notify_all()

    def run(self) -> None:
        """Write what is asked for, and then with the weights of each further epoch, until stopped."""
        lower_priority(BACKGROUND)
        said: dict[int, int] | None = None
        while not self._stopped:
            with self._changed:
                seed, done = self._seed, self._done
            if seed is not None and self._write_next(seed, done):
                continue
            if seed is not None and not done and said is not done:
                said = done
                self._post(Note("No epoch's weights are kept yet. They will write this seed when they are."))
            with self._changed:
                if self._done is done and not self._stopped:
                    self._changed.wait(None if seed is None else _LOOK_SECONDS)

    def _write_next(self, seed: str, done: dict[int, int]) -> bool:
        """Write with the newest weights whose turn has not come; whether there are any."""
        from model.runs.epoch_weights import epoch_files

        for epoch, path in reversed(epoch_files(self._run).items()):
            try:
                stamp = os.stat(path).st_mtime_ns
            except OSError:  # thinned just now
                continue
            if done.get(epoch) != stamp:
                done[epoch] = stamp
                self._write_epoch(epoch, path, seed, done)
                return True
        return False

    def _write_epoch(self, epoch: int, path: Path, seed: str, done: dict[int, int]) -> None:
        from model.devices.jax_setup import start_jax
        from model.runs.checkpoint import CheckpointError

        start_jax(devices=1, device="cpu")
        from model.writing.epoch_samples import Comparison, Interrupted, write_epoch

        try:
            checkpoint = self._run.read(path)
            model = self._with_weights(checkpoint)
        except CheckpointError as error:
            self._post(Note(str(error), warning=True))
            return
        comparison, step = Comparison.of(model.recipe, seed), checkpoint.manifest.step
        try:
            samples = write_epoch(model, comparison, epoch, step, lambda: self._done is done and not self._stopped)
        except Interrupted:
            return
        self._post(EpochSamples({epoch: samples}, seed))
