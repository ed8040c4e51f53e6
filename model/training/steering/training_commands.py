"""What a training run can be asked while it goes; taken between two chunks of steps. Nothing here imports JAX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    """Do no more steps until Resume or Stop."""

    showing: bool = False
    """Whether only the epoch's samples are waited for."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after Pause, if nothing else holds training."""

    showing: bool = False
    """Whether only the epoch's samples were waited for."""


@dataclass(frozen=True, slots=True)
class ScaleRate:
    """Multiply the learning rate by `factor` from the next step on."""

    factor: float


@dataclass(frozen=True, slots=True)
class StopAfterEpoch:
    """End the run after the epoch in progress (True), or not after all."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class SampleNow:
    """Write samples with the weights as they are now."""


@dataclass(frozen=True, slots=True)
class Save:
    """Write a checkpoint now."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Save and end the run."""


Command = Pause | Resume | ScaleRate | StopAfterEpoch | SampleNow | Save | Stop
