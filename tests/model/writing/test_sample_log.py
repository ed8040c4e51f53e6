"""Samples on their way to the disk: none is lost to a disk that was full for a while, and none is doubled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from model.recipe import FAST
from model.writing.sample_log import SampleLog
from tests.model.runs.made_runs import create_run


def test_what_could_not_be_written_is_written_later_in_its_order(tmp_path: Path) -> None:
    run = create_run(tmp_path, "test", "nietzsche", "fast", FAST, datetime.now(UTC))
    complaints: list[str] = []
    log = SampleLog(run, complaints.append)
    log.add({"text": "one"})
    (run.folder / "samples.jsonl").rename(run.folder / "aside")
    (run.folder / "samples.jsonl").mkdir()
    log.add({"text": "two"})
    log.add({"text": "three"})
    assert len(complaints) == 1, "the same reason once"
    assert "samples.jsonl cannot be written to" in complaints[0]
    (run.folder / "samples.jsonl").rmdir()
    (run.folder / "aside").rename(run.folder / "samples.jsonl")
    log.add({"text": "four"})
    assert [sample["text"] for sample in run.samples()] == ["one", "two", "three", "four"]
    assert len(complaints) == 1, "the same reason once"


def test_where_nothing_is_kept_nobody_complains() -> None:
    complaints: list[str] = []
    SampleLog(None, complaints.append).add({"text": "one"})
    assert complaints == []
