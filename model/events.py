"""What a training run says of itself: the stream of events that the screen and the command line both read.

Every event is a frozen dataclass of plain numbers and short strings, so it can cross threads and be written as
one line of JSON. Losses are in nats per character; times in seconds. Nothing here imports JAX.
"""

from __future__ import annotations

from dataclasses import dataclass

DRIFT = 0.05
"""By how many nats the held-out text must cost more with the state carried along for the state to have drifted."""


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


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run goes on where it was saved last."""

    epoch: int
    """Whole epochs done."""
    step: int
    """Optimiser steps done."""
    best_held_out: float | None
    notices: tuple[str, ...]
    """What keeps it from going on bit for bit as it would have, a sentence each."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The first chunk has run: compiling is over. `parameters` counts the network's numbers."""

    seconds: float
    parameters: int
    devices: int
    steps_per_epoch: int
    epochs: int
    run: str | None
    """The run's folder, or None where nothing is kept."""
    platform: str = ""
    """Of the devices, as JAX calls it: 'cpu' or 'gpu'. Empty where a run of an earlier version does not say."""

    @property
    def work_shared(self) -> str:
        """What shares the work, in words: '2 CPU devices'."""
        kind = f"{self.platform.upper()} device" if self.platform else "device"
        return f"one {kind}" if self.devices == 1 else f"{self.devices} {kind}s"


@dataclass(frozen=True, slots=True)
class Progress:
    """A chunk of optimiser steps is done."""

    epoch: int
    """From 1."""
    step: int
    """Optimiser steps since the beginning of the run."""
    step_in_epoch: int
    steps_per_epoch: int
    loss: float
    """Mean over the chunk."""
    epoch_loss: float
    """Mean over the epoch so far."""
    rate: float
    """Learning rate of the chunk's last step."""
    characters_per_second: float
    """Training text consumed per second, over the epoch so far."""
    seconds: float
    """Spent training since the run began, pauses left out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the optimiser steps that are logged: every N-th, counted from the beginning of the run."""

    epoch: int
    step: int
    loss: float
    """Of this very step."""
    rate: float


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """An epoch is done and the held-out text has been read. `held_out` and `bpc` are None without one."""

    epoch: int
    step: int
    loss: float
    held_out: float | None
    bpc: float | None
    """Bits per character of the held-out text: held_out / ln 2."""
    seconds: float
    characters_per_second: float
    windowed: float | None = None
    """The held-out loss read in stretches from an empty state; None without a text or with one too short for it.
    `held_out` is read with the state carried through all of the text."""

    @property
    def judged(self) -> float:
        """What the best epoch is the lowest in: the worse of the two; without a held-out text, the training loss."""
        if self.held_out is None:
            return self.loss
        return self.held_out if self.windowed is None else max(self.held_out, self.windowed)

    @property
    def drifts(self) -> bool:
        """Whether the text is predicted clearly worse with the state carried along."""
        return self.held_out is not None and self.windowed is not None and self.held_out > self.windowed + DRIFT


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Training went wrong: it goes on from good weights, at a lower rate."""

    step: int
    """Optimiser steps done when that was noticed."""
    to_step: int
    """Those that the good weights have seen."""
    to_epoch: int
    """Whole epochs that they have seen."""
    reason: str
    """What went wrong, as a clause: 'the loss was no number'."""
    rate_scale: float
    """What the schedule's learning rate is multiplied by from now on."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Training is held between two steps. Told in the run's metrics alone: whoever asked for it knows."""

    step: int
    """Optimiser steps done."""


@dataclass(frozen=True, slots=True)
class Unpaused:
    """Training that was held goes on; told as `Paused` is."""

    step: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint is on the disk."""

    path: str
    step: int


@dataclass(frozen=True, slots=True)
class SaveFailed:
    """Something could not be saved; training goes on, and saving is tried again. `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over."""

    reason: str
    """'epochs', 'time', 'stopped', or 'diverged': it went wrong again and again."""
    epoch: int
    step: int
    seconds: float
    best_held_out: float | None
    best_epoch: int | None
    run: str | None


Event = (
    CorpusReady
    | Resumed
    | Compiled
    | Progress
    | Step
    | EpochEnd
    | RolledBack
    | Paused
    | Unpaused
    | Saved
    | SaveFailed
    | Finished
)
