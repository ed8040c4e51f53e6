"""What a training run reports: the stream of events that the screen and the command line both read.

Every event is a frozen dataclass of plain numbers and short strings, so it can cross threads and be written as
one line of JSON. Losses are in nats per character; times in seconds. Nothing here imports JAX.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from model.runs.continuing.begun_from import BegunFrom

DRIFT = 0.05
"""Carrying the state along drifts where it makes the held-out text cost more than this, in nats."""


@dataclass(frozen=True, slots=True)
class CorpusReady:
    """The text is open, counted and split."""

    name: str
    title: str
    characters: int
    sequences: int
    distinct: int
    training_characters: int
    held_out_characters: int
    notes: tuple[str, ...]
    """What was changed or found while opening it, and what makes training slower here, a sentence each."""
    vocabulary: int = 0
    """Distinct tokens, where they are not only characters; earlier, without `parts`, the words or pieces."""
    parts: tuple[str, ...] = ()
    """How many of these there are of each kind: ('2 words', '1 character')."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run continues from its last checkpoint."""

    epoch: int
    """Whole epochs done."""
    step: int
    """Optimiser steps done."""
    best_held_out: float | None
    notices: tuple[str, ...]
    """Why it will not continue bit for bit, a sentence each."""
    total_epochs: int | None = None
    """Epochs in all from now on, where that has changed."""

    @property
    def learning_on(self) -> str:
        """What changes with the number of epochs, for a log."""
        return f"training to {self.total_epochs} epochs in all; a one-cycle rate is that of such a run from here on"


@dataclass(frozen=True, slots=True)
class Compiled:
    """The first chunk has run: compiling is over. `parameters` counts the network's numbers."""

    seconds: float
    parameters: int
    devices: int
    steps_per_epoch: int
    epochs: int
    run: str | None
    """The run's folder; None if nothing is saved."""
    platform: str = ""
    """The devices' kind in JAX's words, 'cpu' or 'gpu'; empty in runs of an earlier version."""

    @property
    def work_shared(self) -> str:
        """The devices that share the work, in words: '2 CPU devices'."""
        kind = f"{self.platform.upper()} device" if self.platform else "device"
        return f"one {kind}" if self.devices == 1 else f"{self.devices} {kind}s"


@dataclass(frozen=True, slots=True)
class Baselines:
    """What counting reaches on the held-out text, see `model.baselines`. Not in the metrics: it has its own file."""

    uniform: float
    """Of a guess among all tokens alike."""
    orders: tuple[float, ...]
    """Of the n-gram models of order 0, 1, 2 and so on."""
    counted: int
    """Characters of the training text that were counted."""
    token: str = "character"
    """What one token is called."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A chunk of optimiser steps is done. Not written to the run: it comes several times a second."""

    epoch: int
    """From 1."""
    step: int
    """Optimiser steps since the beginning of the run."""
    step_in_epoch: int
    steps_per_epoch: int
    loss: float
    """Of the last step's batch alone."""
    epoch_loss: float
    """Mean over the epoch so far."""
    rate: float
    """Learning rate of the chunk's last step."""
    characters_per_second: float
    """Training text consumed per second, over the epoch so far."""
    seconds: float
    """Training time since the run began, without pauses and compiling."""


@dataclass(frozen=True, slots=True)
class Step:
    """A logged optimiser step: every N-th, counted from the beginning of the run."""

    epoch: int
    step: int
    loss: float
    """Of this step alone."""
    rate: float
    mean: float | None = None
    """Mean over the steps since the last logged one, for the loss curve. None in runs of an earlier version."""
    epoch_loss: float | None = None
    """Mean over the epoch so far; None as above."""


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """An epoch, or a part of it, is done and the held-out text read. `held_out` and `bpc` are None without one."""

    epoch: int
    step: int
    loss: float
    held_out: float | None
    bpc: float | None
    """Bits per character of the held-out text: held_out / ln 2."""
    seconds: float
    characters_per_second: float
    windowed: float | None = None
    """Held-out loss when each stretch is read from an empty state; None without a text or if it is too short.
    `held_out` carries the state through all of the text."""
    trained: float = 1.0
    """How much of the epoch was trained: less than 1 where the time limit has ended it."""

    @property
    def judged(self) -> float:
        """The loss that decides which epoch is best: the worse held-out one; without such a text, the training loss."""
        if self.held_out is None:
            return self.loss
        return self.held_out if self.windowed is None else max(self.held_out, self.windowed)

    def beats(self, best: float | None) -> bool:
        """Whether this is better than the best epoch before, by its `judged`, if any. Equals are not, nor is NaN."""
        return not math.isnan(self.judged) and (best is None or self.judged < best)

    @property
    def drifts(self) -> bool:
        """Whether carrying the state along makes the text clearly harder to predict."""
        return self.held_out is not None and self.windowed is not None and self.held_out > self.windowed + DRIFT


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Training diverged: it continues from good weights, at a lower rate."""

    step: int
    """Optimiser steps done when that was noticed."""
    to_step: int
    """Optimiser steps that the good weights have seen."""
    to_epoch: int
    """Whole epochs that they have seen."""
    reason: str
    """What happened, as a clause: 'the loss was no number'."""
    rate_scale: float
    """The schedule's learning rate is multiplied by this from now on."""


@dataclass(frozen=True, slots=True)
class RateScaled:
    """The user has changed the learning rate."""

    step: int
    """Optimiser steps done: the next one is the first at the new rate."""
    factor: float
    rate_scale: float
    """The schedule's learning rate is multiplied by this from now on."""

    @property
    def words(self) -> str:
        """What has happened, for a log."""
        done = {0.5: "halved", 2.0: "doubled"}.get(self.factor, f"multiplied by {self.factor:g}")
        now = f"{self.rate_scale:.3g} times the recipe's" if self.rate_scale != 1 else "the recipe's again"
        return f"learning rate {done} at step {self.step:,}: now {now}"


@dataclass(frozen=True, slots=True)
class StopPlanned:
    """The user wants training to stop after an epoch, or no longer."""

    step: int
    epoch: int | None
    """That epoch, from 1; None if training continues after all."""
    asked: bool = False
    """Whether another program asked for it."""

    @property
    def words(self) -> str:
        """What will happen, for a log."""
        return "training goes on after this epoch" if self.epoch is None else f"training stops after epoch {self.epoch}"


@dataclass(frozen=True, slots=True)
class SampleAsked:
    """Another program has asked for samples of the present weights."""

    step: int
    epoch: float
    """Epochs done; 2.5 is in the middle of the third."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A request of another program was carried out."""

    step: int
    request: str
    """Its name of its own."""
    words: str
    """What was done."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Training pauses between two steps."""

    step: int
    """Optimiser steps done."""
    showing: bool = False
    """Whether it only waits until the epoch's samples are written."""
    asked: bool = False
    """Whether another program asked for it."""


@dataclass(frozen=True, slots=True)
class Unpaused:
    """Paused training continues."""

    step: int
    asked: bool = False
    """Whether another program asked for it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint is on the disk."""

    path: str
    step: int


@dataclass(frozen=True, slots=True)
class SaveFailed:
    """Something could not be saved. Training continues and saving is retried. `reason` is a sentence."""

    reason: str
    on_disk: int | None = None
    """Optimiser steps of the newest state that is still on the disk, 0 for none; None where nothing was looked at."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The run has ended."""

    reason: str
    """'epochs', 'time', 'stopped', or 'diverged': training diverged repeatedly."""
    epoch: int
    step: int
    seconds: float
    best_held_out: float | None
    best_epoch: int | None
    run: str | None


# fmt: off
Event = (
    CorpusReady | BegunFrom | Resumed | Compiled | Baselines | Progress | Step | EpochEnd | RolledBack | RateScaled
    | StopPlanned | SampleAsked | Answered | Paused | Unpaused | Saved | SaveFailed | Finished
)
# fmt: on


class TimedEvent(NamedTuple):
    """An event and when it happened."""

    event: Event
    at: float | None
    """Seconds since 1970; None if that is not known."""
