"""MoreEpochs: a run that can learn on: how far it is, how many epochs it may have in all, and what they cost. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from corpora.safe_text import shown
from model.recipe import Recipe
from model.runs.housekeeping.spelled_times import about
from tui.views import quantities

MOST_EPOCHS = int(Recipe.__dataclass_fields__["epochs"].metadata["high"])

_RISES = "\nA one-cycle rate rises again, so that the loss may rise at first."
"""Of a longer run than was planned."""


@dataclass(frozen=True, slots=True)
class MoreEpochs:
    """What is known of a run before it learns on."""

    folder: str
    name: str
    done: int
    """Whole epochs trained."""
    planned: int
    """Epochs that it was to have."""
    seconds_an_epoch: float | None
    """At the pace so far; None if that is not known."""
    trained: float = 0.0
    """Epochs trained with the part of the present one, where that is known."""

    @property
    def usual(self) -> int:
        """Epochs in all unless the user says otherwise: those that are left, or as many again."""
        return self.planned if self.done < self.planned else min(MOST_EPOCHS, 2 * self.done)

    @property
    def question(self) -> str:
        """What the user is asked."""
        trained = f"{self.done} of {self.planned}" if self.done < self.planned else f"all of its {self.done}"
        return f"{shown(self.name, 60)} has trained {trained} epochs. How many in all?"

    def chosen(self, text: str) -> int | None:
        """The epochs in all that a text asks for; None if they cannot be trained."""
        number = int(text) if text.strip().isdecimal() and len(text) < 10 else 0
        return number if self.done < number <= MOST_EPOCHS else None

    def answer(self, text: str) -> str:
        """What that number means, or why it cannot be."""
        if (epochs := self.chosen(text)) is None:
            if not text.strip().isdecimal():
                return "Type a whole number of epochs."
            return f"Give more than {self.done} epochs, and at most {MOST_EPOCHS:,}."
        more = epochs - max(self.done, self.trained)
        words = "One more epoch" if more == 1 else f"{quantities.epochs(more, ',')} more epochs"
        if self.seconds_an_epoch is not None:
            words += f": {about(more * self.seconds_an_epoch)} at the pace so far"
        return f"{words}." + _RISES * (epochs > self.planned)
