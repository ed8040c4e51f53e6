"""What a resumed run has done so far, for the screen. Nothing here imports JAX."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from corpora import Corpus
from model.events import EpochEnd, Progress, Step
from model.runs.checkpoint import Manifest
from model.runs.json_lines import event_of
from model.runs.resuming import Past
from model.tokens.batches import open_reader
from model.training.totals import Totals
from tui.views.loss_history import Point
from tui.views.resume_summary import Recalled


def tell(past: Past, corpus: Corpus, notes: tuple[str, ...]) -> Recalled:
    """A run's past for the screen.

    Raises:
        BatchError: the text is too short for the recipe.
        RunError: its metrics cannot be read.
    """
    if past.newest is None:
        return Recalled(str(past.run.folder), (), (), None, (*notes, "Nothing of this run was saved: it begins again."))
    manifest = past.newest.manifest
    steps_per_epoch = open_reader(corpus.split(past.recipe.held_out)[0], past.recipe).steps_per_epoch
    lines = past.run.metrics()
    ends = tuple(end for end in _epoch_ends(lines) if end.epoch <= manifest.cursor.epoch)
    losses = sorted((step, loss, rate) for step, loss, rate in _losses(lines) if step <= manifest.step)
    curve: list[Point] = [(step / steps_per_epoch, loss) for step, loss, _ in losses]
    if not curve:  # where no steps are logged, an epoch's mean stands in its middle
        curve = [(end.epoch - 0.5, end.loss) for end in ends]
    progress = _progress(manifest, steps_per_epoch, ends[-1:], *losses[-1:])
    return Recalled(str(past.run.folder), tuple(curve), ends, progress, notes)


def _progress(
    manifest: Manifest, steps_per_epoch: int, end: tuple[EpochEnd, ...], last: tuple[int, float, float] | None = None
) -> Progress:
    """Where a run stood when the checkpoint was saved: between two epochs, at the end of the first of them."""
    cursor, totals = manifest.cursor, Totals.remembered(manifest.progress)
    between = cursor.step == 0 and cursor.epoch > 0
    _, loss, rate = last or (0, math.nan, math.nan)
    return Progress(
        epoch=cursor.epoch + (not between),
        step=manifest.step,
        step_in_epoch=steps_per_epoch if between else cursor.step,
        steps_per_epoch=steps_per_epoch,
        loss=loss,
        epoch_loss=end[0].loss if between and end else totals.mean_loss,
        rate=rate,
        characters_per_second=totals.characters_per_second or (end[0].characters_per_second if end else 0.0),
        seconds=totals.seconds,
    )


def _epoch_ends(lines: list[dict[str, Any]]) -> Iterator[EpochEnd]:
    """The lines of whole epochs; one that somebody has damaged is passed over."""
    return (event for line in lines if isinstance(event := event_of(line), EpochEnd))


def _losses(lines: list[dict[str, Any]]) -> Iterator[tuple[int, float, float]]:
    """Step, loss and rate of the steps that were logged."""
    return ((event.step, event.loss, event.rate) for line in lines if isinstance(event := event_of(line), Step))
