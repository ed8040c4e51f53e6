"""Launch: what the command line decided before the screen opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.recipe import FAST, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The settings a screen starts with; what keys change afterwards lives in `tui.session`."""

    corpus: tuple[str, ...] = ()
    """What to read, as `corpora.open_corpus` takes it: a name, paths, an address or '-'; empty is the default one."""
    recipe_name: str = "fast"
    """The preset that `recipe` started from, as people know it."""
    recipe: Recipe = FAST
    speed: float | None = 80.0
    """Characters written per second at the start; None is as fast as the screen takes them."""
    theme: str | None = None
    """'dark' or 'light'; None is dark."""
    ascii: bool | None = None
    """Draw with plain ASCII only; None lets the terminal's locale decide."""
    runs: Path | None = None
    """Where runs are kept; None is the platform's folder for a person's data."""
    name: str | None = None
    """The run's name; None makes one of the corpus, the recipe and the date."""
    max_seconds: float | None = None
    """Training time after which the run ends."""
    devices: int = 0
    """Devices to train on; 0 chooses."""
