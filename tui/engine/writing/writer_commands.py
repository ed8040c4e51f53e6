"""All that a writer can be asked: what keys ask for, and what only an engine knows of."""

from __future__ import annotations

from dataclasses import dataclass

from tui.engine.writing.sample import Sample
from tui.keys.key_commands import ChooseWeights, PauseWriting, Reseed, SetSpeed, SetTemperature, WriteNow, WriteOne


@dataclass(frozen=True, slots=True)
class ShowEpoch:
    """From the engine: an epoch is over, write its showing as soon as nothing else is being written."""

    epoch: int


@dataclass(frozen=True, slots=True)
class TrainingOver:
    """From the engine: no epoch follows any more."""


@dataclass(frozen=True, slots=True)
class TrainingGoesOn:
    """From the engine: epochs follow after all."""

    epoch: int
    """Whole epochs done; showings of later ones are still to come, whatever was shown before."""


@dataclass(frozen=True, slots=True)
class ShowSample:
    """From the engine: somebody else has written this; show it as soon as nothing is being written."""

    sample: Sample


WriterCommand = (
    SetTemperature
    | Reseed
    | WriteNow
    | ChooseWeights
    | PauseWriting
    | WriteOne
    | SetSpeed
    | ShowEpoch
    | TrainingOver
    | TrainingGoesOn
    | ShowSample
)
"""What a writer takes, between two characters."""
