"""What a resumed run's folder tells the screen before training continues. Nothing here imports JAX."""

from __future__ import annotations

import math
from collections.abc import Sequence

from corpora import Corpus
from model.runs.checkpoint import Manifest
from model.runs.continuing.resuming import Past
from model.tokens.batches import open_reader
from model.training.events import EpochEnd, Progress, Step, TimedEvent
from model.training.totals import Totals
from tui.engine.messages import RunHistory


def resumed_history(past: Past, corpus: Corpus, notes: Sequence[str]) -> RunHistory:
    """The run's events, and where the checkpoint is that it continues from.

    Args:
        past: the run.
        corpus: its text.
        notes: what is wrong with the run, a sentence each.

    Raises:
        BatchError: the text is too short for the recipe.
        RunError: the run's metrics cannot be read.
    """
    folder = str(past.run.folder)
    if past.newest is None:
        return RunHistory(folder, (), (*notes, "Nothing of this run is on the disk: it begins again."))
    events = past.run.events()
    manifest, cursor = past.newest.manifest, past.newest.manifest.cursor
    if cursor.epoch:
        steps_per_epoch = (manifest.step - cursor.step) // cursor.epoch
    else:  # more than there will be, where words or pieces are tokens
        steps_per_epoch = open_reader(corpus.split(past.recipe.held_out)[0], past.recipe).steps_per_epoch
    place = _place(manifest, steps_per_epoch, events)
    return RunHistory(folder, (*events, TimedEvent(place, None)), notes)


def _place(manifest: Manifest, steps_per_epoch: int, events: Sequence[TimedEvent]) -> Progress:
    """Where training was when the checkpoint was saved: between two epochs, at the end of the first of them."""
    cursor, totals = manifest.cursor, Totals.from_progress(manifest.progress)
    between = cursor.step == 0 and cursor.epoch > 0
    steps = [event for event, _ in events if isinstance(event, Step) and event.step <= manifest.step]
    ends = [event for event, _ in events if isinstance(event, EpochEnd) and event.epoch <= cursor.epoch]
    loss, rate = math.nan, math.nan
    if steps:
        loss, rate = steps[-1].loss, steps[-1].rate
    return Progress(
        epoch=cursor.epoch + (not between),
        step=manifest.step,
        step_in_epoch=steps_per_epoch if between else cursor.step,
        steps_per_epoch=steps_per_epoch,
        loss=loss if totals.batch_loss is None else totals.batch_loss,
        epoch_loss=ends[-1].loss if between and ends else totals.mean_loss,
        rate=rate,
        characters_per_second=totals.characters_per_second or (ends[-1].characters_per_second if ends else 0.0),
        seconds=totals.seconds,
    )
