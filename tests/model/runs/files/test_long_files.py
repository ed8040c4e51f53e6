"""Files of any size, with lines of any length, are read in bounded memory; of their steps, enough stay."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.runs.files import long_files
from model.runs.files.json_lines import event_record, from_lines, to_line
from model.runs.files.long_files import each_line, read_lines
from model.training.events import EpochEnd, Step
from model.writing.stored_samples import numbered_samples, read_samples
from tests.hostile import examples
from tests.model.runs.made_runs import begin
from tui.engine.watching.line_reader import LineReader


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bound is small, so that a file of some kilobytes is long."""
    for name, value in {
        "_BLOCK": 7,
        "LONGEST": 60,
        "MOST_KEPT": 500,
        "BEGINNING": 100,
        "BETWEEN": 20,
        "END": 2000,
        "_FIRST": 2,
    }.items():
        monkeypatch.setattr(long_files, name, value)


def step(number: int) -> bytes:
    return to_line(event_record(Step(1, number, 2.0, 0.01))).encode()


def end(epoch: int) -> bytes:
    return to_line(event_record(EpochEnd(epoch, epoch * 100, 2.0, 1.5, 2.2, 1.0, 100.0))).encode()


def read(content: bytes, **options: int) -> list[bytes]:
    return read_lines(io.BytesIO(content), **options).lines


@examples(200)
@given(st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=12), st.binary(max_size=5))
def test_the_lines_are_those_of_the_file_however_it_is_cut_into_blocks(lines: list[bytes], torn: bytes) -> None:
    torn = torn.replace(b"\n", b"")
    content = b"".join(line + b"\n" for line in lines) + torn
    block, long_files._BLOCK = long_files._BLOCK, 3
    try:
        found = read_lines(io.BytesIO(content))
        assert found.lines == [line + b"\n" for line in lines] == [*each_line(io.BytesIO(content))]
    finally:
        long_files._BLOCK = block
    assert found.end == len(content) - len(torn)
    assert found.last == (lines[-1] + b"\n" if lines else b"")


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 1000, 4097])
def test_steps_are_left_out_evenly_and_the_first_and_the_newest_stay(count: int) -> None:
    content = b"".join(map(step, range(1, count + 1)))
    numbers = [record["step"] for record in from_lines(b"".join(read(content, most_steps=16)))]
    assert min(16, count) <= len(numbers) <= 33
    assert (numbers[0], numbers[-1]) == (1, count)
    gaps = {later - earlier for earlier, later in pairwise(numbers[:-1])}
    assert len(gaps) <= 1


def test_no_other_line_is_left_out_for_steps_and_the_order_stays() -> None:
    lines = [
        line for epoch in range(1, 40) for line in (*map(step, range(epoch * 100 - 99, epoch * 100 + 1)), end(epoch))
    ]
    kept = read(b"".join(lines), most_steps=8)
    assert [line for line in kept if b"epoch_end" in line] == [end(epoch) for epoch in range(1, 40)]
    places = [lines.index(line) for line in kept]
    assert places == sorted(places)


@pytest.mark.usefixtures("small")
def test_a_line_that_is_too_long_is_skipped_and_the_lines_around_it_are_read() -> None:
    assert read(b"one\n" + b"x" * 90 + b"\ntwo\n") == [b"one\n", b"two\n"]
    assert [*each_line(io.BytesIO(b"one\n" + b"x" * 90 + b"\ntwo\n"))] == [b"one\n", b"", b"two\n"]


@pytest.mark.usefixtures("small")
def test_of_a_file_that_is_too_long_its_beginning_and_its_end_are_read_and_pieces_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [b"%06d\n" % number for number in range(1000)]
    kept = read(b"".join(lines))
    assert kept[:2] == lines[:2]
    assert kept[-1] == lines[-1]
    assert kept[2:] == lines[-len(kept) + 2 :], "the newest"
    assert sum(map(len, kept)) <= 500
    monkeypatch.setattr(long_files, "MOST_KEPT", 7000)
    numbers = [*map(int, read(b"".join(lines)))]
    assert numbers == sorted(set(numbers))
    assert len(numbers) < 500
    assert all(any(place <= number < place + 100 for number in numbers) for place in range(0, 1000, 100))


@pytest.mark.usefixtures("small")
def test_a_watched_file_with_an_endless_line_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n" + b"x" * 200)
    reader = LineReader(path)
    assert reader.look().lines == [b"one\n"]
    for more, lines in ((b"y" * 200, []), (b"\ntwo\nth", [b"two\n"]), (b"ree\n", [b"three\n"])):
        with open(path, "ab") as file:
            file.write(more)
        found = reader.look()
        assert (found.lines, found.rewritten) == (lines, False)


def test_samples_of_a_long_file_keep_the_numbers_of_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(tmp_path, "mine")
    for number in range(9):
        run.append_sample({"text": str(number)})
    size = (run.folder / "samples.jsonl").stat().st_size
    assert len(numbered_samples(run)) == len(read_samples(run)) == 9
    monkeypatch.setattr("model.writing.stored_samples.MOST_KEPT", size // 3)
    assert len(numbered_samples(run)) == 9
