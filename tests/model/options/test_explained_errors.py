"""Any exception is one sentence and one exit code, and the sentence is true."""

from __future__ import annotations

import errno
import os

import pytest

from corpora.corpus import CorpusError
from corpora.errors import CharlstmError
from model.cli.exit_codes import exit_code
from model.devices.jax_setup import DeviceError
from model.devices.rendezvous import RollCallError
from model.options.explaining.explained_errors import explained
from model.recipe import RecipeError
from model.runs.checkpoint import CheckpointError
from model.runs.run_facts import RunError
from model.tokens.batches import BatchError

FULL = "The disk is full. Free some space."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CorpusError(FULL), 2),
        (RecipeError(FULL), 2),
        (RunError(FULL), 2),
        (BatchError(FULL, {}), 2),
        (DeviceError(FULL), 2),
        (CheckpointError(FULL), 1),
        (RollCallError(FULL), 3),
    ],
)
def test_an_error_for_the_user_is_its_own_sentence(error: CharlstmError, code: int) -> None:
    assert explained(error) == (FULL, code, True)


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (KeyboardInterrupt(), "", 130),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "", 141),
        (MemoryError(), "There is not enough memory.", 1),
        (OSError(errno.ENOMEM, "Cannot allocate memory", "/lib/x.so"), "There is not enough memory.", 1),
        (ImportError("libjax_common.so: failed to map segment from shared object"), "There is not enough memory", 1),
        (OSError("libpydivsufsort.so: cannot allocate memory in static TLS block"), "There is not enough memory", 1),
        (RuntimeError("can't start new thread"), "This system lets the program start no more threads", 1),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "There is not enough memory.", 1),
        (OSError(errno.EMFILE, "Too many open files", "/a"), "This shell lets the program open too few files: ", 1),
        (PermissionError(errno.EACCES, "Permission denied", "/a\x1b[2J"), "/a?[2J cannot be used: Permission", 1),
        (OSError(errno.ENOSPC, "No space left on device"), "Reading or writing failed: No space left on device.", 1),
    ],
)
def test_an_error_of_the_system_is_the_cause_that_is_true(error: BaseException, sentence: str, code: int) -> None:
    explanation = explained(error)
    assert explanation.sentence.startswith(sentence)
    assert bool(explanation.sentence) == bool(sentence)
    assert (explanation.exit_code, explanation.expected) == (code, True)


def test_a_deleted_folder_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", gone)
    for error in (RunError("There is no folder r."), FileNotFoundError(errno.ENOENT, "No such file", "r")):
        assert "The current folder was deleted, so relative paths lead nowhere" in explained(error).sentence


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    assert not explained(KeyError("x")).expected

    def work() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        exit_code(work)
