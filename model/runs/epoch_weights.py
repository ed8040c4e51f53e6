"""The weights of each epoch's end, kept in a run's folder `epochs`: parameters alone, thinned evenly to a budget.

They are checkpoints without the optimiser's state: written, verified and read by the same code. Nothing here imports
JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import Path

from corpora.safe_text import enumerated, shown
from model.runs.checkpoint import Checkpoint, MissingCheckpointError
from model.runs.files.places import remove_files
from model.runs.folder import Run
from model.runs.kept import EPOCHS, epoch_paths, first_sound, is_foreign, kept_states

_MOST_NAMED = 12
"""Spans of epochs that an error message names."""


def keep_epoch(run: Run, epoch: int, state: Checkpoint, budget: int) -> None:
    """Keep the parameters of a state, and delete as many of other epochs as the budget asks for.

    Args:
        run: where.
        epoch: the one that has ended, from 1; those of later epochs are deleted, because training has rolled back.
        state: at its end. Its manifest says which epoch is best; that one and the newest always stay.
        budget: bytes; 0 keeps none.

    Raises:
        CheckpointError: it could not be written; others are untouched.
        RunError: as `Run.place`.
    """
    if not budget:
        return
    run.keep(EPOCHS, f"epoch-{epoch:04d}.safetensors", parameters_of(state))
    forget_epochs(run, epoch)
    files = epoch_paths(run.folder)
    best = state.manifest.progress.get("best_epoch")
    kept = to_keep({number: _size(path) for number, path in files.items()}, best, budget)
    _remove(run, [path for number, path in files.items() if number not in kept])


def parameters_of(state: Checkpoint) -> Checkpoint:
    """A checkpoint of the parameters alone; the arrays are the same ones."""
    arrays = {name: array for name, array in state.arrays.items() if name.startswith("params.")}
    return Checkpoint(arrays, state.manifest)


def to_keep(sizes: Mapping[int, int], best: object, budget: int) -> set[int]:
    """Which epochs stay: every one, every second, every fourth and so on, so that as many as there have been would fit.

    Args:
        sizes: bytes by epoch.
        best: the best epoch, which always stays, as the newest does, even where the two do not fit.
        budget: bytes for all.
    """
    newest, largest, stride = max(sizes, default=0), max(sizes.values(), default=0), 1
    always = {epoch for epoch in sizes if epoch in (best, newest)}
    while stride <= newest:
        spread = range(1, newest + 1, stride)
        if len({*spread, *always}) * largest <= budget:
            return always | {epoch for epoch in sizes if epoch in spread}
        stride *= 2
    return always


def forget_epochs(run: Run, after: int) -> None:
    """Delete the weights of later epochs, after a rollback to the end of this one."""
    later = [path for epoch, path in epoch_paths(run.folder).items() if epoch > after]
    _remove(run, [*later, *(run.folder / EPOCHS).glob("*.tmp")])


def epoch_files(run: Run) -> dict[int, Path]:
    """The files with the weights of epochs' ends, by epoch, in order; checkpoints that were saved there count too."""
    return {epoch: files[0] for epoch, files in sorted(_files(run).items())}


def load_epoch(run: Run, epoch: int, note: Callable[[str], object] = lambda sentence: None) -> Checkpoint:
    """The weights of an epoch's end.

    Args:
        run: the run.
        epoch: from 1.
        note: called with a sentence for each damaged file, where a sound one has the same weights.

    Raises:
        CheckpointError: they are not kept, or damaged; the message names the epochs whose weights are kept.
    """
    files = _files(run)
    if epoch not in files:
        raise MissingCheckpointError(
            f"The run {shown(run.name)} has no weights of epoch {epoch:,}. "
            + (f"It has those of {spans(files)}." if files else "It has those of no epoch's end.")
        )
    return first_sound(files[epoch], run.read, note)


def _files(run: Run) -> dict[int, list[Path]]:
    """The files with the weights of each epoch's end; its own one first."""
    files = {epoch: [path] for epoch, path in epoch_paths(run.folder).items()}
    for path, manifest in kept_states(run):
        if manifest and manifest.cursor.epoch and not manifest.cursor.step:
            files.setdefault(manifest.cursor.epoch, []).append(path)
    return files


def spans(epochs: Iterable[int]) -> str:
    """Epochs in words: 'epochs 1-4, 6 and 9'."""
    ordered = sorted(epochs)
    runs = [[epoch for _, epoch in group] for _, group in groupby(enumerate(ordered), lambda at: at[1] - at[0])]
    named = [f"{run[0]:,}-{run[-1]:,}" if len(run) > 1 else f"{run[0]:,}" for run in runs]
    if len(named) > _MOST_NAMED:
        named = [*named[: _MOST_NAMED - 2], "…", named[-1]]
    return ("epoch " if len(ordered) == 1 else "epochs ") + enumerated(named)


def _remove(run: Run, files: Iterable[Path]) -> None:
    if own := [path.name for path in files if not is_foreign(run, path)]:
        remove_files(run.place / EPOCHS, own)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
