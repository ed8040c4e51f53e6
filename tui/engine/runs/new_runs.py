"""NewRuns: what a form for a new run asks of disk, network and model. Call all but wrong_name in a thread."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from corpora.catalogue import DEFAULT, catalogue
from corpora.safe_text import shown
from tui.launch import Launch
from tui.views.runs.found_run import FoundRun

if TYPE_CHECKING:
    from corpora import Corpus
    from corpora.progress import Tell
    from model.preparing.estimate import Estimate
    from model.preparing.measured_speed import Machine
    from model.recipe import Recipe

_MOST_RECENT = 8
_RUNS_READ = 60


class NamedText(NamedTuple):
    """A text to choose from."""

    spec: tuple[str, ...]
    """What opens it."""
    title: str
    here: bool
    """Whether it needs no network."""
    size: int = 0
    """Bytes to download, about."""


class NewRuns:
    """Looks at texts, runs and this machine.

    Args:
        launch: names the folder of runs.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._machine: Machine | None = None

    def named(self) -> list[NamedText]:
        """The texts of the catalogue."""
        from corpora.opening import is_local

        entries = catalogue().values()
        return [NamedText((each.name,), each.title, is_local(each.name), each.characters) for each in entries]

    def recent(self) -> list[NamedText]:
        """Texts of the runs that were trained last, but for those of the catalogue."""
        from model.runs.listing import newest_first, runs_folder
        from model.runs.run_facts import RunError

        try:
            runs = newest_first(runs_folder(self._launch.runs))
        except RunError:
            return []
        found: dict[tuple[str, ...], NamedText] = {}
        for run in runs[:_RUNS_READ]:
            try:
                spec, name = run.facts().corpus_spec, run.facts().corpus
            except RunError:
                continue
            if spec and "-" not in spec and not (len(spec) == 1 and spec[0] in catalogue()):
                found.setdefault(spec, NamedText(spec, name, self.is_here(spec)))
            if len(found) == _MOST_RECENT:
                break
        return [*found.values()]

    def to_begin_from(self) -> tuple[str, ...]:
        """Names of the runs with weights that a run can begin with, the one that was trained last first."""
        from model.runs.kept import has_weights
        from model.runs.listing import newest_first, runs_folder
        from model.runs.run_facts import RunError

        fit = []
        with suppress(RunError):
            for run in newest_first(runs_folder(self._launch.runs)):
                with suppress(RunError):
                    run.facts()
                    fit += [run.name] if has_weights(run) else []
        return tuple(fit)

    def found_run(self, reference: str, weights: Literal["best", "newest"]) -> FoundRun:
        """The run that another one is to begin from, with all that can be wrong with it."""
        from model.runs.checkpoint import NETWORK
        from model.runs.continuing.begin_from import read_origin
        from model.runs.listing import runs_folder

        try:
            origin = read_origin(reference, weights, runs_folder(self._launch.runs))
        except Exception as error:  # whatever it is, the run that is open goes on
            return FoundRun(reference, weights, None, words=in_a_sentence(error))
        facts, recipe = origin.facts, origin.facts.recipe
        words = (
            f"It begins with {origin.begun_from.origin}, trained on {shown(facts.corpus, 60)}. "
            f"{recipe.tokens.capitalize()} that are new to them are added."
        )
        return FoundRun(reference, weights, facts.unfitted, facts.recipe_name, NETWORK, words, frozenset(facts.fitted))

    def is_here(self, spec: Sequence[str]) -> bool:
        """Whether a text needs no network to be read, or to be found missing."""
        from corpora.opening import is_local, is_missing

        return all(is_local(each) or is_missing(each) for each in spec or (DEFAULT,))

    def read(self, spec: Sequence[str], recipe: Recipe, progress: Tell) -> Corpus:
        """Open a text as a recipe wants it.

        Raises:
            CorpusError: it cannot be opened.
        """
        from corpora import CorpusError
        from model.options.explaining.explained_errors import explained
        from model.preparing.prepare import open_text

        try:
            return open_text(spec, recipe, progress)
        except (MemoryError, OSError) as error:
            raise CorpusError(explained(error).sentence) from error

    def estimate(self, corpus: Corpus, recipe: Recipe, free: frozenset[str]) -> Estimate:
        """What a run will cost here, and what would help; the fields that are free fit themselves to the text."""
        from model.preparing.estimating import estimate
        from model.preparing.measured_speed import Machine
        from model.runs.listing import runs_folder

        if self._machine is None:
            self._machine = Machine.looked_at(runs_folder(self._launch.runs))
        return estimate(corpus, recipe, self._launch.epoch_weights, self._machine, free)

    def wrong_name(self, name: str) -> str | None:
        """Why no run can have this name, in a sentence."""
        from model.runs.listing import check_name, runs_folder
        from model.runs.run_facts import RunError

        try:
            check_name(name)
        except RunError as error:
            return str(error)
        there = os.path.exists(runs_folder(self._launch.runs) / name)  # unlike that of a Path, it never raises
        return f"There is already a run {name!r}." if there else None


def in_a_sentence(error: Exception) -> str:
    """What went wrong in one of these, which ends nothing but itself."""
    from model.options.explaining.explained_errors import explained

    found = explained(error)
    if found.expected:
        return found.sentence
    return f"An unexpected error: {type(error).__name__}: {shown(str(error), 500)}."
