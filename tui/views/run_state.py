"""Standing: what a run that is trained elsewhere does, as far as its folder tells. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["waiting", "training", "restarted", "paused", "finished", "silent", "gone"]
"""Before its first step; learning; begun again and not yet learning; held; over; without news for too long, so that it
may have been killed; without its folder."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run's state."""

    state: State
    since: float
    """When there was the last news of it, by `time.monotonic`."""

    @property
    def out_of_reach(self) -> bool:
        """Whether nobody here can tell what it does."""
        return self.state in ("silent", "gone")
