"""All commands of a writer: those of keys, and those that only an engine sends."""

from __future__ import annotations

from dataclasses import dataclass

from model.writing.provenance import Sample
from tui.keys.key_commands import WritingCommand


@dataclass(frozen=True, slots=True)
class ShowEpoch:
    """From the engine: an epoch has ended; write its showing as soon as nothing else is being written."""

    epoch: int


@dataclass(frozen=True, slots=True)
class EpochLeft:
    """From the engine: how long the present epoch still takes, for the automatic speed."""

    seconds: float
    """NaN while that is not known."""


@dataclass(frozen=True, slots=True)
class TrainingOver:
    """From the engine: no more epochs follow."""


@dataclass(frozen=True, slots=True)
class TrainingResumed:
    """From the engine: training resumes, and more epochs follow."""

    epoch: int
    """Whole epochs done; showings of later ones are still to come, whatever was shown before."""


@dataclass(frozen=True, slots=True)
class ShowSample:
    """From the engine: another program has written this; show it as soon as nothing is being written."""

    sample: Sample


WriterCommand = WritingCommand | ShowEpoch | EpochLeft | TrainingOver | TrainingResumed | ShowSample
"""A writer takes these between two characters."""
