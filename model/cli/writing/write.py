"""Write text with a run's weights, or write one of its stored samples again."""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from itertools import chain

from model.cli.console import complain, plain, say, say_json
from model.cli.run_argument import add_run, open_weights
from model.options.parser import between, whole_number
from model.options.sampling_options import add_sampling_options, sampling_is_given, samplings
from model.runs.checkpoint import load
from model.runs.folder import Run
from model.runs.listing import open_run, runs_folder
from model.runs.run_facts import RunError
from model.tokens.tokenizer import Encoded
from model.writing.provenance import ProvenanceError, Sample, to_record
from model.writing.stored_samples import lines_with_weights, read_samples, weights_of

HELP = "write text with a run's weights"
USAGE = "charlstm write RUN [OPTION ...]\n       charlstm write RUN --again N [--json]"

_LONGEST = 10_000_000

_MOST_RANGES = 8
"""Ranges of lines that an error names."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    parser.add_argument("--seed-text", metavar="TEXT", default="", help="the text to continue (default: none)")
    parser.add_argument(
        "--length",
        type=between(whole_number, 0, _LONGEST),
        default=400,
        metavar="N",
        help="characters to write (default: %(default)s)",
    )
    add_sampling_options(parser)
    parser.add_argument(
        "--random-seed",
        type=between(whole_number, 0, 2**64 - 1),
        metavar="N",
        help="the same number writes the same (default: a new one)",
    )
    parser.add_argument(
        "--dynamic", action="store_true", help="train on the seed text while reading it; the run does not change"
    )
    parser.add_argument(
        "--again",
        type=between(whole_number, 1),
        metavar="N",
        help="write the sample in line N of the run's samples.jsonl again",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a sample")


def work(options: argparse.Namespace) -> int:
    """Write, each character as it comes."""
    if options.again is not None:
        return _write_again(options)
    run, checkpoint = open_weights(options)
    from model.devices import local_devices

    local_devices.start(devices=1)
    from model.writing.language_model import LanguageModel

    language_model = LanguageModel.from_checkpoint(checkpoint)
    seed = language_model.encode(options.seed_text)
    if options.dynamic:
        language_model, _ = language_model.after_reading(seed.ids)
    random_seed = random.getrandbits(32) if options.random_seed is None else options.random_seed
    wanted = samplings(options, language_model.recipe)
    if seed.replaced and not options.json:
        complain(_replacements(options.seed_text, seed))
    for place, sampling in enumerate(wanted):
        noise = (random_seed + wanted[:place].count(sampling)) % (1 << 64)  # the same again is another sample
        tokens = language_model.draw_tokens(options.seed_text, options.length, sampling, noise)
        if options.json:
            weights = {"run": run.name, "step": checkpoint.manifest.step, "random_seed": noise}
            read = {"seed": seed.text, "replaced": seed.replaced}
            written = [*chain.from_iterable(tokens)]
            text = {"text": "".join(each.token for each in written), "tokens": [each._asdict() for each in written]}
            say_json({"event": "sample"} | weights | sampling.to_plain() | read | text)
            continue
        if len(wanted) > 1:
            say(f"--- {sampling.words}")
        say(seed.text, end="")
        for piece in tokens:
            say("".join(each.token for each in piece), end="")
        say()
    return 0


def _write_again(options: argparse.Namespace) -> int:
    """Write a stored sample again, to the character.

    Raises:
        RunError: it cannot be written again; the message says why.
    """
    given = options.seed_text or sampling_is_given(options) or options.random_seed is not None
    if given or options.dynamic:
        options.parser.error("--again takes seed, sampling and noise from the stored sample: leave out the others")
    run, line = open_run(options.run, runs_folder(options.runs)), options.again
    lines = read_samples(run)
    sample = lines[line - 1] if line <= len(lines) else None
    if sample is None:
        there = "damaged" if line <= len(lines) else f"not there: samples.jsonl has {len(lines):,} lines"
        raise RunError(f"Line {line:,} is {there}.")
    try:
        text = _drawn_again(run, sample, lines)
    except ProvenanceError as error:
        others = _ranges(lines_with_weights(run, lines))
        advice = f"Lines that can: {others}." if others else "No line of this run can."
        raise RunError(f"The sample in line {line:,} cannot be written again: {error}. {advice}") from error
    if options.json:
        say_json({"event": "sample", "run": run.name, "line": line} | to_record(sample) | {"text": text})
    else:
        say(sample.seed + text)
    return 0


def _drawn_again(run: Run, sample: Sample, lines: list[Sample | None]) -> str:
    path = weights_of(run, sample)
    from model.devices import local_devices

    local_devices.start(devices=1)
    from model.writing.language_model import LanguageModel
    from model.writing.replay import write_again

    by_id = {each.id: each for each in lines if each}
    return write_again(sample, by_id, LanguageModel.from_checkpoint(load(path)))


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


def _replacements(asked: str, seed: Encoded) -> str:
    """Which characters of the seed the model does not know, and what it reads instead."""
    pairs = dict.fromkeys((asked[offset], seed.text[offset]) for offset in seed.replaced)
    spelled = [f"{_quoted(there)} as {_quoted(here)}" for there, here in pairs]
    listed = ", ".join(spelled[:8]) + (", …" if len(spelled) > 8 else "")
    count = len(seed.replaced)
    return f"The model does not know {count} of the seed's characters and reads {listed}."


def _quoted(character: str) -> str:
    return f"'{character}'" if plain(character) == character and character.isprintable() else f"U+{ord(character):04X}"
