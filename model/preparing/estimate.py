"""Estimate: what can be said of a new run before it begins. Plain data, in words for command line and screen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from model.options.fields import spelled_options
from model.runs.housekeeping.run_summary import spelled_size
from model.runs.housekeeping.spelled_times import about, duration

START_SECONDS = 4.0
"""About, until the training step is compiled."""
_EACH_SECONDS = 10.0
"""Of an epoch that takes less, whole seconds would not agree with the time in all."""


class Advice(NamedTuple):
    """What is not as it should be, and what helps."""

    sentence: str
    changes: Mapping[str, object]
    """Fields of the recipe, with the values that help; may be empty."""
    hinders: bool = False
    """Whether the run cannot begin as it is."""

    @property
    def options(self) -> str:
        """The changes as options."""
        return spelled_options(self.changes)

    @property
    def words(self) -> str:
        """The sentence, and the options to try."""
        return f"{self.sentence} Try {self.options}" if self.changes else self.sentence


class Cost(NamedTuple):
    """What a run will take."""

    steps_per_epoch: int
    epochs: int
    parameters: int
    epoch_seconds: float
    """About, with the evaluation at its end."""
    found: str
    """How the time was found, in a few words: 'measured in the run book-fast-1'."""
    memory: int
    """Bytes, about."""
    disk: int
    """Bytes at the end of the run, about."""
    sight: str = ""
    """How far back the network sees, in words; empty where that has no end."""
    max_seconds: float | None = None
    """Of training, after which it stops."""

    @property
    def time(self) -> str:
        """'about 1:08 for 16 epochs (measured in the run …)'; an epoch's time alone where it is no small number.

        Where a time limit comes before the end, also: '; it stops after 0:20, in epoch 5'.
        """
        whole = about(self.epoch_seconds * self.epochs + START_SECONDS)
        if self.epochs == 1:
            return f"{whole} for one epoch ({self.found}){self._stop}"
        each = f", {about(self.epoch_seconds)} each" if self.epoch_seconds >= _EACH_SECONDS else ""
        return f"{whole} for {self.epochs:,} epochs{each} ({self.found}){self._stop}"

    @property
    def _stop(self) -> str:
        if self.max_seconds is None or self.max_seconds >= self.epoch_seconds * self.epochs:
            return ""
        epoch = int(self.max_seconds / self.epoch_seconds) + 1
        return f"; it stops after {duration(self.max_seconds)}, in epoch {epoch:,}"

    @property
    def size(self) -> str:
        """'119,892 parameters, 528 steps an epoch, memory about 480 MB, disk 12 MB'."""
        sight = f"{self.sight}, " if self.sight else ""
        return (
            f"{self.parameters:,} parameters, {sight}{self.steps_per_epoch:,} steps an epoch, "
            f"memory about {spelled_size(_rounded(self.memory))}, disk {spelled_size(_rounded(self.disk))}"
        )


class Estimate(NamedTuple):
    """What is known of a run that has not begun."""

    text: str
    """What was made of the text: '600,893 characters, 57 distinct; the last 60,090 are held out'."""
    cost: Cost | None
    """None where the run cannot begin."""
    advice: tuple[Advice, ...]
    fitted: Mapping[str, object] = MappingProxyType({})
    """Fields of the recipe that nobody has set, with the values that fit the text."""
    notes: tuple[str, ...] = ()
    """What was fitted to the text, a sentence each."""

    def within(self, max_seconds: float | None) -> Estimate:
        """The same of a run that stops after so many seconds of training, if any."""
        return self._replace(cost=self.cost and self.cost._replace(max_seconds=max_seconds))

    @property
    def hindered(self) -> bool:
        """Whether the run cannot begin."""
        return any(each.hinders for each in self.advice)

    @property
    def lines(self) -> list[str]:
        """What it costs and what would help, in lines."""
        said = [f"{self.cost.time[0].upper()}{self.cost.time[1:]}.", f"{self.cost.size}."] if self.cost else []
        return [*said, *self.notes, *(each.words for each in self.advice)]

    def record(self) -> dict[str, Any]:
        """The same for a line of JSON."""
        cost = self.cost._asdict() if self.cost else {}
        advice = [{"sentence": each.sentence, "changes": dict(each.changes)} for each in self.advice]
        return {"event": "estimate", "text": self.text, "fitted": dict(self.fitted), **cost, "advice": advice}


def _rounded(size: int) -> int:
    """In two figures: more would promise too much."""
    unit = 10 ** max(0, len(str(size)) - 2)
    return round(size / unit) * unit
