"""Copies of the parameters for the writer, made while training continues."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from model.networks.network import Params
from model.runs.checkpoint import Checkpoint
from model.tokens.batches import Cursor
from model.training.learner import Learner

_PUBLISH_SECONDS = 1.0
"""Parameters are copied at most this often in the middle of an epoch."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Parameters as they were at one moment, on the host; nothing overwrites them."""

    params: Params
    epoch: float
    """Epochs they have seen; 2.5 is in the middle of the third."""
    step: int
    best: bool = False
    """Whether they are the best on the held-out text so far, rather than the newest."""
    ended: int | None = None
    """The epoch that ended with them, from 1; also one that a time limit has cut short."""


class Publisher:
    """Publishes a learner's parameters as snapshots.

    Args:
        learner: whose parameters.
        publish: called with every snapshot, in the thread that trains.
    """

    def __init__(self, learner: Learner, publish: Callable[[Snapshot], None]) -> None:
        self._learner, self._publish = learner, publish
        self._next = 0.0

    @property
    def due(self) -> bool:
        """Whether it is time for the newest parameters again."""
        return time.perf_counter() >= self._next

    def publish_newest(self, *, ended: int | None = None) -> Params:
        """Publish the parameters as they are now; copying takes a twentieth of the time at most.

        Args:
            ended: the epoch that has just ended, if any.
        """
        learner, begun = self._learner, time.perf_counter()
        params = learner.host_params()
        self._publish(Snapshot(params, self._epochs_at(learner.cursor), learner.step, ended=ended))
        now = time.perf_counter()
        self._next = now + max(_PUBLISH_SECONDS, 20 * (now - begun))
        return params

    def publish_best(self, params: Params, step: int) -> None:
        """Publish parameters, as they are after this many steps, as the best so far."""
        self._publish(Snapshot(params, self._epochs_at(self._learner.cursor), step, best=True))

    def publish_best_of(self, state: Checkpoint) -> None:
        """Publish the parameters of a checkpoint of the same run as the best so far."""
        at = state.manifest
        params = self._learner.params_of(state)
        self._publish(Snapshot(params, self._epochs_at(at.cursor), at.step, best=True))

    def _epochs_at(self, cursor: Cursor) -> float:
        return cursor.epoch + round(cursor.step / self._learner.reader.steps_per_epoch, 3)
