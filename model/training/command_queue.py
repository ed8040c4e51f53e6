"""The commands that a run takes between two chunks of steps."""

from __future__ import annotations

import math
import queue

from model.events import Paused, Unpaused
from model.training.learner import Learner
from model.training.run_record import RunRecord
from model.training_commands import Command, Pause, Resume, Save, SetRate, Stop

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
        self.paused = self.stopped = self.save_asked = False

    def send(self, command: Command) -> None:
        """Add a command, from any thread."""
        self._commands.put(command)

    def take(self, record: RunRecord, *, wait: bool = True) -> None:
        """Carry out all commands; while paused, wait for more where `wait` says so, or for a report of saving."""
        while not self.stopped:
            self._learner.keep_in_touch()
            waits = wait and self.paused and not self.save_asked
            limit = min(self._learner.beat_seconds, _LOOK_SECONDS if record.busy else math.inf)
            try:
                command = self._commands.get(block=waits, timeout=None if math.isinf(limit) else limit)
            except queue.Empty:
                return
            match command:
                case Pause():
                    self._pause(True, record)
                case Resume():
                    self._pause(False, record)
                case SetRate(scale):
                    self._learner.scale_rate(scale)
                case Save():
                    self.save_asked = True
                case Stop():
                    self.stopped = True

    def _pause(self, paused: bool, record: RunRecord) -> None:
        if paused != self.paused:
            self.paused = paused
            record.note(Paused(self._learner.step) if paused else Unpaused(self._learner.step))
