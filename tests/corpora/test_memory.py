"""A large text is opened in little more memory than its ids need; measured in a process of its own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("peak memory is not measured here", allow_module_level=True)

MEASURE = """
import json, resource, sys, time
import numpy
from corpora import ReadAs, open_corpus
import corpora.reading.reader

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20

before, begun = peak(), time.monotonic()
corpus = open_corpus(sys.argv[1], ReadAs(lowercase=sys.argv[2] == "lower"))
print(json.dumps({
    "seconds": time.monotonic() - begun, "before": before, "peak": peak(),
    "characters": len(corpus), "kind": str(corpus.ids.dtype),
}))
"""

LATIN = "The quick brown fox jumps over the lazy dog, and the dog — naïve as ever — only yawned at it.\n"


def text_of(megabytes: int, path: Path, encoding: str = "utf-8", rare: str = "") -> Path:
    """A file of so many megabytes of prose, with `rare` at its very end."""
    unit = (LATIN * 1000).encode(encoding)
    with path.open("wb") as file:
        for _ in range(megabytes * 2**20 // len(unit)):
            file.write(unit)
        file.write(rare.encode(encoding))
    return path


def measured(path: Path, case: str = "as it is") -> dict[str, float]:
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path), case], capture_output=True, text=True, check=True
    )
    answer: dict[str, float] = json.loads(result.stdout)
    return answer


def test_ten_megabytes_need_little_more_memory_than_their_ids(tmp_path: Path) -> None:
    answer = measured(text_of(10, tmp_path / "text.txt", rare="日本語🦊"), "lower")
    assert answer["characters"] > 9e6
    assert answer["peak"] - answer["before"] < 75


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("case", ["as it is", "lower"])
def test_a_hundred_megabytes_leave_room_for_the_training(tmp_path: Path, encoding: str, case: str) -> None:
    answer = measured(text_of(100, tmp_path / "text.txt", encoding), case)
    assert answer["characters"] > 45e6
    assert answer["peak"] < 450
    assert answer["seconds"] < 10


@pytest.mark.slow
def test_a_hundred_megabytes_of_a_large_alphabet_leave_room_for_the_training(tmp_path: Path) -> None:
    chosen = random.Random(1)
    rare = "".join(chr(chosen.randrange(0x4E00, 0x9F00)) for _ in range(20_000))
    answer = measured(text_of(100, tmp_path / "text.txt", rare=rare))
    assert answer["kind"] == "uint16"
    assert answer["peak"] < 450
    assert answer["seconds"] < 10
