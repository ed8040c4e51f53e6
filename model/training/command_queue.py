"""The commands that a run takes between two chunks of steps."""

from __future__ import annotations

import math
import queue
from collections.abc import Iterator

from model.events import Event, Paused, Unpaused
from model.training.learner import Learner
from model.training.run_record import RunRecord
from model.training_commands import Command, Pause, Resume, Save, ScaleRate, Stop

_LOOK_SECONDS = 0.1
"""While paused, reports of saving are looked for this often."""


class CommandQueue:
    """Commands from any thread, and what they have asked for so far.

    Args:
        learner: its learning rate can be set; it is also kept in touch with other processes meanwhile.
    """

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self.stopped = self.save_asked = False
        self.paused: Paused | None = None
        self._pauses: list[Event] = []

    def send(self, command: Command) -> None:
        """Add a command, from any thread."""
        self._commands.put(command)

    def take(self, record: RunRecord, *, wait: bool = True) -> None:
        """Carry out all commands; while paused, wait for more where `wait` says so, or for a report of saving."""
        while not self.stopped:
            self._learner.keep_in_touch()
            waits = bool(wait and self.paused and not self.save_asked and not self._pauses)
            limit = min(self._learner.beat_seconds, _LOOK_SECONDS if record.busy else math.inf)
            try:
                command = self._commands.get(block=waits, timeout=None if math.isinf(limit) else limit)
            except queue.Empty:
                return
            match command:
                case Pause(showing):
                    self._pause(Paused(self._learner.step, showing), record)
                case Resume():
                    self._pause(None, record)
                case ScaleRate(factor):
                    self._learner.set_rate_scale(self._learner.rate_scale * factor)
                case Save():
                    self.save_asked = True
                case Stop():
                    self.stopped = True

    def pauses(self) -> Iterator[Event]:
        """The pauses and their ends since the last call."""
        pauses, self._pauses = self._pauses, []
        yield from pauses

    def _pause(self, pause: Paused | None, record: RunRecord) -> None:
        """Pause, or continue. A pause that only waits for a showing may become a longer one, and the other way."""
        if (pause and pause.showing) != (self.paused and self.paused.showing):
            self.paused = pause
            self._pauses.append(record.note(pause or Unpaused(self._learner.step)))
