"""What can be said of a new run before it begins: its text, what it will cost, and what would help. See `cost`."""

from __future__ import annotations

from typing import Any, NamedTuple

from corpora.corpus import Corpus
from model.preparing.advice import Advice, advise
from model.preparing.cost import Cost, cost_of
from model.preparing.measured_speed import Machine
from model.recipe import Recipe
from model.runs.housekeeping.run_summary import spelled_size
from model.tokens.batches import BatchError


class Estimate(NamedTuple):
    """What is known of a run that has not begun."""

    text: str
    """What was made of the text: '600,893 characters, 57 distinct; the last 60,090 are held out'."""
    cost: Cost | None
    """None where the run cannot begin."""
    advice: tuple[Advice, ...]

    @property
    def hindered(self) -> bool:
        """Whether the run cannot begin."""
        return any(each.hinders for each in self.advice)

    @property
    def lines(self) -> list[str]:
        """What it costs and what would help, in lines."""
        said = [f"{self.cost.time[0].upper()}{self.cost.time[1:]}.", f"{self.cost.size}."] if self.cost else []
        return said + [f"{each.sentence}{f' Try {each.options}' if each.changes else ''}" for each in self.advice]

    def record(self) -> dict[str, Any]:
        """The same for a line of JSON."""
        cost = self.cost._asdict() if self.cost else {}
        advice = [{"sentence": each.sentence, "changes": dict(each.changes)} for each in self.advice]
        return {"event": "estimate", "text": self.text, **cost, "advice": advice}


def estimate(corpus: Corpus, recipe: Recipe, epoch_weights: int, machine: Machine) -> Estimate:
    """What training on a text would cost on a machine.

    Args:
        corpus: opened as the recipe wants it.
        recipe: of the run.
        epoch_weights: megabytes for the weights of all epochs.
        machine: that would train it.
    """
    _, held_out = corpus.split(recipe.held_out)
    kept = f"the last {len(held_out):,} are held out" if len(held_out) else "none are held out"
    text = f"{len(corpus):,} characters, {len(corpus.alphabet):,} distinct; {kept}"
    advice = advise(corpus, recipe)
    try:
        speed = machine.speed_for(recipe, len(corpus.alphabet))
        cost = cost_of(corpus, recipe, speed, epoch_weights * 1_000_000)
    except BatchError:
        return Estimate(text, None, advice)
    return Estimate(text, cost, (*advice, *_room(cost, machine)))


def _room(cost: Cost, machine: Machine) -> list[Advice]:
    """Where the machine has too little room."""
    said = []
    for size, what, have in (
        (cost.memory, "of memory", machine.memory),
        (cost.disk, "on the disk", machine.free),
    ):
        if have and size > have:
            needs, there = spelled_size(size), spelled_size(have)
            said.append(f"The run needs about {needs} {what}, and this machine has {there}.")
    return [Advice(sentence, {}) for sentence in said]
