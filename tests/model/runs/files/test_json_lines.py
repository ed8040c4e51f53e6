"""Events as lines of a run's metrics, and back."""

from __future__ import annotations

import math
from typing import Any

import pytest

from model.runs.files.json_lines import event_of, event_record, from_lines, to_line
from model.training.events import Compiled, CorpusReady, EpochEnd, Event, Finished, Paused, Resumed, RolledBack, Step

EVENTS = (
    CorpusReady("a", "A", 10, 5, 3, 9, 1, ("a note", "another")),
    Resumed(1, 20, None, ()),
    Compiled(1.5, 1000, 2, 10, 4, None, "gpu"),
    Step(1, 3, math.inf, 0.01),
    EpochEnd(1, 10, 2.0, None, None, 3.0, 100.0),
    EpochEnd(2, 12, 2.0, 1.9, 2.7, 3.5, 100.0, 1.95, trained=0.2),
    RolledBack(20, 10, 1, "the loss was no number", 0.5),
    Paused(4),
    Finished("stopped", 1, 12, 3.0, 1.5, 1, "/runs/a"),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_its_line(event: Event) -> None:
    (record,) = from_lines(to_line(event_record(event)).encode())
    assert event_of(record) == event


@pytest.mark.parametrize(
    "damage",
    [
        {"event": "nosuch"},
        {"event": ["step"]},
        {"step": None},
        {"step": True},
        {"step": -1},
        {"step": 1 << 63},
        {"step": "soon"},
        {"loss": "soon"},
        {"loss": True},
        {"loss": 10**400},
        {"event": "corpus_ready"},
        {"event": "paused", "step": []},
    ],
)
def test_a_damaged_line_gives_no_event(damage: dict[str, Any]) -> None:
    assert event_of({"event": "step", "epoch": 1, "step": 3, "loss": 2.0, "rate": 0.1} | damage) is None


def test_lines_of_an_earlier_version_have_no_platform_and_no_parts_of_epochs() -> None:
    compiled = event_record(Compiled(1.5, 1000, 2, 10, 4, None, "gpu"))
    del compiled["platform"]
    assert event_of(compiled) == Compiled(1.5, 1000, 2, 10, 4, None)
    end = EpochEnd(1, 10, 2.0, None, None, 3.0, 100.0)
    record = event_record(end)
    del record["trained"]
    assert event_of(record) == end


@pytest.mark.parametrize(
    ("platform", "devices", "words"),
    [("cpu", 2, "2 CPU devices"), ("gpu", 1, "one GPU device"), ("", 1, "one device"), ("", 3, "3 devices")],
)
def test_the_devices_that_share_the_work_are_put_into_words(platform: str, devices: int, words: str) -> None:
    assert Compiled(1.5, 1000, devices, 10, 4, None, platform).work_shared == words


@pytest.mark.parametrize("notes", ["abc", [1], None])
def test_notes_that_are_not_a_list_of_sentences_are_damage(notes: object) -> None:
    assert event_of(event_record(EVENTS[1]) | {"notices": notes}) is None
