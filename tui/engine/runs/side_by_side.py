"""SideBySide: lets the best weights of several runs write the same seed with the same noise, a few characters each in
turn. The runs are only read.

A text is the one that `charlstm compare` and `charlstm write` print for the same seed, sampling and random seed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from model.devices.priority import BACKGROUND, lower_priority
from model.sampling import Sampling
from tui.engine.messages import CannotWrite, WrittenBeside
from tui.engine.stoppable import Stoppable
from tui.engine.writing.items import SampleEnd, Seed, Written

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel


class Task(NamedTuple):
    """What every run writes."""

    seed: str
    sampling: Sampling
    random_seed: int
    length: int
    """Tokens."""


class SideBySide(Stoppable):
    """One thread, from `start` to a little after `stop`; then nothing of the runs is in memory any more.

    Args:
        folders: of the runs.
        post: takes a message for the screen.
        alone: whether no engine has been started: then JAX's devices are given back at the end, for one to choose.
        before: what wrote for the comparison before: as it may still be about to give JAX's devices back, its end is
            waited for.
    """

    def __init__(
        self,
        folders: Sequence[str],
        post: Callable[[Message], object],
        *,
        alone: bool = False,
        before: SideBySide | None = None,
    ) -> None:
        super().__init__()
        self._folders, self._post, self._alone, self._before = folders, post, alone, before
        self._task: Task | None = None
        self._asked = 0
        """Tasks so far."""
        self._thread = threading.Thread(target=self._run, name="writing side by side", daemon=True)

    def start(self) -> None:
        """Begin to wait for tasks."""
        self._thread.start()

    def write(self, task: Task) -> int:
        """Write this instead of anything before; returns the number that its messages have."""
        with self._changed:
            self._task, self._asked = task, self._asked + 1
            self._changed.notify_all()
            return self._asked

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    # What follows runs in the thread.

    def _run(self) -> None:
        lower_priority(BACKGROUND)
        if self._before:
            self._before.join()
            self._before = None
        try:
            self._work()
        except Exception as error:
            from model.options.explaining.explained_errors import explained

            for run in range(len(self._folders)):
                self._post(CannotWrite(run, explained(error).sentence or repr(error)))
        if self._alone:
            from model.devices import local_devices

            local_devices.forget()

    def _work(self) -> None:
        models: dict[int, LanguageModel] | None = None
        while True:
            with self._changed:
                while self._task is None and not self._stopped:
                    self._changed.wait()
                task, asked, self._task = self._task, self._asked, None
            if self._stopped or task is None:
                return
            if models is None:
                models = self._load()
            if not self._stopped:
                self._write(models, task, asked)

    def _load(self) -> dict[int, LanguageModel]:
        from pathlib import Path

        from model.devices.jax_setup import start_jax
        from model.runs.checkpoint import CheckpointError
        from model.runs.folder import Run

        start_jax(device="cpu")
        import jax

        from model.devices.local_devices import writing_device
        from model.writing.language_model import LanguageModel

        models = {}
        for number, folder in enumerate(self._folders):
            if self._stopped:
                break
            try:
                with jax.default_device(writing_device()):
                    models[number] = LanguageModel.from_checkpoint(Run(Path(folder)).load("best"))
            except CheckpointError as error:
                self._post(CannotWrite(number, str(error)))
        return models

    def _write(self, models: dict[int, LanguageModel], task: Task, asked: int) -> None:
        import jax

        from model.devices.local_devices import writing_device
        from model.writing.batch_writing import Wanted, draw_together

        with jax.default_device(writing_device()):
            for number, model in models.items():
                read = model.encode_seed(task.seed)
                self._post(WrittenBeside(number, asked, (Seed(read.text, read.replaced),), begins=True))
            wanted = [Wanted(*task[:3])]
            texts = {number: draw_together(model, wanted, task.length) for number, model in models.items()}
            while texts:
                for number, text in [*texts.items()]:
                    if self._stopped or self._asked != asked:
                        return
                    drawn = next(text, None)
                    if drawn is None:
                        del texts[number]
                        self._post(WrittenBeside(number, asked, (SampleEnd(""),)))
                    else:
                        items = tuple(Written(token, after, 0.0) for token, _, after in drawn[0])
                        self._post(WrittenBeside(number, asked, items))
