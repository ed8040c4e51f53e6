"""RunSummary: a run in a listing. Plain data, which the command line and the screen show in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.runs.housekeeping.run_states import RunState


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a listing."""

    name: str
    folder: Path
    corpus: str | None
    recipe: str | None
    """The preset that it started from."""
    epoch: int
    """Epochs done; of a run that no program trains, those that are on the disk."""
    epochs: int | None
    """Epochs the recipe asks for."""
    best_held_out: float | None
    """In nats per character, of the best epoch; likewise."""
    updated: float
    """When training last wrote to it, in seconds since 1970."""
    size: int
    """Bytes on the disk."""
    problem: str | None
    """Why it cannot be used, in a sentence; None if it can."""
    state: RunState = "unfinished"
    edited: bool = False
    """Whether its recipe.toml was edited in what cannot be obeyed; `needs` says in what."""
    needs: str | None = None
    """What opening it with its text needs beside the run, in a sentence; None if nothing."""
    seconds_an_epoch: float | None = None
    """Training time an epoch, so far; None if that is not known."""
    unkept: str = ""
    """What was trained and is not on the disk, without a full stop: 'Epochs 5 to 7 were trained and not kept'."""
    trained: float = 0.0
    """Epochs done, with the part of the present one."""
    kind: tuple[str, ...] = ()
    """Its network and its tokens, where they are not those of its preset: `('gru', 'words')`."""
    network: str | None = None
    tokens: str | None = None
    """What its recipe asks for."""
    losses: tuple[float, ...] = ()
    """Training losses from its beginning to its end, in nats per character: a few dozen at most."""

    @property
    def unfinished(self) -> bool:
        """Whether there are epochs left to train."""
        return self.problem is None and self.epochs is not None and self.epoch < self.epochs


def spelled_size(size: int) -> str:
    """Bytes, in a unit that keeps the number short: '4.5 MB'."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if value >= 10 or units[0] == "B" else f"{value:.1f} {units[0]}"
