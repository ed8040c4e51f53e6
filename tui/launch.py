"""Launch: what the command line decided before the screen opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.options.options import SAVE_SECONDS
from model.recipe import FAST, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The settings a screen starts with; what keys change afterwards lives in `tui.keys.session`."""

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
    resume: str | None = None
    """The run to go on with, by its name or folder; '' is the unfinished one that was changed last. None begins a run.

    `tui.engine.launch_runs.going_on` puts the run's folder here, and its recipe and name into the fields above.
    """
    watch: str | None = None
    """The run to watch that is trained elsewhere, by its name or folder; None for one that is trained here.

    `tui.engine.launch_runs.watching` puts the run's folder here, and its recipe and name into the fields above.
    """
    offer_unfinished: bool = False
    """Whether to ask at the start if an unfinished run shall go on instead."""
    save_every: float = SAVE_SECONDS
    """Seconds between two checkpoints in the middle of an epoch."""
    log_every: int = 100
    """The loss of every so many steps is logged in the run; 0 of none."""
    max_seconds: float | None = None
    """Training time after which the run ends."""
    devices: int = 0
    """Devices to train on; 0 chooses."""
    headless: tuple[str, ...] = ()
    """The command line of `charlstm train` for a training by many processes, whose run the screen watches."""
    device: str = "auto"
    """What they are: 'cpu', 'gpu', or 'auto' for the GPU where JAX finds one."""

    @property
    def watches(self) -> bool:
        """Whether another program trains the run."""
        return self.watch is not None or bool(self.headless)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A run that was left before its end."""

    launch: Launch
    """What goes on with it."""
    name: str
    corpus: str
    epoch: int
    """Whole epochs done."""
    epochs: int
    best_held_out: float | None
    """In nats per character."""
    seconds_ago: float
    """Since it was last written to."""
