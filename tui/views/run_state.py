"""RunState: what a watched run is doing, as far as its folder tells. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.runs import run_view

State = run_view.State | Literal["silent", "gone"]
"""As its events have it; without news for so long that it may have been killed; without its folder."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A watched run's state."""

    state: State
    since: float
    """When the last news came, by `time.monotonic`."""

    @property
    def out_of_reach(self) -> bool:
        """Whether it is unknown what the run is doing."""
        return self.state in ("silent", "gone")
