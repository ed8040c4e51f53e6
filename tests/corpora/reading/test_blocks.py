"""How far a text has been read is told, where that takes a while."""

from __future__ import annotations

import gzip
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest

from corpora import open_corpus, progress, sources
from corpora.progress import TextProgress
from corpora.reading.reader import read_corpus

LINE = b"some words to learn from\n"


@pytest.fixture
def seconds_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second goes by whenever anyone looks at the clock."""
    clock = count()
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(clock)))


def told_of(path: Path) -> list[TextProgress]:
    told: list[TextProgress] = []
    read_corpus(sources.from_path(path), block=100, progress=told.append)
    return told


@pytest.mark.usefixtures("seconds_pass")
def test_of_a_file_the_share_that_was_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(LINE * 12)
    assert told_of(path) == [("reading", done, 300) for done in (100, 200, 300)]
    assert TextProgress("reading", 100, 300).words == "33%"


@pytest.mark.usefixtures("seconds_pass")
def test_of_a_folder_the_share_is_that_of_all_its_files(tmp_path: Path) -> None:
    for name, data in {"a.txt": LINE * 8, "b.txt": b"", "c.png": b"\x89PNG" + bytes(196), "d.txt": LINE * 4}.items():
        (tmp_path / name).write_bytes(data)
    assert told_of(tmp_path) == [("reading", done, 500) for done in (100, 200, 500)]


@pytest.mark.usefixtures("seconds_pass")
def test_of_what_is_packed_only_the_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "book.txt.gz"
    path.write_bytes(gzip.compress(LINE * 8))
    assert told_of(path) == [("reading", done, None) for done in (100, 200)]
    assert TextProgress("reading", 12_345_678).words == "12.3 MB"


@pytest.mark.usefixtures("seconds_pass")
def test_of_a_pipe_the_bytes_are_told_and_then_the_share() -> None:
    told: list[TextProgress] = []
    open_corpus("-", stdin=BytesIO(LINE * 4), progress=told.append)
    assert told == [("reading", 100, None), ("reading", 100, 100)]


def test_what_is_read_in_a_moment_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(LINE * 12)
    assert told_of(path) == []


@pytest.mark.usefixtures("seconds_pass")
def test_an_exception_stops_the_reading(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_bytes(LINE)

    def stop(progress: TextProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_corpus(str(tmp_path), progress=stop)
