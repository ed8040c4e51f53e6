"""The samples that a run's folder stores, and the checkpoints with the weights that wrote them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from model.runs.checkpoint import CheckpointError, load_manifest
from model.runs.epoch_weights import epoch_files
from model.runs.files.atomic_files import open_file
from model.runs.files.json_lines import from_lines, own_lines
from model.runs.files.long_files import MOST_KEPT, each_line, read_lines
from model.runs.folder import SAMPLES, Run
from model.runs.kept import is_foreign
from model.runs.run_facts import RunError
from model.writing.provenance import ProvenanceError, Sample, from_record

TimeLapseSamples = dict[int, tuple[Sample, ...]]
"""What epochs, from 1, have written at their end, by their part."""


def read_samples(run: Run) -> list[Sample | None]:
    """The lines of samples.jsonl, None for each that is damaged or another run's; none where there is no such file.

    Of a file that is too long, they are the newest, and the first few.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with open_file(run.folder / SAMPLES) as stream:
            return [*_samples_of(read_lines(stream).lines, run.id)]
    except FileNotFoundError:
        return []


def numbered_samples(run: Run) -> list[Sample | None]:
    """The same, each in the place of its line: of a file that is too long, the older lines are None.

    Raises:
        OSError: it cannot be read.
    """
    newest, size, older = deque[bytes](), 0, 0
    try:
        with open_file(run.folder / SAMPLES) as stream:
            for line in each_line(stream):
                newest.append(line)
                size += len(line)
                while size > MOST_KEPT:
                    size -= len(newest.popleft())
                    older += 1
    except FileNotFoundError:
        return []
    return [*[None] * older, *_samples_of(newest, run.id)]


def _samples_of(lines: Iterable[bytes], own: str) -> Iterator[Sample | None]:
    for line in lines:
        yield from_record(next(from_lines(own_lines(line, own)), {}))


def time_lapses_of(samples: Iterable[Sample | None]) -> dict[str, TimeLapseSamples]:
    """The samples of each epoch's end, by their seed: that of the run, which is the first, and those that were pinned.

    Of an epoch that ended again, they are the later ones.
    """
    seeds: dict[str, TimeLapseSamples] = {}
    add_to_time_lapses(seeds, samples)
    return seeds


def add_to_time_lapses(
    seeds: dict[str, TimeLapseSamples], samples: Iterable[Sample | None]
) -> dict[str, TimeLapseSamples]:
    """Add further samples, in the order of their lines; of each seed, the epochs that have changed."""
    changed: dict[str, TimeLapseSamples] = {}
    for sample in samples:
        if sample and sample.kind == "time-lapse":
            epoch, epochs = math.ceil(sample.epoch), seeds.setdefault(sample.asked, {})
            before = epochs.get(epoch, ())
            if before and sample.part <= before[-1].part:
                before = ()
                if epochs is next(iter(seeds.values())):  # other weights: what they write from other seeds follows
                    for each in seeds.values():
                        each.pop(epoch, None)
            epochs[epoch] = (*before, sample)
            changed.setdefault(sample.asked, {})[epoch] = epochs[epoch]
    return changed


def weights_of(run: Run, sample: Sample) -> Path | None:
    """The checkpoint with the weights that a sample was written with.

    None for those before the first step that no file has: they follow from the run's recipe.

    Raises:
        ProvenanceError: they are not known, or no longer kept.
    """
    if sample.noise_seed is None:
        raise ProvenanceError("an earlier version stored it, without what that needs")
    kept = _kept_weights(run)
    if sample.step not in kept and not _follows(run, sample, kept):
        raise ProvenanceError(f"the weights of step {sample.step:,}, which wrote it, are no longer kept")
    return kept.get(sample.step)


def lines_with_weights(run: Run, samples: Sequence[Sample | None]) -> list[int]:
    """Which of the run's samples have their weights still, by line number from 1.

    Args:
        run: the run.
        samples: its lines, as `numbered_samples` gives them.
    """
    kept = _kept_weights(run)
    return [
        line
        for line, each in enumerate(samples, 1)
        if each and each.noise_seed is not None and (each.step in kept or _follows(run, each, kept))
    ]


def _follows(run: Run, sample: Sample, kept: dict[int, Path]) -> bool:
    """Whether the weights of a sample follow from the run's recipe, and its tokens, which the kept weights name."""
    with suppress(RunError):
        return sample.step == 0 and bool(kept) and run.facts().begun_from is None
    return False


def _kept_weights(run: Run) -> dict[int, Path]:
    """The files with weights, by the step that they have reached."""
    kept = {}
    for path in [*epoch_files(run).values(), *run.checkpoints(), run.best_checkpoint]:
        with suppress(CheckpointError, OSError):
            if not is_foreign(run, path):
                kept[load_manifest(path).step] = path
    return kept
