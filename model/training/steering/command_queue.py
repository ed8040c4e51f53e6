"""The commands that a run takes between two chunks of steps."""

from __future__ import annotations

import math
import queue
from collections import deque
from collections.abc import Iterator, Sequence

from model.training.events import Answered, Event, Paused, RateScaled, SampleAsked, StopPlanned, Unpaused
from model.training.learner import Learner
from model.training.run_record import RunRecord
from model.training.steering.history import Change
from model.training.steering.requests import Request
from model.training.steering.training_commands import (
    Command,
    Pause,
    Resume,
    SampleNow,
    Save,
    ScaleRate,
    Stop,
    StopAfterEpoch,
)
from model.training.train_step import CHUNK

_LOOK_SECONDS = 0.1
"""While paused, reports of saving are looked for this often."""


class CommandQueue:
    """Commands from any thread, and what they have asked for so far.

    Args:
        learner: its learning rate can be set; it is also kept in touch with other processes meanwhile.
        replay: changes of the learning rate that a resumed run makes again, by step; a new one drops those to come.
    """

    def __init__(self, learner: Learner, replay: Sequence[Change]) -> None:
        self._learner = learner
        self._replay = deque(replay)
        self._commands: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self.stopped = self.save_asked = False
        self.last_epoch = math.inf
        """The epoch after which training stops, from 1; infinity while no stop is planned."""
        self.paused: Paused | None = None
        self._holding: set[bool] = set()
        """What holds training: the user (False), or that samples are written (True)."""
        self._events: list[Event] = []

    def send(self, command: Command) -> None:
        """Add a command, from any thread."""
        self.request(Request("", command))

    def request(self, request: Request) -> None:
        """Add another program's command, from any thread; it is answered in the metrics."""
        self._commands.put(request)

    def take(self, record: RunRecord, *, wait: bool = True) -> None:
        """Carry out all commands; while paused, wait for more where `wait` says so, or for a report of saving."""
        self._repeat()
        while not self.stopped:
            self._learner.keep_in_touch()
            waits = bool(wait and self.paused and not self.save_asked and not self._events)
            limit = min(self._learner.beat_seconds, _LOOK_SECONDS if record.busy else math.inf)
            try:
                request, command = self._commands.get(block=waits, timeout=None if math.isinf(limit) else limit)
            except queue.Empty:
                return
            words = self._carry_out(command, record, asked=bool(request))
            if request:
                record.note(Answered(self._learner.step, request, words))

    def _carry_out(self, command: Command | None, record: RunRecord, *, asked: bool) -> str:
        """Do what is asked for, by another program or not; returns what was done, in words."""
        step = self._learner.step
        match command:
            case Pause() | Resume():
                return self._pause_or_resume(command, record, asked=asked)
            case ScaleRate(factor):
                return self._scale_rate(factor, record)
            case StopAfterEpoch(wanted):
                return self._plan_stop(wanted, record, asked=asked)
            case SampleNow():
                at, steps = self._learner.cursor, self._learner.reader.steps_per_epoch
                self._events.append(record.note(SampleAsked(step, at.epoch + round(at.step / steps, 3))))
                return f"writing samples with the weights of step {step:,}"
            case Save():
                self.save_asked = True
                return f"saving a checkpoint of step {step:,}"
            case Stop():
                self.stopped = True
                return f"training ends at step {step:,}"
        return "this version of charlstm cannot do that"

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

    def _scale_rate(self, factor: float, record: RunRecord) -> str:
        self.forget_replay()
        self._learner.set_rate_scale(self._learner.rate_scale * factor)
        event = RateScaled(self._learner.step, factor, self._learner.rate_scale)
        self._events.append(record.note(event))
        return event.words

    def _plan_stop(self, wanted: bool, record: RunRecord, *, asked: bool) -> str:
        """Plan to stop after the epoch in progress, or take that back."""
        if not wanted and math.isinf(self.last_epoch):
            return "there is nothing to take back: no stop is planned"
        event = StopPlanned(self._learner.step, self._learner.cursor.epoch + 1 if wanted else None, asked)
        if wanted != math.isfinite(self.last_epoch):
            self.last_epoch = math.inf if event.epoch is None else event.epoch
            self._events.append(record.note(event))
        return event.words

    def _pause_or_resume(self, command: Pause | Resume, record: RunRecord, *, asked: bool) -> str:
        """Pause, or continue. The user's pause and the wait for a showing hold training each on its own."""
        (self._holding.add if isinstance(command, Pause) else self._holding.discard)(command.showing)
        step, showing = self._learner.step, False not in self._holding
        event = Paused(step, showing, asked) if self._holding else Unpaused(step, asked)
        pause = event if isinstance(event, Paused) else None
        if (pause and pause.showing) != (self.paused and self.paused.showing):
            self.paused = pause
            self._events.append(record.note(event))
        if pause is None:
            return f"training goes on at step {step:,}"
        return f"training waits for its samples at step {step:,}" if showing else f"training is paused at step {step:,}"
