"""EpochReader: reads what an epoch wrote with the weights that wrote it, for the colours of a unit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from tui.engine.epochs.past_weights import PastWeights
from tui.engine.messages import EpochRead
from tui.keys.key_commands import ReadEpoch

if TYPE_CHECKING:
    from model.runs.folder import Run
    from model.writing.language_model import LanguageModel

_SAVING_SECONDS = 3.0
"""How long the weights of an epoch that has just ended may take until they are in the run's folder."""
_LOOK_SECONDS = 0.1
"""Between two looks for them."""


def not_kept(asked: ReadEpoch) -> str:
    """Why there are no colours, in a sentence."""
    return (
        f"The weights of epoch {asked.epoch:,} are not kept, so that unit {asked.unit} cannot colour what they wrote."
    )


class EpochReader(PastWeights):
    """One thread calls `run`; any thread may call `read` and `stop`."""

    def __init__(self, run: Run, language_model: LanguageModel | None, post: Callable[[Message], object]) -> None:
        super().__init__(run, language_model, post)
        self._asked: ReadEpoch | None = None

    def read(self, asked: ReadEpoch) -> None:
        """Read this next, and nothing that was asked for before."""
        with self._changed:
            self._asked = asked
            self._changed.notify_all()

    def run(self) -> None:
        """Read what is asked for, until stopped."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked is not None or self._stopped)
                asked, self._asked = self._asked, None
                if asked is None or self._stopped:
                    return
            self._answer(asked)

    def _wanted(self) -> bool:
        return self._asked is None and not self._stopped

    def _answer(self, asked: ReadEpoch) -> None:
        from model.devices.jax_setup import start_jax
        from model.runs.checkpoint import CheckpointError

        start_jax(devices=1, device="cpu")
        import jax

        from model.devices.local_devices import writing_device
        from model.writing.units.finding import unit_along
        from model.writing.units.switching import UnitError

        problem, said = "", tuple[tuple[float, ...], ...]()
        try:
            with jax.default_device(writing_device()):
                if (model := self._weights(asked)) is None:
                    problem = not_kept(asked)
                else:
                    said = unit_along(model, asked.texts, asked.unit, self._wanted)
        except (CheckpointError, UnitError) as error:
            problem = str(error)
        if self._wanted():
            self._post(EpochRead(asked, said, problem))

    def _weights(self, asked: ReadEpoch) -> LanguageModel | None:
        """The network with the weights of the epoch; None if they are not kept.

        Raises:
            CheckpointError: they are damaged.
        """
        from model.runs.epoch_weights import epoch_files

        end = time.monotonic() + _SAVING_SECONDS
        while True:
            files = epoch_files(self._run)
            ended_just_now = asked.epoch > max(files, default=0)
            if not ended_just_now or not self._wanted() or time.monotonic() > end:
                break
            with self._changed:
                self._changed.wait(_LOOK_SECONDS)
        if asked.epoch not in files:
            return None
        checkpoint = self._run.read(files[asked.epoch])
        if checkpoint.manifest.step != asked.step:  # training went back, and reached the epoch's end another time
            return None
        return self._with_weights(checkpoint)
