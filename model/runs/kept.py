"""What a run's folder holds of its training, newest first: only that is promised. Nothing here imports JAX.

A state is whole: training resumes from it. The weights of epochs' ends are parameters alone: they only write.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from model.runs.checkpoint import INSTEAD, Checkpoint, CheckpointError, Manifest, load_manifest, network_of
from model.runs.folders.run_folder import RunFolder
from model.runs.run_facts import RECIPE, RunError, read_facts

CHECKPOINTS, BEST, EPOCHS = "checkpoints", "best.safetensors", "epochs"
"""The folder of states, the best of them, and the folder of epochs' weights."""


class Kept(NamedTuple):
    """A file with weights."""

    path: Path
    manifest: Manifest | None
    """What its header says of them; None where that cannot be read, or says that they are another run's."""

    @property
    def epoch(self) -> int:
        """Whole epochs that the weights have seen."""
        return self.manifest.cursor.epoch if self.manifest else 0

    @property
    def words(self) -> str:
        """Which weights they are: 'epoch 4 (step 400)'."""
        return f"epoch {self.epoch:,} (step {self.manifest.step:,})" if self.manifest else "an unknown epoch"

    @property
    def _age(self) -> tuple[float, int]:
        """Rising from one save to the next. After a rollback training time goes on, and steps begin again."""
        if self.manifest is None:
            return 0.0, 0
        seconds = self.manifest.progress.get("seconds") or 0.0
        return seconds if math.isfinite(seconds) else 0.0, self.manifest.step


def state_paths(folder: Path) -> list[Path]:
    """The files of a run's newest states, newest first; without the best."""
    return sorted((folder / CHECKPOINTS).glob("step-*.safetensors"), reverse=True)


def epoch_paths(folder: Path) -> dict[int, Path]:
    """The files in a run's folder of epochs' weights, by epoch."""
    files = {}
    with suppress(OSError):
        for path in (folder / EPOCHS).iterdir():
            if match := re.fullmatch(r"epoch-(\d{4,9})\.safetensors", path.name):
                files[int(match[1])] = path
    return files


def has_weights(run: RunFolder) -> bool:
    """Whether a run has files with weights; they are not read."""
    return any((state_paths(run.folder), os.path.exists(run.folder / CHECKPOINTS / BEST), epoch_paths(run.folder)))


def kept_states(run: RunFolder) -> list[Kept]:
    """The states of a run, newest first. Where a header cannot be read, the name says how new the state is."""
    best = run.folder / CHECKPOINTS / BEST
    files = [_kept(run, path) for path in [*state_paths(run.folder), *([best] if os.path.exists(best) else [])]]
    read = sorted((each for each in files if each.manifest), key=lambda each: each._age, reverse=True)
    torn = [each for each in files if not each.manifest]
    last = f"step-{read[0].manifest.step:09d}" if read and read[0].manifest else ""
    return [*(each for each in torn if each.path.name > last), *read, *(each for each in torn if each.path.name < last)]


def kept_step(run: RunFolder) -> int | None:
    """Optimiser steps of the newest state of a run; None where there is none."""
    return next((each.manifest.step for each in kept_states(run) if each.manifest), None)


def newest_weights(run: RunFolder) -> list[Kept]:
    """Whatever can write, newest first: states, and the weights of epochs that ended after them."""
    epochs, found = sorted(epoch_paths(run.folder).items()), list[Kept]()
    for state in kept_states(run):
        while state.manifest and epochs and epochs[-1][0] > state.epoch:
            found.append(_kept(run, epochs.pop()[1]))
        found.append(state)
    return [*found, *(_kept(run, path) for _, path in reversed(epochs))]


def best_weights(run: RunFolder) -> list[Kept]:
    """Whatever can write: the best on the held-out text first, then the newest."""
    others = newest_weights(run)
    epoch = next((_best_epoch(each.manifest) for each in others if each.manifest), None)

    def rank(each: Kept) -> int:
        if each.path.name == BEST:
            return 2 if each.manifest and epoch not in (None, each.epoch) else 0
        return 1 if each.path.parent.name == EPOCHS and each.epoch == epoch else 3

    return sorted(others, key=rank)


TO_LOAD = {"best": best_weights, "newest": newest_weights, "state": kept_states}
"""What there is to load, by name."""


def is_foreign(run: RunFolder, path: Path) -> bool:
    """Whether a checkpoint is known to be another run's."""
    with suppress(CheckpointError):
        return is_of_another_run(run, path, load_manifest(path))
    return False


def is_of_another_run(run: RunFolder, path: Path, manifest: Manifest) -> bool:
    """Whether a checkpoint in a run's folder is known to be another run's.

    It has another id. Runs of an earlier version have none: then it has another network or, as the best state, another
    text than the newest one.
    """
    if manifest.run_id and (own := run.id):
        return manifest.run_id != own
    with suppress(RunError):
        if network_of(manifest.read_recipe()) != network_of(read_facts(run.folder / RECIPE).recipe):
            return True
    return path.name == BEST and any(each.corpus != manifest.corpus for each in _newest_manifest(run))


def passed_over(error: CheckpointError) -> str:
    """What to say of a file that cannot be used, where another one serves."""
    return f"{str(error).removesuffix(INSTEAD)} It is skipped."


def first_sound(files: Iterable[Path], read: Callable[[Path], Checkpoint], note: Callable[[str], object]) -> Checkpoint:
    """Load the first sound one of these files.

    Args:
        files: at least one.
        read: loads a file; it raises CheckpointError for one that is not sound.
        note: called with a sentence for each damaged file that is skipped.

    Raises:
        CheckpointError: none is sound; it is the first one's.
    """
    first: CheckpointError | None = None
    for path in files:
        try:
            return read(path)
        except CheckpointError as error:
            note(passed_over(error))
            first = first or error
    assert first is not None
    raise first


def _kept(run: RunFolder, path: Path) -> Kept:
    with suppress(CheckpointError, OSError):
        manifest = load_manifest(path)
        if not is_of_another_run(run, path, manifest):
            return Kept(path, manifest)
    return Kept(path, None)


def _newest_manifest(run: RunFolder) -> Iterator[Manifest]:
    """Of the newest states, the best left out, the first that can be read; nothing where none can."""
    for path in state_paths(run.folder):
        with suppress(CheckpointError, OSError):
            yield load_manifest(path)
            return


def _best_epoch(manifest: Manifest | None) -> int | None:
    epoch = manifest.progress.get("best_epoch") if manifest else None
    return epoch if isinstance(epoch, int) else None
