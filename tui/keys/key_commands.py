"""Screen -> engine: what a key asks for. Frozen, plain, and taken by the writer between two characters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetTemperature:
    """Draw the very next character on the screen at this temperature."""

    temperature: float


@dataclass(frozen=True, slots=True)
class Reseed:
    """Begin the current sample again from another seed: `text`, or a random stretch of the corpus."""

    text: str | None = None


@dataclass(frozen=True, slots=True)
class WriteNow:
    """Begin a sample at once, leaving the showing in progress."""


@dataclass(frozen=True, slots=True)
class ChooseWeights:
    """From the next sample on, write with the weights that are best on the held-out text (True), or the newest."""

    best: bool


@dataclass(frozen=True, slots=True)
class PauseWriting:
    """Hold the pen (True) or take it up again (False)."""

    paused: bool


@dataclass(frozen=True, slots=True)
class WriteOne:
    """Write a single character while the pen is held."""


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """Characters per second; None is as fast as the screen takes them."""

    characters_per_second: float | None


@dataclass(frozen=True, slots=True)
class PauseTraining:
    """Hold training (True) or let it go on (False)."""

    paused: bool


@dataclass(frozen=True, slots=True)
class HoldForShowing:
    """Let training wait after each epoch until its showing is over (True), as the exercise does."""

    hold: bool


@dataclass(frozen=True, slots=True)
class SaveNow:
    """Save a checkpoint of the run now."""


Command = (
    SetTemperature
    | Reseed
    | WriteNow
    | ChooseWeights
    | PauseWriting
    | WriteOne
    | SetSpeed
    | PauseTraining
    | HoldForShowing
    | SaveNow
)
