"""Runs of an earlier version are watched and resumed by the screen's engines, and their samples are shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.runs.folder import Run
from model.training.events import Finished, Resumed
from model.writing.provenance import from_record
from tests.old_runs import OLD_TEXT, copy_old_run
from tests.tui.engine.test_local_engine import working
from tests.tui.engine.watching.test_watching_engine import watched
from tui.engine.runs.launch_runs import resuming
from tui.engine.writing.found_samples import items_of
from tui.engine.writing.items import Item, SampleStart, SamplingChange, Seed, Written
from tui.launch import Launch

pytestmark = pytest.mark.usefixtures("two_devices")


def test_an_old_run_is_watched(tmp_path: Path) -> None:
    with watched(copy_old_run("finished", tmp_path)) as heard:
        heard.wait_until(lambda: len(heard.starts()) >= 4, "a showing or its samples")
        assert heard.states() == ["finished"]


def test_an_old_run_is_resumed_on_the_screen(tmp_path: Path) -> None:
    run = copy_old_run("unfinished", tmp_path)
    launch = resuming(Launch(resume=str(run.folder), corpus=(str(OLD_TEXT),), devices=1, speed=None))
    with working(launch) as second:
        assert second.wait_for(Resumed).step == 92
        assert second.wait_for(Finished).epoch == 8


def shown(items: list[Item]) -> str:
    return "".join(item.text for item in items if isinstance(item, Seed)) + "".join(
        item.character for item in items if isinstance(item, Written)
    )


@pytest.mark.parametrize("name", ["unfinished", "finished"])
def test_every_old_sample_is_shown_as_it_was_written(name: str, tmp_path: Path) -> None:
    run: Run = copy_old_run(name, tmp_path)
    lines = [json.loads(line) for line in (run.folder / "samples.jsonl").read_text().splitlines()]
    assert len(lines) >= 13
    for line in lines:
        sample = from_record(line)
        assert sample is not None
        items = list(items_of(sample))
        start = items[0]
        assert isinstance(start, SampleStart)
        assert (start.epoch, start.part, start.parts) == (line["epoch"], line["part"], line["parts"])
        assert shown(items) == line["seed"] + line["text"]
        changes = [item.sampling.temperature for item in items if isinstance(item, SamplingChange)]
        assert [start.sampling.temperature, *changes] == [temperature for _, temperature in line["settings"]]


def test_a_temperature_set_by_key_is_shown_where_it_took_effect(tmp_path: Path) -> None:
    (line,) = [each for each in copy_old_run("unfinished", tmp_path).samples() if len(each["settings"]) == 2]
    sample = from_record(line)
    assert sample is not None
    items = list(items_of(sample))
    place = next(place for place, item in enumerate(items) if isinstance(item, SamplingChange))
    assert shown(items[:place]) == line["seed"] + line["text"][:10]
