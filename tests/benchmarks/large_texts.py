"""How long the first step of a large text takes, and how much memory its training.

Run by hand: uv run python tests/benchmarks/large_texts.py [--megabytes 1000] [--seconds 30] [OPTION ...]. A text of
words of random letters is made in a folder of its own, learned with 'charlstm train' and the options of a run, and
deleted. Memory is the most that the process had in use: what it must keep (its own pages), and with the pages of files
that the system may take back at any time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_MEGABYTE = 1_000_000


def make_text(path: Path, megabytes: int) -> None:
    """Words of one to nine letters, in lines; no megabyte is like another."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(megabytes):
            letters = rng.integers(97, 123, _MEGABYTE).astype(np.uint8)
            letters[rng.random(_MEGABYTE) < 0.18] = 32
            letters[79::80] = 10
            file.write(letters.tobytes())


def memory(process: int) -> tuple[int, int]:
    """Bytes in use now: the process's own, and those of files."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    own, files = (int(status[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))
    return own, files


def measure(text: Path, folder: Path, seconds: float, options: list[str]) -> None:
    """Train for some seconds, and print what it took."""
    command = [sys.executable, "-m", "model", "train", str(text), "--runs", str(folder), "--json", "--log-every", "1"]
    begun, first, most = time.monotonic(), None, (0, 0)
    with subprocess.Popen(
        [*command, "--max-seconds", str(seconds), *options], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "corpus_ready":
                print(f"{time.monotonic() - begun:6.1f} s: the text is read; {' '.join(event['notes'])}")
            if event["event"] == "compiled" and first is None:
                first = time.monotonic() - begun
                print(f"{first:6.1f} s: the first step is done")
            own, files = memory(child.pid)
            if own + files > sum(most):
                most = own, files
    print(f"{time.monotonic() - begun:6.1f} s: the end")
    print(f"most memory: {sum(most) / 1e6:,.0f} MB, of which {most[1] / 1e6:,.0f} MB are pages of files")


def main() -> None:
    """Make the text, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    given, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        text = Path(folder, "large.txt")
        make_text(text, given.megabytes)
        measure(text, Path(folder, "runs"), given.seconds, options)


if __name__ == "__main__":
    main()
