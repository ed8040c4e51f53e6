"""What a command prints, for tests: its records, or the one sentence with which it refuses."""

from __future__ import annotations

import json

import pytest

from model.cli import main
from model.cli.console import plain

Capture = pytest.CaptureFixture[str]


def records(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def refused(argv: list[str], capsys: Capture, code: int = 2) -> str:
    """What is said against a command line: one sentence on standard error, nothing on standard output."""
    assert main(argv) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert plain(said.err) == said.err
    return said.err
