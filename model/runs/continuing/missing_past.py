"""What of a run's past cannot be shown, because its lines or samples are gone. Nothing here imports JAX."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from model.runs.checkpoint import Manifest
from model.runs.epoch_weights import epoch_files, spans
from model.runs.folder import SAMPLES, Run
from model.runs.folders.held_folder import METRICS
from model.runs.run_facts import RunError
from model.writing.stored_samples import read_samples, time_lapses_of

_STEPS_READ = 64
"""Of a run's logged steps: epochs matter here."""


def missing_past(run: Run, newest: Manifest) -> Iterator[str]:
    """What was trained up to a state, and cannot be shown any more, a sentence each.

    Args:
        run: only read.
        newest: of the state.
    """
    trained = {*range(1, newest.cursor.epoch + 1)}
    with suppress(RunError):  # it says itself what is wrong
        view = run.view(_STEPS_READ)
        if lost := trained.difference(end.epoch for end in view.epoch_ends):
            yield f"{METRICS} tells nothing of {spans(lost)}: their losses cannot be shown."
        elif newest.step and not trained and view.compiled is None:  # that comes before all steps
            yield f"{METRICS} tells nothing of the steps up to {newest.step:,}: their losses cannot be shown."
    with suppress(OSError):
        samples = read_samples(run)
        if samples and None not in samples:  # all that there was
            return
        written = next(iter(time_lapses_of(samples).values()), {})
        if lost := trained.difference(written, epoch_files(run)):
            yield f"{SAMPLES} has no samples of {spans(lost)}, whose weights are not kept: none can be shown."
