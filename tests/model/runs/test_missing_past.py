"""What of a run's past is gone is said when the run is resumed: its lines, and its samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.runs.continuing.missing_past import missing_past
from model.runs.files.json_lines import event_record
from model.runs.folder import SAMPLES, Run
from model.runs.folders.held_folder import METRICS
from model.sampling import Sampling
from model.training.events import Compiled, EpochEnd, Finished
from model.writing.provenance import Sample, to_record
from tests.model.runs.made_runs import TINY, begin, keep


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of three epochs, with a sample."""
    run = begin(tmp_path, "mine", recipe=TINY)
    for epoch in (1, 2, 3):
        event = EpochEnd(epoch, 10 * epoch, 2.5, 2.0, 3.0, 5.0, 1000.0)
        run.append_metrics(event_record(event, 1.0))
    sample = Sample(
        id="1",
        kind="showing",
        epoch=1.0,
        step=10,
        part=1,
        parts=1,
        seed="a",
        noise_seed=1,
        sampling=((0, Sampling()),),
        text="b",
    )
    run.append_sample(to_record(sample))
    keep(run, 30, epoch=3)
    return run


def said(run: Run) -> list[str]:
    return [*missing_past(run, run.load("newest").manifest)]


def test_of_a_run_with_all_of_its_lines_nothing_is_said(run: Run) -> None:
    assert said(run) == []


def test_destroyed_metrics_are_told_with_their_epochs(run: Run) -> None:
    whole = (run.folder / METRICS).read_text()
    (run.folder / METRICS).write_text("".join(whole.splitlines(keepends=True)[2:]))
    assert said(run) == ["metrics.jsonl tells nothing of epochs 1-2: their losses cannot be shown."]
    (run.folder / METRICS).unlink()
    assert said(run) == ["metrics.jsonl tells nothing of epochs 1-3: their losses cannot be shown."]
    keep(run, 4)
    assert said(run) == ["metrics.jsonl tells nothing of the steps up to 4: their losses cannot be shown."]
    for event in (Compiled(1.0, 9, 1, 10, 4, None), Finished("stopped", 0, 4, 1.0, None, None, None)):
        run.append_metrics(event_record(event, 1.0))
    assert said(run) == [], "it was stopped before the first step that is logged"


@pytest.mark.parametrize("content", [b"", b"[[[\n", None])
def test_destroyed_samples_are_told_where_their_weights_cannot_write_them_again(
    run: Run, content: bytes | None
) -> None:
    (run.folder / "epochs").mkdir()
    (run.folder / "epochs" / "epoch-0002.safetensors").write_bytes(b"")
    if content is None:
        (run.folder / SAMPLES).unlink()
    else:
        (run.folder / SAMPLES).write_bytes(content)
    assert said(run) == ["samples.jsonl has no samples of epoch 1, whose weights are not kept: none can be shown."]
