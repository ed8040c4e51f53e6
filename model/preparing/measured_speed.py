"""How fast this machine trains: from the runs that it has trained, or from a short trial of matrix products."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

from corpora.safe_text import shown
from model.devices.jax_setup import cores
from model.preparing.cost import Speed, Work, work_of
from model.recipe import Recipe
from model.runs.folder import Run
from model.runs.listing import newest_first
from model.runs.run_facts import RunError
from model.tokens.batches import shared_by

_MOST_RUNS = 24
"""Runs that are looked at, the one that was trained last first."""
_NEAR = 0.3
"""Two steps are alike where the logarithms of their work differ by less."""
_FEW_TOKENS, _MUCH = 1000, 2.0
"""Distinct tokens up to which their number matters little; and how many times as many say nothing of each other."""
_TRIAL_SECONDS = 0.05
_TRIAL_PRODUCTS, _TRIAL_WIDTH = 256, 64
_SHARE = 1.5
"""Of the speed of the trial's small products, what training reaches: 2.5 times was measured with AVX-512, and 1.2 times
with AVX2."""


class MeasuredRun(NamedTuple):
    """How fast a run was trained."""

    name: str
    recipe: Recipe
    work: Work
    operations: float
    """In a second, on each of its devices."""
    accelerators: int = 0
    """How many trained it; 0 for processor cores."""
    tokens: int = 0
    """How many distinct tokens it has; 0 for few."""

    def speed(self, cores: int, how: str) -> Speed:
        """How fast it would be with so many cores, unless accelerators trained it."""
        return Speed((self.accelerators or cores) * self.operations, f"{how} the run {shown(self.name, 60)}")


class Machine(NamedTuple):
    """This machine, as far as it matters to a new run."""

    runs: tuple[MeasuredRun, ...]
    """That it has trained, the newest first."""
    operations: float
    """In a second, on each core, by a short trial."""
    memory: int = 0
    """Bytes that it has; 0 where that is not known."""
    free: int = 0
    """Bytes that are left on the disk of the runs, likewise."""

    @classmethod
    def looked_at(cls, root: Path) -> Machine:
        """This machine, with the runs in a folder. It reads files and computes for a moment."""
        memory = free = 0
        with suppress(OSError, ValueError, AttributeError):
            memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        with suppress(OSError):
            free = shutil.disk_usage(next(each for each in (root, *root.absolute().parents) if each.exists())).free
        return cls(tuple(measured_runs(root)), try_products(), memory, free)

    def speed_for(self, recipe: Recipe, tokens: int) -> Speed:
        """How fast a recipe will be trained here.

        The newest run of the same network and batches says it. Where there is none, the run whose step is nearest
        does, unless it has many more or fewer tokens, and where there is none, the trial.

        Args:
            recipe: that of the new run.
            tokens: how many distinct tokens there are.
        """
        devices, step = shared_by(recipe.batch, cores()), work_of(recipe, tokens, 0).step
        apart = {run.name: abs(math.log(run.work.step / step)) for run in self.runs}
        for run in self.runs:
            if _shape(run.recipe) == _shape(recipe) and apart[run.name] < _NEAR:
                return run.speed(devices, "measured in")
        if alike := [run for run in self.runs if _like(run.tokens, tokens)]:
            return min(alike, key=lambda run: apart[run.name]).speed(devices, "estimated from")
        return Speed(devices * self.operations, "estimated from a short trial of the processor")


def measured_runs(root: Path) -> list[MeasuredRun]:
    """The runs in a folder that say how fast they were trained, the newest first; those that cannot be read are not.

    Args:
        root: the folder of runs.
    """
    try:
        newest = newest_first(root)
    except RunError:
        return []
    found: list[MeasuredRun] = []
    for run in newest[:_MOST_RUNS]:
        with suppress(RunError):
            found += _measure(run)
    return found


def _measure(run: Run) -> Iterable[MeasuredRun]:
    """How fast a run was trained, if it has ended an epoch."""
    view, recipe = run.view(most_steps=8), run.facts().recipe
    paces = [end.characters_per_second for end in view.epoch_ends if end.characters_per_second > 0]
    if not (paces and view.corpus and view.compiled):
        return
    corpus, steps = view.corpus, view.compiled.steps_per_epoch
    read = _characters_of_epoch(recipe, corpus.training_characters, steps)
    tokens = corpus.vocabulary if corpus.parts else corpus.distinct + corpus.vocabulary
    work = work_of(recipe, tokens, corpus.held_out_characters)
    devices = view.compiled.devices
    operations = work.step * steps * median(paces) / read / devices if read else 0.0
    if math.isfinite(operations) and operations > 0:
        accelerators = 0 if view.compiled.platform in ("cpu", "") else devices
        yield MeasuredRun(run.name, recipe, work, operations, accelerators, tokens)


def _like(tokens: int, others: int) -> bool:
    """Whether the time for so many tokens can be told from that for so many others."""
    fewer, more = sorted(max(each, _FEW_TOKENS) for each in (tokens, others))
    return more <= _MUCH * fewer


def _characters_of_epoch(recipe: Recipe, training: int, steps: int) -> int | None:
    """How many characters an epoch of a run reads; None where that is not known.

    Args:
        recipe: of the run.
        training: characters of its training text.
        steps: of an epoch.
    """
    if not recipe.steps_per_epoch:
        return training
    of_lane = recipe.stride if recipe.reading == "windows" else recipe.window
    return steps * recipe.batch * of_lane if recipe.tokens == "characters" else None


def _shape(recipe: Recipe) -> tuple[object, ...]:
    """What decides how long a step takes, beside the number of tokens."""
    regular = recipe.dropout > 0, recipe.weight_drop > 0, recipe.character_gates, recipe.tied, recipe.precision
    return (
        recipe.network,
        recipe.hidden,
        recipe.layers,
        recipe.reading,
        recipe.window,
        recipe.batch,
        recipe.kernel,
        *regular,
    )


def try_products() -> float:
    """Operations a second of one core, as far as training reaches them; it takes a twentieth of a second.

    The products are so small that NumPy shares them with no other core, and only the time on the core counts. So
    neither other programs nor the run that is open change it.
    """
    import numpy as np

    left = np.ones((_TRIAL_PRODUCTS, _TRIAL_WIDTH, _TRIAL_WIDTH), np.float32)
    best, spent = math.inf, 0.0
    while spent < _TRIAL_SECONDS:
        begun = time.thread_time()
        left @ left[0]
        best = min(best, taken := max(1e-6, time.thread_time() - begun))
        spent += taken
    return _SHARE * 2 * _TRIAL_PRODUCTS * _TRIAL_WIDTH**3 / best
