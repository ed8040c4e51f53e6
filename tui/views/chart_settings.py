"""ChartSettings: how the curves of the loss are drawn, as the user has set it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Scale = Literal["linear", "logarithmic"]
Axis = Literal["epochs", "steps", "time"]
Smoothing = Literal["off", "light", "strong"]
ZOOMS: tuple[str, ...] = ("whole run", "last half", "last quarter", "last eighth")
"""Each shows half of what the one before shows."""


@dataclass(frozen=True, slots=True)
class ChartSettings:
    """How the curves are drawn; keys change it."""

    scale: Scale = "linear"
    smoothing: Smoothing = "off"
    axis: Axis = "epochs"
    zoom: int = 0
    """A place in ZOOMS."""
    lines: bool = True
    """Whether lines are drawn."""
    overlays: bool = True
    """Whether other runs are drawn."""

    def zoomed(self, steps: int) -> ChartSettings:
        """So many steps closer, as far as there are any."""
        return replace(self, zoom=min(len(ZOOMS) - 1, max(0, self.zoom + steps)))


USUAL_CHART = ChartSettings()
"""Before anything is set."""
