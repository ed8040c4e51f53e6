"""How many texts are read in the right encoding, by this program and by detectors alone, and how long that takes.

Run by hand: uv run --with charset-normalizer --with faust-cchardet python tests/benchmarks/encodings.py. The texts are
those of tests/data/languages.toml, in encodings from before Unicode at 1, 4 and 200 kB and with terminal colours, and
in those of Unicode with and without a mark. Right is what decodes to the same text.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from corpora.corpus import CorpusError
from corpora.reading.encoding import detect
from corpora.sources import from_bytes
from tests.corpora.reading.language_texts import coloured_cases, old_cases, wide_cases

GROUPS = {
    "1 kB": [*old_cases(1000)],
    "4 kB": [*old_cases(4000)],
    "200 kB": [*old_cases(200_000)],
    "4 kB, coloured": [*coloured_cases(4000)],
    "UTF, 1 kB": [*wide_cases(1000)],
}


def ours(data: bytes) -> str | None:
    """The encoding that this program reads a text in."""
    try:
        return detect(from_bytes("name", "text", data).parts[0]).codec
    except CorpusError:
        return None


def chardet(data: bytes) -> str | None:
    """What chardet takes a text for."""
    return import_module("chardet").detect(data, compat_names=False)["encoding"]


def charset_normalizer(data: bytes) -> str | None:
    """What charset-normalizer takes a text for."""
    best = import_module("charset_normalizer").from_bytes(data).best()
    return best.encoding if best else None


def cchardet(data: bytes) -> str | None:
    """What cchardet takes a text for."""
    return import_module("cchardet").detect(data)["encoding"]


def main() -> None:
    """Print the table, and what is wrong in ours."""
    print("right of", ", ".join(f"{len(cases)} ({name})" for name, cases in GROUPS.items()))
    detectors: tuple[Callable[[bytes], str | None], ...] = (ours, chardet, charset_normalizer, cchardet)
    for detector in detectors:
        with suppress(ImportError):
            row = []
            for cases in GROUPS.values():
                began = time.process_time()
                found = [detector(case.data) for case in cases]
                seconds = time.process_time() - began
                wrong = [case for case, codec in zip(cases, found, strict=True) if not case.is_read_as(codec)]
                row.append(f"{len(cases) - len(wrong)} ({1000 * seconds / len(cases):.1f} ms)")
                if detector is ours:
                    print(*(f"wrong: {case.name}" for case in wrong), sep="\n", end="\n" * bool(wrong))
            print(f"{detector.__name__:>20}", *row, sep=" | ")


if __name__ == "__main__":
    main()
