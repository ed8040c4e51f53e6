"""Screen -> engine: the commands of keys. Frozen and plain; the writer takes them between two characters."""

from __future__ import annotations

from dataclasses import dataclass

from model.sampling import Sampling, Unit
from model.training.steering.training_commands import SampleNow, Save, ScaleRate, StopAfterEpoch
from tui.launch import Speed


@dataclass(frozen=True, slots=True)
class SetSampling:
    """Draw a stream with this sampling, from the next character on."""

    sampling: Sampling
    stream: int | None = None
    """None is the selected one."""
    own_temperatures: bool = False
    """Whether each text keeps its own temperature, and only the rest is set."""


@dataclass(frozen=True, slots=True)
class SelectStream:
    """Let keys steer this stream."""

    stream: int


@dataclass(frozen=True, slots=True)
class Reseed:
    """Begin the current samples again from another seed: `text`, or a random stretch of the corpus."""

    text: str | None = None


@dataclass(frozen=True, slots=True)
class PinSeed:
    """Let every showing and sample to come continue this text, and epochs that end write it beside the run's own seed.

    None lets texts take random seeds again.
    """

    text: str | None


@dataclass(frozen=True, slots=True)
class WriteEpochs:
    """Write this text with the weights of every epoch that is kept, newest first; None ends that."""

    seed: str | None


@dataclass(frozen=True, slots=True)
class ReadEpoch:
    """Read what an epoch wrote with its own weights, and answer with an `EpochRead`; only the last one counts."""

    epoch: int
    step: int
    """Optimiser steps that the weights have seen."""
    texts: tuple[tuple[str, str], ...]
    """Seed and text of each sample."""
    unit: Unit
    """Of the network: what it says is told."""


@dataclass(frozen=True, slots=True)
class SeekCopies:
    """Look how much is copied of what an epoch wrote, and answer with a `CopiesFound`; only the last one counts."""

    texts: tuple[tuple[str, str], ...]
    """Seed and text of each sample."""


@dataclass(frozen=True, slots=True)
class WriteByCounts:
    """Write this text on by counting alone, beside the model, and answer with a `CountedText`."""

    order: int | None
    """Tokens back that are looked at; None writes nothing, and lets go of what was counted."""
    seed: str
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class ScoreText:
    """Score this text with the weights that write now."""

    text: str


@dataclass(frozen=True, slots=True)
class WriteNow:
    """Begin a new sample at once; the rest of a showing is left out."""


@dataclass(frozen=True, slots=True)
class ChooseWeights:
    """Write with the weights that are best on the held-out text (True) or the newest, from the next sample on."""

    best: bool


@dataclass(frozen=True, slots=True)
class PauseWriting:
    """Pause (True) or resume writing (False)."""

    paused: bool


@dataclass(frozen=True, slots=True)
class WriteOne:
    """Write a single character while writing is paused."""


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """How fast each stream is written."""

    speed: Speed


@dataclass(frozen=True, slots=True)
class AskOdds:
    """Compute the odds of the selected stream (True), or stop that (False)."""

    on: bool


@dataclass(frozen=True, slots=True)
class LookAt:
    """Compute the odds of a place of a stream's newest text."""

    stream: int
    offset: int | None
    """Characters of the text before the place, without the seed; None is where the stream writes."""


@dataclass(frozen=True, slots=True)
class WatchUnit:
    """Tell what this unit says at each character of all streams; None ends that."""

    unit: Unit | None


@dataclass(frozen=True, slots=True)
class FindUnits:
    """Find the units that follow something in the run's text, with the newest weights."""


@dataclass(frozen=True, slots=True)
class ChooseToken:
    """Go on from a place of a stream's newest text with another token: a branch."""

    stream: int
    offset: int
    """Characters of the text before the token, without the seed."""
    token: int


@dataclass(frozen=True, slots=True)
class Undo:
    """Return to the text that a stream had before the newest branch."""

    stream: int


@dataclass(frozen=True, slots=True)
class Redo:
    """Return to the text that the newest undo left."""

    stream: int


@dataclass(frozen=True, slots=True)
class PauseTraining:
    """Pause (True) or resume training (False)."""

    paused: bool


@dataclass(frozen=True, slots=True)
class HoldForShowing:
    """Pause training after each epoch until its showing is over (True), as the exercise does."""

    hold: bool


SteerTraining = Save | ScaleRate | StopAfterEpoch | SampleNow
"""What keys ask of the trainer as it is; an engine that only watches asks the program that trains."""

BranchingCommand = AskOdds | LookAt | WatchUnit | ChooseToken | Undo | Redo
WritingCommand = (
    SetSampling
    | SelectStream
    | Reseed
    | PinSeed
    | WriteNow
    | ChooseWeights
    | PauseWriting
    | WriteOne
    | SetSpeed
    | BranchingCommand
)
Command = (
    WritingCommand
    | WriteEpochs
    | ReadEpoch
    | SeekCopies
    | WriteByCounts
    | ScoreText
    | FindUnits
    | PauseTraining
    | HoldForShowing
    | SteerTraining
)
