"""What the command line prints: nothing that a terminal obeys, and numbers that are short."""

from __future__ import annotations

import io
import json
import os
import re
import select
import struct
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.cli.console import plain, say_table, say_wrapped
from model.runs.housekeeping.run_summary import spelled_size
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
"""Two cells: five characters that are read as one."""


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_a_terminal_obeys_is_printed(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert plain(shown) == shown
    shown.encode()
    assert all(character >= " " or character in "\n\t" for character in shown)
    assert not set(shown) & set("\x7f\x85\x9b\u202e\u2066")


def test_columns_of_a_table_stand_below_each_other_in_any_script() -> None:
    with redirect_stdout(io.StringIO()) as printed:
        say_table(("name", "n"), [("abcd", "1"), ("中文", "2"), ("e\u0301\u0e19\u0e49", "3"), ("❤️👍🏽", "4")])
    assert printed.getvalue() == "name  n\nabcd  1\n中文  2\ne\u0301\u0e19\u0e49    3\n❤️👍🏽  4\n"


@pytest.mark.parametrize(
    ("columns", "line"), [(80, "abc  1.25  2 MB  done"), (16, "abc  1.25  done"), (5, "abc  done")], ids=str
)
def test_a_narrow_terminal_goes_without_spare_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int, line: str
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((columns, 24)))
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1)
    say_table(("run", "loss", "size", "state"), [("abc", "1.25", "2 MB", "done")], spare=("size", "loss"))
    assert capsys.readouterr().out.splitlines()[1] == line


def test_a_table_is_folded_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed() -> list[str]:
        say_table(("token", "before", "after"), [("a", "1 %", "2 %")], folded=True)
        return capsys.readouterr().out.splitlines()

    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((15, 24)))
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1)
    assert printed() == ["token  before  after", "a      1 %     2 %"]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert printed() == ["token  before", "a      1 %", "token  after", "a      2 %"]


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (240_000, "240 kB"), (12_345_678_901, "12 GB")]
)
def test_sizes_are_short(size: int, said: str) -> None:
    assert spelled_size(size) == said


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_closed_output_pipe_is_not_an_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "model", "corpora"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait(300) == 141


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_terminal_is_told_how_far_a_long_text_is_read() -> None:
    import fcntl
    import termios

    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "model", "corpora", "-", "--json"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=slave,
    ) as reading:
        os.close(slave)
        assert reading.stdin is not None
        assert reading.stdout is not None
        said, end = b"", time.monotonic() + PATIENCE
        while b"reading the text: " not in said:
            assert time.monotonic() < end, said
            reading.stdin.write(b"some words to learn from\n" * 4000)
            if select.select([master], [], [], 0.1)[0]:
                said += os.read(master, 1000)
        reading.stdin.close()
        answer = json.loads(reading.stdout.read())
    os.close(master)
    assert re.search(rb"reading the text: (\d+k|\d\.\d+M)B", said), said
    assert answer["characters"] % 100_000 == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_to_a_full_disk_is_explained_in_one_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "model", "corpora"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "charlstm: Standard output cannot be used: No space left on device.\n"


def test_long_lines_are_broken_at_the_terminals_edge_and_indented(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.cli.console._columns", lambda: 30)
    say_wrapped("0.20", "the will to power and the will\n\nto truth 力への意志力への意志力への意志" + "x" * 30)
    assert capsys.readouterr().out.splitlines() == [
        "  0.20  the will to power and",
        "        the will",
        "",
        "        to truth 力への意志力",
        "        への意志力への意志xxx",
        "        xxxxxxxxxxxxxxxxxxxxx",
        "        xxxxxx",
    ]


def test_what_is_read_as_one_character_is_not_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.cli.console._columns", lambda: 30)
    say_wrapped("0.20", FAMILY * 12 + "e\u0301" * 12)
    *first, last = capsys.readouterr().out.splitlines()
    assert first == [f"  0.20  {FAMILY * 10}"]
    assert last == "        " + FAMILY * 2 + "e\u0301" * 12


@given(st.text("ab \t\n力e\u0301", max_size=200), st.integers(30, 60))
def test_wrapping_loses_no_character_but_spaces_and_no_line_is_too_long(text: str, columns: int) -> None:
    said = io.StringIO()
    with redirect_stdout(said), pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.cli.console._columns", lambda: columns)
        say_wrapped("1.00", text)
    assert "".join(said.getvalue().split()) == "1.00" + "".join(text.split())
    for line in said.getvalue().splitlines():
        assert sum(2 if each == "力" else each != "\u0301" for each in line) < columns
