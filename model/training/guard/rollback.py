"""Rollback: when training diverges, it resumes from good weights at half the learning rate."""

from __future__ import annotations

import math

from model.training.events import RolledBack
from model.training.guard.divergence import MARGIN
from model.training.guard.good_states import GoodStates
from model.training.learner import Chunk, Learner

NOT_FINITE = "a weight was no number"

_CALM_STEPS = 1000
"""Steps without divergence after which earlier ones no longer count."""

_MOST_IN_A_ROW = 5
"""Rollbacks in a row; after that, a lower rate will not help."""


class Rollback:
    """Watches a learner for divergence, and takes it back to good weights.

    Args:
        learner: what trains.
    """

    def __init__(self, learner: Learner) -> None:
        self.states = GoodStates(lambda state: learner.probe(learner.params_of(state)))
        self.gave_up = False
        """Whether training has diverged too often in a row."""
        self._learner = learner
        self._in_a_row, self._last_step = 0, 0

    def find_divergence(self, chunk: Chunk) -> str | None:
        """How a chunk of steps has spoiled the weights, as a clause; None where it has not."""
        detector = self._learner.detector
        for loss, norm in zip(chunk.losses.tolist(), chunk.norms.tolist(), strict=True):
            suspicion = detector.watch(loss, norm)
            if suspicion is None:
                continue
            # A harder stretch of text raises the loss as well. So the weights are tested on text that never changes.
            if not self._learner.probe() <= self.states.reference() + MARGIN:
                return suspicion
            detector.accept()
        return None

    def roll_back(self, reason: str) -> RolledBack:
        """Put good weights in the place of the learner's, and halve its rate.

        Args:
            reason: how the weights were spoiled, as a clause.
        """
        learner = self._learner
        step, before = learner.step, learner.totals
        scale_before = math.inf if math.isnan(learner.rate_scale) else learner.rate_scale
        # A rate that was raised may be the cause, and good weights may have been kept since: half of what went well.
        rate_scale = min(self.states.lowest_rate_scale(), scale_before) / 2
        if 2 * rate_scale < scale_before < math.inf:
            reason = f"{reason} at {scale_before:.3g} times the recipe's rate"
        self._in_a_row = self._in_a_row + 1 if step - self._last_step <= _CALM_STEPS else 1
        self.gave_up = self._in_a_row > _MOST_IN_A_ROW
        learner.restore(self.states.take())
        learner.totals.keep_from(before)
        self._last_step = learner.step
        learner.set_rate_scale(rate_scale)
        return RolledBack(
            step=step,
            to_step=learner.step,
            to_epoch=learner.cursor.epoch,
            reason=reason,
            rate_scale=learner.rate_scale,
        )
