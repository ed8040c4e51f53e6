"""NewRuns without disk, network and model, for tests of the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from corpora import Corpus, CorpusError
from corpora.progress import Tell
from model.preparing.estimate import Advice, Cost, Estimate
from model.recipe import BEST, Recipe
from model.runs.checkpoint import NETWORK
from tui.engine.runs.new_runs import NamedText, NewRuns
from tui.views.runs.found_run import FoundRun

TITLES = {(): "Beyond Good and Evil", ("book.txt",): "book.txt", ("nietzsche", "/texts/diary.txt"): "2 texts"}


class MadeNewRuns(NewRuns):
    """Knows two texts; the default one may have to be downloaded."""

    here = True

    def named(self) -> list[NamedText]:
        return [
            NamedText(("nietzsche",), "Beyond Good and Evil", True, 600_893),
            NamedText(("shakespeare",), "Shakespeare, a selection", False, 1_115_394),
        ]

    def recent(self) -> list[NamedText]:
        return [NamedText(("/texts/diary.txt",), "diary.txt", True)]

    def to_begin_from(self) -> tuple[str, ...]:
        return ("shakespeare-best-1", "wide-1")

    def found_run(self, reference: str, weights: Literal["best", "newest"]) -> FoundRun:
        if reference not in self.to_begin_from():
            return FoundRun(reference, weights, None, words=f"There is no run {reference!r}.")
        words = f"It begins with the {weights} weights of the run {reference} (epoch 3, step 900)."
        return FoundRun(reference, weights, replace(BEST, hidden=64, epochs=4), "best", NETWORK, words)

    def is_here(self, spec: Sequence[str]) -> bool:
        return self.here

    def read(self, spec: Sequence[str], recipe: Recipe, progress: Tell) -> Corpus:
        if tuple(spec) not in TITLES:
            raise CorpusError(f"There is no file, folder or corpus called '{spec[0]}'.")
        return Corpus("made", TITLES[tuple(spec)], "ab", np.zeros(600_893, np.uint8), None, ())

    def estimate(self, corpus: Corpus, recipe: Recipe, free: frozenset[str]) -> Estimate:
        seconds, parameters = 7.4 * (recipe.hidden / 128) ** 2, round(119_892 * (recipe.hidden / 128) ** 2)
        cost = Cost(528, recipe.epochs, parameters, seconds, "measured in the run fast-1", 500_000_000, 12_000_000)
        few = corpus.title == "book.txt" and recipe.batch > 8
        advice = (Advice("The run has only 128 steps, too few to learn much.", {"batch": 8}),) if few else ()
        return Estimate("600,893 characters, 84 distinct; the last 60,090 are held out", cost, advice)

    def wrong_name(self, name: str) -> str | None:
        return "There is already a run 'taken'." if name == "taken" else None
