"""`charlstm write RUN --again N`: write a stored sample again, to the character."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.cli.console import say, say_json
from model.cli.run_argument import language_model_of
from model.runs.files.long_files import MOST_KEPT
from model.runs.folder import SAMPLES, Run
from model.runs.listing import open_run, runs_folder
from model.runs.run_facts import RunError
from model.writing.provenance import ProvenanceError, Sample, to_record
from model.writing.stored_samples import lines_with_weights, numbered_samples, weights_of

if TYPE_CHECKING:
    from model.writing.language_model import DrawnToken

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
        tokens = _drawn_again(run, sample, lines)
    except ProvenanceError as error:
        others = _ranges(lines_with_weights(run, lines))
        advice = f"Lines that can: {others}." if others else "No line of this run can."
        raise RunError(f"The sample in line {line:,} cannot be written again: {error}. {advice}") from error
    if options.json:
        drawn = {"tokens": [each._asdict() for each in tokens]}
        say_json({"event": "sample", "run": run.name, "line": line} | to_record(sample) | drawn)
    else:
        say(sample.seed + sample.text)


def _drawn_again(run: Run, sample: Sample, lines: list[Sample | None]) -> list[DrawnToken]:
    language_model = language_model_of(run.read(weights_of(run, sample)))
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
