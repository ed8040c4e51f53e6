"""A tiny run with a time-lapse, which the tests of it share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from corpora import Corpus
from model.recipe import FAST, Recipe
from model.runs.folder import Run
from model.training.events import EpochEnd, Event
from model.training.trainer import Trainer
from model.writing.epoch_samples import Comparison, usual_seed
from model.writing.provenance import Sample
from model.writing.sample_log import SampleLog
from model.writing.stored_samples import read_samples, time_lapses_of
from model.writing.time_lapse import TimeLapse

RECIPE = replace(
    FAST, hidden=16, window=16, batch=8, epochs=3, seed_length=12, sample_length=30, schedule="constant", rate=0.02
)
SECONDS = 60.0
"""More than any of it takes."""


class Told:
    """What a time-lapse has told."""

    def __init__(self) -> None:
        self.epochs: list[tuple[int, tuple[Sample, ...]]] = []
        self.of_pinned: dict[int, tuple[Sample, ...]] = {}
        self.complaints: list[str] = []

    def written(self, epoch: int, samples: tuple[Sample, ...], of_pinned: tuple[Sample, ...]) -> None:
        self.epochs.append((epoch, samples))
        self.of_pinned |= {epoch: of_pinned} if of_pinned else {}


def time_lapse_for(
    trainer: Trainer, corpus: Corpus, run: Run | None, told: Told, behind: int = 0, pinned: str | None = None
) -> TimeLapse:
    comparison = Comparison.of(trainer.recipe, usual_seed(corpus, trainer.recipe))
    log = SampleLog(run, told.complaints.append)
    return TimeLapse(
        trainer.language_model(), comparison, run, log, told.written, told.complaints.append, behind, pinned
    )


@contextmanager
def running(time_lapse: TimeLapse) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=time_lapse.run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        time_lapse.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()


def train(
    corpus: Corpus,
    run: Run,
    *,
    recipe: Recipe = RECIPE,
    budget: int = 10_000_000,
    heard: Callable[[Trainer, Event], object] = lambda trainer, event: None,
    resume: bool = False,
    pinned: str | None = None,
    pin_at: Mapping[int, str | None] = {},
) -> Told:
    """Train to the end, with a time-lapse; `pin_at` has the seeds that are pinned after the ends of epochs."""
    checkpoint = run.load("newest") if resume else None
    trainer = Trainer(corpus, recipe, epoch_budget=budget, resume_from=checkpoint)
    behind = checkpoint.manifest.cursor.epoch if checkpoint else 0
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told(), behind, pinned)
    with running(time_lapse):
        for event in trainer.run(time_lapse.take, keep=run):
            time_lapse.hear(event)
            heard(trainer, event)
            if isinstance(event, EpochEnd) and event.epoch in pin_at:
                time_lapse.pin(pin_at[event.epoch])
        assert time_lapse.wait(SECONDS)
    return told


def stored(run: Run) -> dict[int, tuple[Sample, ...]]:
    """The samples of each epoch's end from the run's own seed."""
    return next(iter(time_lapses_of(read_samples(run)).values()), {})
