"""A text and a run that the tests of the time-lapse share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from corpora import Corpus, open_corpus
from model.runs.folder import Run
from tests.model.runs.made_runs import create_run
from tests.model.writing.time_lapses import RECIPE


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("text") / "book.txt"
    path.write_text("all work and no play makes jack a dull boy\n" * 40)
    return open_corpus([str(path)])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return create_run(tmp_path, "jack", "book", "fast", RECIPE, datetime(2026, 11, 23, tzinfo=UTC))
