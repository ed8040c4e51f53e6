"""SteeringHistory: how a run was steered, folded from its events, and what of that a resumed run repeats.

A change of the learning rate has the step at which it took effect. A run that resumes at an earlier step makes it again
there, so that it gets the same weights. Nothing here imports JAX.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from model.training.events import (
    CorpusReady,
    Event,
    Finished,
    Paused,
    RateScaled,
    RolledBack,
    SampleAsked,
    StopPlanned,
)

Steered = RateScaled | RolledBack | StopPlanned | SampleAsked | Paused
"""What a run reports of being steered; a rollback steers as well."""


class Change(NamedTuple):
    """The learning rate from a step on."""

    step: int
    """Optimiser steps done before."""
    rate_scale: float
    """The schedule's learning rate is multiplied by this."""
    by_hand: bool = True
    """Whether the user made it; else a rollback did."""


class SteeringHistory:
    """What was steered, without what a rollback or a later decision has undone."""

    def __init__(self) -> None:
        self.events: list[Steered] = []
        """By step."""
        self.last_epoch: int | None = None
        """The epoch after which training is to stop, from 1; None while no stop is planned."""

    @classmethod
    def of(cls, events: Iterable[Event]) -> SteeringHistory:
        """The history in a run's events."""
        history = cls()
        for event in events:
            history.apply(event)
        return history

    def apply(self, event: Event) -> None:
        """Fold in an event of the run."""
        if isinstance(event, CorpusReady | Finished | StopPlanned):
            self.last_epoch = event.epoch if isinstance(event, StopPlanned) else None
        match event:
            case RateScaled() | RolledBack():
                # A run that resumed early was steered anew: what was still to be repeated is not.
                self.events = [each for each in self.events if _place(each) <= _place(event)]
                self.events.append(event)
            case StopPlanned() | SampleAsked() | Paused(showing=False):
                self.events = sorted((*self.events, event), key=_place)

    def changes(self, step: int) -> list[Change]:
        """The changes of the learning rate at this step and after it, in their order.

        One at the step itself may be made already; it can be made again.
        """
        changes = [each for each in self.events if isinstance(each, RateScaled | RolledBack)]
        made = [Change(_place(each), each.rate_scale, isinstance(each, RateScaled)) for each in changes]
        return [each for each in made if each.step >= step]


def _place(event: Steered) -> int:
    """The step from which an event counts."""
    return event.to_step if isinstance(event, RolledBack) else event.step
