"""baselines.json, and baselines that are found beside a training."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corpora import open_corpus
from model.baselines.background import find_baselines, with_baselines
from model.baselines.baseline_file import BASELINES, TextIdentity, read_baselines, with_kept_baselines, write_baselines
from model.recipe import FAST
from model.runs.folder import Run
from model.tokens.characters import CharacterTokenizer
from model.training.events import Baselines, Compiled, CorpusReady, Event, Finished, Paused, TimedEvent
from tests.patience import PATIENCE

LADDER = Baselines(4.0, (3.0, 2.4), 1000)
TEXT = TextIdentity("ab" * 32, 900, 100, "characters")
READY = CorpusReady("book", "Book", 1000, 300, 50, 900, 100, ())
COMPILED = Compiled(1.0, 10, 1, 5, 2, None)


def test_baselines_are_read_back_for_their_own_text_only(tmp_path: Path) -> None:
    assert read_baselines(tmp_path, TEXT) is None
    write_baselines(tmp_path, TEXT, LADDER)
    assert read_baselines(tmp_path, TEXT) == LADDER
    for other in ({"digest": "cd" * 32}, {"held_out_characters": 99}, {"tokens": "pairs"}):
        assert read_baselines(tmp_path, replace(TEXT, **other)) is None


def test_the_history_of_a_run_has_them_after_its_first_step(tmp_path: Path) -> None:
    ready, compiled, paused = (TimedEvent(event, 1.0) for event in (READY, COMPILED, Paused(1)))
    assert with_kept_baselines(tmp_path, [ready, compiled]) == [ready, compiled]
    write_baselines(tmp_path, TEXT, LADDER)
    history = [ready, compiled, TimedEvent(LADDER, None), paused]
    assert with_kept_baselines(tmp_path, [ready, compiled, paused]) == history
    other = TimedEvent(replace(READY, training_characters=901), 1.0)
    assert with_kept_baselines(tmp_path, [other, compiled]) == [other, compiled]
    assert with_kept_baselines(tmp_path, []) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"models": 1}', "[" * 100_000, "\udcff"])
def test_a_damaged_file_is_no_file(damage: str, tmp_path: Path) -> None:
    (tmp_path / BASELINES).write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert read_baselines(tmp_path, TEXT) is None


def test_baselines_are_measured_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = open_corpus("aphorisms")
    tokenizer, run = CharacterTokenizer.train(corpus, FAST), Run(tmp_path)
    found = find_baselines(corpus, tokenizer, FAST, run)
    assert found == read_baselines(tmp_path, TextIdentity.of(corpus, FAST))
    monkeypatch.setattr("model.baselines.background.count_text", None)
    assert find_baselines(corpus, tokenizer, FAST, run) == found


def test_without_a_held_out_text_there_are_no_baselines(tmp_path: Path) -> None:
    corpus = open_corpus("aphorisms")
    recipe = replace(FAST, held_out=0.0)
    assert find_baselines(corpus, CharacterTokenizer.train(corpus, recipe), recipe, Run(tmp_path)) is None
    assert not (tmp_path / BASELINES).exists()


def training(reason: str, *events: Event) -> Iterator[Event]:
    yield READY
    yield from events
    yield Finished(reason, 1, 10, 1.0, None, None, None)


def test_baselines_come_after_the_first_step_and_before_the_end() -> None:
    heard = list(with_baselines(training("epochs", COMPILED, Paused(1)), lambda: LADDER))
    assert heard.count(LADDER) == 1
    assert 1 < heard.index(LADDER) < len(heard) - 1


def test_a_run_that_is_opened_again_after_its_end_has_them_too() -> None:
    assert list(with_baselines(training("epochs"), lambda: LADDER))[-1] == LADDER


def test_a_start_that_is_stopped_before_its_first_step_looks_for_none() -> None:
    assert LADDER not in list(with_baselines(training("stopped"), lambda: LADDER))


def test_a_program_that_ends_does_not_wait_for_the_baselines_of_a_finished_run() -> None:
    never = threading.Event()

    def find() -> None:
        never.wait(PATIENCE)

    begun = time.monotonic()
    list(with_baselines(training("epochs"), find, lambda: True))
    assert time.monotonic() - begun < PATIENCE / 2
    never.set()
