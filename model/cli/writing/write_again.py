"""`charlstm write RUN --again N`: write a stored sample again, to the character."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from model.cli.console import say, say_json
from model.cli.run_argument import language_model_of
from model.cli.writing.run_text import open_run_text
from model.runs.files.long_files import MOST_KEPT
from model.runs.folder import SAMPLES, Run
from model.runs.listing import open_run, runs_folder
from model.runs.run_facts import RunError
from model.writing.provenance import ProvenanceError, Sample, to_record
from model.writing.stored_samples import lines_with_weights, numbered_samples, weights_of

if TYPE_CHECKING:
    import numpy as np

    from model.writing.language_model import DrawnToken, LanguageModel

_MOST_RANGES = 8
"""Ranges of lines that an error names."""


def write_stored_sample(options: argparse.Namespace) -> None:
    """Write the sample in line `--again` of samples.jsonl.

    Raises:
        RunError: it cannot be written again; the message says why.
    """
    run, line = open_run(options.run, runs_folder(options.runs)), options.again
    lines = numbered_samples(run)
    sample = lines[line - 1] if line <= len(lines) else None
    if sample is None:
        there = f"not there: samples.jsonl has {len(lines):,} lines"
        if line <= len(lines):
            long = (run.folder / SAMPLES).stat().st_size > MOST_KEPT
            there = "damaged, or older than what is read of so long a file" if long else "damaged"
        raise RunError(f"Line {line:,} is {there}.")
    try:
        language_model = _writer_of(run, sample, line)
        tokens = _drawn_again(sample, lines, language_model)
    except ProvenanceError as error:
        others = _ranges(lines_with_weights(run, lines))
        advice = f"Lines that can: {others}." if others else "No line of this run can."
        raise RunError(f"The sample in line {line:,} cannot be written again: {error}. {advice}") from error
    if options.json:
        drawn = {"tokens": [each._asdict() for each in tokens]}
        say_json({"event": "sample", "run": run.name, "line": line} | to_record(sample) | drawn)
    else:
        say(sample.seed + sample.text)


def _writer_of(run: Run, sample: Sample, line: int) -> LanguageModel:
    """The language model that wrote a sample."""
    path = weights_of(run, sample)
    checkpoint = run.read(path) if path else run.load("newest")
    language_model = language_model_of(checkpoint)
    if path:
        return language_model
    from model.training.untrained import untrained

    recipe, tokenizer = language_model.recipe, language_model.tokenizer

    def training_ids() -> np.ndarray:
        corpus = open_run_text(run, checkpoint, f"--again {line}", "choose another line")
        return tokenizer.read(corpus, 0, len(corpus.split(recipe.held_out)[0]))[0]

    return replace(language_model, params=untrained(recipe, tokenizer, training_ids)[1])


def _drawn_again(sample: Sample, lines: list[Sample | None], language_model: LanguageModel) -> list[DrawnToken]:
    from model.writing.replay import draw_again

    by_id = {each.id: each for each in lines if each}
    return draw_again(sample, by_id, language_model)


def _ranges(lines: Sequence[int]) -> str:
    """Rising numbers in words: '3, 5-9'; of many ranges, the last ones."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    spelled = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    return ", ".join(["…"] * (len(spelled) > _MOST_RANGES) + spelled[-_MOST_RANGES:])
