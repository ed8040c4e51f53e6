"""The index that finds what a text copies: how long it takes to build, its memory, and how long a sample takes.

Run by hand: uv run python tests/benchmarks/copy_index.py [--megabytes 100]. The corpus is Nietzsche and Shakespeare,
cut into pieces of 30 to 500 characters and shuffled, so that it has long repeats as books have.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from corpora import open_corpus
from corpora.corpus import Corpus
from model.writing.novelty.copying import CopyIndex, copied

SAMPLES, LENGTH = 50, 400


def corpus_of(megabytes: float) -> Corpus:
    """So many millions of characters."""
    book = open_corpus(["nietzsche", "shakespeare"])
    random = np.random.default_rng(1)
    ids = np.empty(int(megabytes * 1e6), book.ids.dtype)
    done = 0
    while done < len(ids):
        start, length = random.integers(0, len(book) - 500), random.integers(30, 500)
        piece = book.ids[start : start + length][: len(ids) - done]
        ids[done : done + len(piece)] = piece
        done += len(piece)
    return Corpus("shuffled", "shuffled", book.alphabet, ids, None, ())


def peak() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    corpus = corpus_of(parser.parse_args().megabytes)
    print(f"{len(corpus):,} characters, {peak():.0f} MB with the corpus")
    began, cpu = time.perf_counter(), time.process_time()
    index = CopyIndex(corpus)
    print(f"index: {time.perf_counter() - began:.1f} s, {time.process_time() - cpu:.1f} s of CPU; peak {peak():.0f} MB")
    texts = [corpus.text(at, at + LENGTH // 2) + corpus.text(2 * at, 2 * at + LENGTH // 2) for at in range(SAMPLES)]
    began = time.process_time()
    for text in texts:
        copied(index, text)
    print(f"a sample of {LENGTH} characters: {(time.process_time() - began) / SAMPLES * 1e3:.1f} ms of CPU")


if __name__ == "__main__":
    main()
