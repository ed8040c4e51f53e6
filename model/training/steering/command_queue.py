"""The commands that a run takes between two chunks of steps."""

from __future__ import annotations

import math
import queue
from collections import deque
from collections.abc import Iterator, Sequence

from model.events import Event, Paused, RateScaled, StopPlanned, Unpaused
from model.training.learner import Learner
from model.training.run_record import RunRecord
from model.training.steering.history import Change
from model.training.train_step import CHUNK
from model.training_commands import Command, Pause, Resume, Save, ScaleRate, Stop, StopAfterEpoch

_LOOK_SECONDS = 0.1
"""While paused, reports of saving are looked for this often."""


class CommandQueue:
    """Commands from any thread, and what they have asked for so far.

    Args:
        learner: its learning rate can be set; it is also kept in touch with other processes meanwhile.
        replay: changes of the learning rate that a resumed run makes again, by step; a new one drops those to come.
    """

    def __init__(self, learner: Learner, replay: Sequence[Change] = ()) -> None:
        self._learner = learner
        self._replay = deque(replay)
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self.stopped = self.save_asked = False
        self.last_epoch = math.inf
        """The epoch after which training stops, from 1; infinity while no stop is planned."""
        self.paused: Paused | None = None
        self._events: list[Event] = []

    def send(self, command: Command) -> None:
        """Add a command, from any thread."""
        self._commands.put(command)

    def take(self, record: RunRecord, *, wait: bool = True) -> None:
        """Carry out all commands; while paused, wait for more where `wait` says so, or for a report of saving."""
        self._repeat()
        while not self.stopped:
            self._learner.keep_in_touch()
            waits = bool(wait and self.paused and not self.save_asked and not self._events)
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
                    self._scale_rate(factor, record)
                case StopAfterEpoch(wanted):
                    self._plan_stop(wanted, record)
                case Save():
                    self.save_asked = True
                case Stop():
                    self.stopped = True

    def events(self) -> Iterator[Event]:
        """What has changed since the last call."""
        events, self._events = self._events, []
        yield from events

    @property
    def free_steps(self) -> int:
        """Steps until the learning rate changes again as it did before; call `take` first."""
        return self._replay[0].step - self._learner.step if self._replay else CHUNK

    def forget_replay(self) -> None:
        """Repeat nothing more: training takes another course than before."""
        self._replay.clear()

    def _repeat(self) -> None:
        """Make the changes of the learning rate that were made at this step before."""
        while self._replay and self._replay[0].step <= self._learner.step:
            self._learner.set_rate_scale(self._replay.popleft().rate_scale)

    def _scale_rate(self, factor: float, record: RunRecord) -> None:
        self.forget_replay()
        self._learner.set_rate_scale(self._learner.rate_scale * factor)
        self._events.append(record.note(RateScaled(self._learner.step, factor, self._learner.rate_scale)))

    def _plan_stop(self, wanted: bool, record: RunRecord) -> None:
        """Plan to stop after the epoch in progress, or take that back."""
        if wanted != math.isfinite(self.last_epoch):
            epoch = self._learner.cursor.epoch + 1 if wanted else None
            self.last_epoch = math.inf if epoch is None else epoch
            self._events.append(record.note(StopPlanned(self._learner.step, epoch)))

    def _pause(self, pause: Paused | None, record: RunRecord) -> None:
        """Pause, or continue. A pause that only waits for a showing may become a longer one, and the other way."""
        if (pause and pause.showing) != (self.paused and self.paused.showing):
            self.paused = pause
            self._events.append(record.note(pause or Unpaused(self._learner.step)))
