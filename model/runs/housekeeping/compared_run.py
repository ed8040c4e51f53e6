"""ComparedRun: all that is known of a run beside others; what differs between several. Pure, without JAX.

Read the runs with `model.runs.housekeeping.reading_runs`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from corpora.safe_text import enumerated, shown
from model.options.field_types import spelled_out
from model.options.fields import option_of
from model.recipe import Recipe
from model.runs.housekeeping.run_summary import RunSummary
from model.runs.run_view import RunView

UNKNOWN = "-"
"""Where a value is not known."""

_LACKING = 8
"""Tokens that a run does not know, named at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """A run beside others. It may be damaged: then `summary` has a problem, and little else is known."""

    name: str
    """Unlike that of all others."""
    summary: RunSummary
    view: RunView
    recipe: Recipe | None = None
    begun_from: str | None = None
    """The run with whose weights it began."""
    characters: int | None = None
    """Of its text."""
    digest: str | None = None
    """Two texts with the same are the same; None where it is not known."""
    alphabet: tuple[str, ...] = ()
    """The tokens that its network knows; none where they are not known."""
    parts: tuple[str, ...] = ()
    """How many tokens it knows of each kind, in words, where there are several kinds."""
    parameters: int | None = None

    @property
    def best_loss(self) -> float | None:
        """That of the best epoch, in nats per character: on held-out text, or else on the training text."""
        best = self.view.best
        return None if best is None else best.loss if best.held_out is None else best.held_out

    @property
    def holds_out(self) -> bool | None:
        """Whether its losses are those of held-out text; None where no epoch has ended."""
        return None if self.view.best is None else self.view.best.held_out is not None

    @property
    def seconds(self) -> float | None:
        """Training time."""
        return self.view.progress.seconds if self.view.progress else None


class Difference(NamedTuple):
    """Something in which runs differ."""

    name: str
    """A field of the recipe as it is named in options, or another fact."""
    values: tuple[str, ...]
    """One for each run; UNKNOWN where it is not known."""


def unlike_names(folders: Sequence[Path]) -> list[str]:
    """The name of each folder, with where it lies if another has the same name."""
    names = [shown(folder.name) for folder in folders]
    return [
        name if names.count(name) == 1 else f"{name} in {shown(str(folder.parent))}"
        for name, folder in zip(names, folders, strict=True)
    ]


def differences(runs: Sequence[ComparedRun]) -> list[Difference]:
    """What differs between the recipes, the texts and the steering of runs, in a fixed order; nothing that is equal.

    Not their epochs, which stand beside those that they have trained.
    """
    of_characters = all(_tokens(run) == "characters" for run in runs)
    told: list[tuple[str, Callable[[ComparedRun], str | None]]] = [
        ("text", lambda run: run.summary.corpus and shown(run.summary.corpus, 40)),
        ("characters", lambda run: None if run.characters is None else f"{run.characters:,}"),
        ("alphabet" if of_characters else "known tokens", lambda run: _alphabet(run, runs)),
        ("begun from", lambda run: None if run.recipe is None else shown(run.begun_from or "random weights", 40)),
        ("recipe", lambda run: run.summary.recipe and shown(run.summary.recipe, 40)),
        ("rate steered", _steered),
    ]
    found = [Difference(name, tuple(value(run) or UNKNOWN for run in runs)) for name, value in told]
    rest = [each.name for each in fields(Recipe) if each.name != "epochs"]
    found += [Difference(option_of(name).removeprefix("--"), _spelled(runs, name)) for name in rest]
    return [each for each in found if len({*each.values} - {UNKNOWN}) > 1]


def nothing_differs(runs: Sequence[ComparedRun]) -> str:
    """What to say where there are no differences."""
    but = "" if len({run.summary.epochs for run in runs}) == 1 else " but the number of epochs"
    return f"Nothing{but} differs in their recipes and texts."


def incomparable(runs: Sequence[ComparedRun]) -> str:
    """Why their losses cannot be compared, in a sentence; empty where they can be."""
    judged = _judged(runs)
    if not all(_same_text(judged[0], run) for run in judged[1:]):
        return "Their losses cannot be compared: they read different texts, and one may be harder than the other."
    if len({_held_out(run) for run in judged} - {None}) > 1:
        return "Their losses cannot be compared: they hold out different parts of the text."
    return ""


def early(runs: Sequence[ComparedRun]) -> str:
    """Which of them have stopped, or are, before a one-cycle rate has fallen, in a sentence; empty where none are."""
    cycles = [run for run in _judged(runs) if run.recipe and run.recipe.schedule != "constant"]
    found = [run for run in cycles if run.summary.unfinished and run.summary.state != "diverged"]
    if not found:
        return ""
    its, it = ("its learning rate", "it") if len(found) == 1 else ("their learning rates", "they")
    where = enumerated([f"{run.name} {_reached(run.summary)}" for run in found])
    return f"{where}, before {its} had fallen all the way: finished, {it} would most likely be better."


def notes(runs: Sequence[ComparedRun]) -> list[str]:
    """What a reader must know, a sentence each: why losses cannot be compared, and what is wrong with a run."""
    said = [f"{run.name}: {shown(run.summary.problem, 1000)}" for run in runs if run.summary.problem]
    said += [f"{run.name}: {run.summary.unkept}. Compared is what is." for run in runs if run.summary.unkept]
    if len({len(run.alphabet) for run in runs}) > 1:
        of_parts = [run for run in runs if run.parts]
        said += [f"{run.name} knows {len(run.alphabet):,} tokens: {enumerated(run.parts)}." for run in of_parts]
    judged = _judged(runs)
    if len(judged) < 2:
        return said
    said += [why] if (why := incomparable(runs) or early(runs)) else []
    without = [run.name for run in judged if not run.holds_out]
    if without:
        verb = "holds" if len(without) == 1 else "hold"
        said.append(
            f"{enumerated(without)} {verb} out no text: the best loss is that of the text trained on, which is lower."
        )
    return said


def _judged(runs: Sequence[ComparedRun]) -> list[ComparedRun]:
    return [run for run in runs if run.best_loss is not None]


def _reached(summary: RunSummary) -> str:
    """How far an unfinished run is."""
    if summary.state in ("training", "paused"):
        return f"has come to epoch {min(int(summary.trained) + 1, summary.epochs or 1)} of {summary.epochs}"
    place = "after" if summary.trained <= summary.epoch else "in"
    return f"stopped {place} epoch {math.ceil(summary.trained)} of {summary.epochs}"


def _same_text(one: ComparedRun, other: ComparedRun) -> bool:
    if one.digest and other.digest:
        return one.digest == other.digest
    return (one.summary.corpus, one.characters) == (other.summary.corpus, other.characters)


def _held_out(run: ComparedRun) -> float | None:
    """The share of the text that is held out; None if nothing is, or it is not known."""
    return run.recipe.held_out or None if run.recipe else None


def _tokens(run: ComparedRun) -> str:
    return run.recipe.tokens if run.recipe else "characters"


def _alphabet(run: ComparedRun, runs: Sequence[ComparedRun]) -> str | None:
    """How many tokens a run knows, and which of those that the others know of the same kind it lacks."""
    if not run.alphabet:
        return None
    known: set[str] = set().union(*(other.alphabet for other in runs if _tokens(other) == _tokens(run)))
    lacking = sorted(known.difference(run.alphabet))
    named = " ".join(shown(each.strip()) for each in lacking[:_LACKING] if each.isprintable() and not each.isspace())
    more = " ..." if len(lacking) > _LACKING else ""
    lacks = f", lacks {named}{more}" if named else f", lacks {len(lacking)}" if lacking else ""
    return f"{len(run.alphabet):,}{lacks}"


def _steered(run: ComparedRun) -> str | None:
    """What the learning rate came to, and how, where it was changed on the way."""
    if run.recipe is None:
        return None
    changes = run.view.steering.changes(0)
    if not changes:
        return "no"
    last = changes[-1]
    rate = "the recipe's again" if last.rate_scale == 1 else f"{last.rate_scale:.3g} times the recipe's"
    by = " and ".join(dict.fromkeys("by hand" if each.by_hand else "by the guard" for each in changes))
    return f"{rate} {by}, from step {last.step:,}"


def _spelled(runs: Sequence[ComparedRun], name: str) -> tuple[str, ...]:
    """A field's values where it means something, in more digits where they would look alike."""
    values = [getattr(run.recipe, name) if run.recipe and name not in run.recipe.without else None for run in runs]
    spelled = [UNKNOWN if value is None else spelled_out(value) or "not given" for value in values]
    if len(set(spelled)) < len(set(values)):
        spelled = [UNKNOWN if value is None else str(value) for value in values]
    return tuple(spelled)
