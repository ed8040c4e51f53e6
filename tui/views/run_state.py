"""RunState: what a watched run is doing, according to its folder. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.runs import run_view

State = run_view.State | Literal["silent", "gone"]
"""The states of RunView; silent: without news for so long that it may have been killed; gone: its folder is missing."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A watched run's state."""

    state: State
    since: float
    """Time of the last news, by `time.monotonic`."""
    takes_requests: bool = False
    """Whether the program that trains it can be asked for something."""

    @property
    def out_of_reach(self) -> bool:
        """Whether it is unknown what the run is doing."""
        return self.state in ("silent", "gone")
