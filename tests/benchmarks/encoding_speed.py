"""How long a long text takes to become tokens, and how much memory: the vocabulary is found, then all of it is read.

    python -m tests.benchmarks.encoding_speed [FILE] [--megabytes 100] [--tokens words pieces characters]

The text is FILE, or the default corpus, again and again until it is long enough; from the second time on, some letters
of it are others, so that new words keep coming. Prints a line for each kind of tokens.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from corpora import open_corpus
from corpora.corpus import Corpus
from model.recipe import FAST
from model.tokens.tokenizer_kinds import TOKENIZERS, class_of


def main() -> None:
    """Measure each kind in a process of its own, for its peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default="aphorisms")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--vocabulary", type=int, default=FAST.vocabulary)
    parser.add_argument("--tokens", nargs="+", choices=list(TOKENIZERS), default=list(TOKENIZERS))
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        _measure(long_text(options.file, options.megabytes * 1_000_000), options.tokens[0], options.vocabulary)
        return
    for kind in options.tokens:
        command = [sys.executable, "-m", "tests.benchmarks.encoding_speed", options.file, "--alone", "--tokens", kind]
        size = ["--megabytes", str(options.megabytes), "--vocabulary", str(options.vocabulary)]
        subprocess.run([*command, *size], check=True)


def long_text(spec: str, characters: int) -> Corpus:
    """So many characters, of a text with other letters from time to time."""
    corpus, random = open_corpus(spec), np.random.default_rng(1)
    parts: list[np.ndarray] = [corpus.ids]
    while sum(map(len, parts)) < characters:
        part = corpus.ids.copy()
        places = random.integers(len(part), size=len(part) // 200)
        part[places] = part[random.permutation(places)]
        parts.append(part)
    return replace(corpus, ids=np.concatenate(parts)[:characters])


def _measure(corpus: Corpus, kind: str, vocabulary: int) -> None:
    before, times = _memory("VmRSS"), []
    begun, worked = time.perf_counter(), time.process_time()
    tokenizer = class_of(kind).train(corpus, replace(FAST, tokens=kind, vocabulary=vocabulary))
    times.append(time.perf_counter() - begun)
    ids, _ = tokenizer.read(corpus)
    times.append(time.perf_counter() - begun - times[0])
    print(
        f"{kind:10}  {len(corpus) / 1e6:.0f} MB, {len(tokenizer):,} distinct, {len(ids):,} tokens, "
        f"{len(corpus) / len(ids):.2f} characters each: found in {times[0]:.1f} s, read in {times[1]:.1f} s "
        f"({time.process_time() - worked:.1f} s of processor), "
        f"peak {(_memory('VmHWM') - before) / 1e6:.0f} MB above the text's {before / 1e6:.0f} MB, "
        f"tokens {ids.nbytes / 1e6:.0f} MB",
        flush=True,
    )


def _memory(name: str) -> int:
    """Bytes, as Linux counts them for this process."""
    lines = Path(f"/proc/{os.getpid()}/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


if __name__ == "__main__":
    main()
