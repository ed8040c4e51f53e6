"""Training states from before any divergence, kept on the host, and the choice among them for a rollback."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from model.runs.checkpoint import Checkpoint
from model.training.guard.divergence import MARGIN

_RECENT = 2
"""How many of the latest states are kept, beside the best."""


@dataclass(slots=True, eq=False)
class _Kept:
    state: Checkpoint
    probe: float = math.nan
    """The loss of its weights at the probe, once that is known."""


class GoodStates:
    """The latest states and the best one.

    Args:
        probe: the mean loss of a state's weights, in nats per character, on a fixed stretch of text.
    """

    def __init__(self, probe: Callable[[Checkpoint], float]) -> None:
        self._probe = probe
        self._recent: deque[_Kept] = deque(maxlen=_RECENT)
        self._best: _Kept | None = None

    @property
    def best(self) -> Checkpoint | None:
        """The best on the held-out text."""
        return self._best.state if self._best else None

    def keep(self, state: Checkpoint, *, best: bool = False) -> None:
        """Keep a state in which nothing seemed wrong."""
        kept = _Kept(state)
        self._recent.append(kept)
        if best:
            self._best = kept

    def reference(self) -> float:
        """The lowest loss at the probe of all that is kept."""
        return min((self._judged(kept) for kept in self._all()), default=math.nan)

    def lowest_rate_scale(self) -> float:
        """Of all kept states: a rate raised since then may be the cause of the divergence."""
        return min(float(kept.state.arrays["rate_scale"]) for kept in self._all())

    def take(self) -> Checkpoint:
        """The newest state that is about as good as the best at the probe; newer ones are dropped."""
        enough = self.reference() + MARGIN / 2
        chosen = next(kept for kept in self._all() if self._judged(kept) <= enough)
        while self._recent and self._recent[-1] is not chosen:
            self._recent.pop()
        return chosen.state

    def _all(self) -> list[_Kept]:
        """Newest first."""
        recent = list(reversed(self._recent))
        return recent if self._best is None or self._best in recent else [*recent, self._best]

    def _judged(self, kept: _Kept) -> float:
        if math.isnan(kept.probe):
            loss = self._probe(kept.state)
            kept.probe = math.inf if math.isnan(loss) else loss
        return kept.probe
