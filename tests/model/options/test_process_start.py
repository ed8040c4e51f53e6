"""Streams that the shell closed, and the terminal's size that a shell exports."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from model.options.process_start import prepare_streams, trust_the_terminal

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_no_file_takes_the_place_of_a_stream_that_the_shell_closed(tmp_path: Path) -> None:
    kept = tmp_path / "weights"
    program = (
        "import os; from model.options.process_start import prepare_streams; prepare_streams(); "
        f"kept = [os.open({str(kept)!r}, os.O_WRONLY | os.O_CREAT) for _ in range(3)]; "
        "[os.write(number, b'a native library speaks') for number in (1, 2)]; print('so does Python')"
    )
    line = f"{shlex.join([sys.executable, '-c', program])} <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], cwd=ROOT, timeout=240, check=False).returncode == 0
    assert kept.read_bytes() == b""


def test_characters_that_the_locale_lacks_become_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, buffer in written.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(buffer, encoding="ascii"))
    prepare_streams()
    print("a ж", flush=True)
    print("→ b", file=sys.stderr, flush=True)
    assert [buffer.getvalue() for buffer in written.values()] == [b"a ?\n", b"? b\n"]


def test_an_exported_size_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "LINES"):
        monkeypatch.setenv(name, "100000")
    trust_the_terminal()
    assert not {"COLUMNS", "LINES"} & os.environ.keys()
