"""The baselines by their names, and which of them a network has overtaken. Nothing here imports JAX or NumPy."""

from __future__ import annotations

import math
from typing import NamedTuple

from model.training.events import Baselines, EpochEnd, Event

UNIFORM = -1
"""Stands for the order of guessing among all tokens alike."""


class Baseline(NamedTuple):
    """One rung of the ladder."""

    order: int
    """How many tokens back are looked at; UNIFORM for none, and no counting either."""
    loss: float
    """On the held-out text, in nats per character."""
    token: str = "character"

    @property
    def label(self) -> str:
        """'order 3', or 'uniform'."""
        return label_of(self.order)

    def reaches(self, loss: str) -> str:
        """What to say when its loss, which is spelled so, is known; without the full stop."""
        words = self.words
        return f"{words[0].upper()}{words[1:]} reaches {loss} on the held-out text ({self.label})"

    @property
    def words(self) -> str:
        """What it does: 'counting 3 characters back'."""
        return counting(self.order, self.token)


def label_of(order: int) -> str:
    """'order 3', or 'uniform'."""
    return "uniform" if order == UNIFORM else f"order {order}"


def counting(order: int, token: str = "character") -> str:
    """What the model of an order does, in words: 'counting 3 characters back'."""
    if order == UNIFORM:
        return f"guessing all {token}s alike"
    if order == 0:
        return f"counting {token}s alone"
    return f"counting {order} {token}{'s' if order > 1 else ''} back"


def ladder_of(baselines: Baselines) -> tuple[Baseline, ...]:
    """All rungs, uniform first."""
    losses = enumerate((baselines.uniform, *baselines.orders), start=UNIFORM)
    return tuple(Baseline(order, loss, baselines.token) for order, loss in losses)


def best_of(baselines: Baselines) -> Baseline:
    """The rung with the lowest loss."""
    return min(ladder_of(baselines), key=lambda each: each.loss)


class Overtaking:
    """The fold of a run's events that notices when the held-out loss falls through a baseline; each counts once."""

    def __init__(self) -> None:
        self.baselines: Baselines | None = None
        self.arrived = False
        """Whether the last event has brought the baselines."""
        self.newest: Baseline | None = None
        """The best baseline of those that the last event has overtaken; None if it has overtaken none."""
        self._lowest = math.inf
        self._overtaken: set[int] = set()

    def words(self, loss: str) -> str:
        """What to say of the newest, without a full stop; `loss` is its spelled loss. A lower order may be ahead."""
        if self.newest is None or self.baselines is None:
            return ""
        best, newest = best_of(self.baselines), self.newest
        ahead = f", but not yet better than {best.label}" if best.order < newest.order else ""
        return f"Better than {newest.words} ({newest.label}: {loss}){ahead}"

    def hear(self, event: Event) -> None:
        """Fold in an event."""
        self.newest, self.arrived = None, False
        match event:
            case Baselines() if event != self.baselines:
                self.baselines, self.arrived = event, True
            case EpochEnd(held_out=float(held_out)) if held_out < self._lowest:
                self._lowest = held_out
            case _:
                return
        if self.baselines:
            below = [each for each in ladder_of(self.baselines) if self._lowest < each.loss]
            new = [each for each in below if each.order not in self._overtaken]
            self._overtaken |= {each.order for each in new}
            self.newest = min(new, key=lambda each: each.loss, default=None)
