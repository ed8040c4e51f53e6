"""The threads of an engine: how they end, how long a stop waits for them, and what their errors become."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from textual.message import Message

from corpora.errors import CharlstmError
from tests.patience import PATIENCE
from tui.engine.messages import EngineFailed, Stage
from tui.engine.threads import EngineThreads, Stopped


def waiting_for(end: threading.Event) -> Callable[[], None]:
    def wait() -> None:
        end.wait(PATIENCE)

    return wait


def heard(threads: EngineThreads) -> list[Message]:
    said: list[Message] = []
    threads.post = said.append
    return said


def test_an_expected_error_becomes_its_sentence() -> None:
    threads = EngineThreads()
    said = heard(threads)

    def fail() -> None:
        raise CharlstmError("There is no file.")

    threads.begin(fail, "failing")
    threads.join(PATIENCE)
    (failure,) = said
    assert isinstance(failure, EngineFailed)
    assert (failure.sentence, failure.details) == ("There is no file.", "")


def test_a_fault_of_the_program_keeps_its_traceback_for_the_log() -> None:
    threads = EngineThreads()
    said = heard(threads)
    threads.begin(lambda: [][0], "failing")
    threads.join(PATIENCE)
    (failure,) = said
    assert isinstance(failure, EngineFailed)
    assert "IndexError" in failure.sentence
    assert "Traceback" in failure.details


def test_closing_the_screen_ends_a_thread_at_its_next_stage_without_an_error() -> None:
    threads = EngineThreads()
    said = heard(threads)
    threads.stage("opening")
    threads.stopping.set()
    threads.begin(lambda: threads.stage("compiling"), "preparing")
    threads.join(PATIENCE)
    assert [type(each) for each in said] == [Stage]
    with pytest.raises(Stopped):
        threads.go_on()


def test_a_stop_waits_for_all_threads_but_not_longer_than_it_may() -> None:
    threads, end = EngineThreads(), threading.Event()
    threads.begin(waiting_for(end), "working")
    begun = time.monotonic()
    threads.join(0.05)
    assert 0.05 <= time.monotonic() - begun < PATIENCE
    end.set()
    threads.join(PATIENCE)
    assert time.monotonic() - begun < PATIENCE


def test_a_stop_without_patience_ends_one_that_waits() -> None:
    threads, end = EngineThreads(), threading.Event()
    threads.begin(waiting_for(end), "working")
    waiting = threading.Thread(target=threads.join, args=(PATIENCE,))
    waiting.start()
    begun = time.monotonic()
    while waiting.is_alive():  # it may not have begun to wait
        threads.join(0)
        waiting.join(0.05)
    assert time.monotonic() - begun < PATIENCE / 2
    end.set()


def test_while_there_is_writing_free_memory_is_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = threading.Semaphore(0)
    monkeypatch.setattr("tui.engine.threads._GIVE_BACK_SECONDS", 0.001)
    monkeypatch.setattr("model.devices.memory.give_back_free_memory", given_back.release)
    threads = EngineThreads()
    threads.begin_writing(Mock(), Mock())
    assert given_back.acquire(timeout=PATIENCE)
    assert given_back.acquire(timeout=PATIENCE)
    threads.stopping.set()
    threads.join(PATIENCE)
