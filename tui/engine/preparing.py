"""What the training thread sees to before the first step: the text, and the run that is kept of it, new or resumed.

Nothing here imports JAX.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from corpora import Corpus, open_corpus, open_default_corpus
from model.events import EpochEnd, Progress, Step
from model.runs.checkpoint import Manifest
from model.runs.folder import Run
from model.runs.json_lines import event_of
from model.runs.listing import create_run, default_runs_folder
from model.runs.resuming import Past, recall
from model.tokens.batches import open_reader
from model.training.totals import Totals
from tui.launch import Launch
from tui.views.loss_history import Point
from tui.views.resume_summary import Recalled


def open_text(launch: Launch, stdin: bytes, past: Past | None, stage: Callable[[str], None]) -> Corpus:
    """The text that a launch, or the run that it goes on with, learns from.

    Args:
        launch: what was asked for.
        stdin: the text of standard input, where that is the corpus.
        past: of the run that goes on.
        stage: told what is being done; may raise to call it off.

    Raises:
        CorpusError: it cannot be opened.
        RunError: it is not the text that the run has learned.
    """
    spec = launch.corpus
    name = ", ".join(spec or (past.facts.corpus_spec if past else ())) or "nietzsche"
    stage(f"opening {name}")

    def progress(done: int, total: int | None) -> None:
        stage(f"downloading {name}: " + (f"{done / total:.0%}" if total else f"{done / 1e6:.1f} MB"))

    if past is not None:
        return past.open_corpus(spec, progress, io.BytesIO(stdin))
    cleaning: dict[str, Any] = {"lowercase": launch.recipe.lowercase, "min_count": launch.recipe.min_count}
    if not spec:
        return open_default_corpus(**cleaning, progress=progress)
    return open_corpus(spec, **cleaning, stdin=io.BytesIO(stdin), progress=progress)


def begin_run(launch: Launch, corpus: Corpus, held: ExitStack) -> Run:
    """Make the run's folder, and keep it from others until `held` is closed.

    Raises:
        RunError: it cannot be made.
    """
    root, now = launch.runs or default_runs_folder(), datetime.now().astimezone()
    run = create_run(root, launch.name, corpus.name, launch.recipe_name, launch.recipe, now, launch.corpus)
    held.callback(run.lock().release)
    return run


def recall_run(folder: str, held: ExitStack, note: Callable[[str], object]) -> Past:
    """Read what a run's folder remembers, and keep the run from others until `held` is closed.

    Raises:
        RunError: another program trains it, or its recipe.toml is missing or wrong.
        CheckpointError: none of its checkpoints is sound.
    """
    run = Run(Path(folder))
    held.callback(run.lock().release)
    return recall(run, note)


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
