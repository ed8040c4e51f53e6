"""Write text with a run's weights, or write one of its stored samples again."""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.errors import system_reason
from corpora.safe_text import enumerated
from model.cli.console import complain
from model.cli.run_argument import add_run, language_model_of, open_weights
from model.cli.writing.idle_settings import report_idle
from model.cli.writing.sample_printer import SamplePrinter
from model.cli.writing.seed_options import (
    PREFIX,
    add_length,
    add_random_seed,
    add_seed_options,
    report_replacements,
    seeds,
)
from model.cli.writing.write_again import write_stored_sample
from model.options.fields import option_of
from model.options.parser import Once, between, unescaped, whole_number
from model.options.sampling_options import add_sampling_options, samplings
from model.runs.files.atomic_files import write_file
from model.runs.run_facts import RunError, shown_path
from model.tokens.beginning import ending_of

if TYPE_CHECKING:
    from model.recipe import Recipe
    from model.writing.batch_writing import Wanted

HELP = "write text with a run's weights"
USAGE = "charlstm write RUN [OPTION ...]\n       charlstm write RUN --again N [--json] [--output FILE]"

_MOST = 10_000
"""Samples of one seed and sampling."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    add_seed_options(parser)
    add_length(parser, "characters to write", 400, least=1, most=10_000_000)
    parser.add_argument(
        "--until",
        metavar="TEXT",
        action=Once,
        nargs="?",
        const=True,
        type=_ending,
        help=r"stop before this text (\n: a line end), after --length at the latest; without TEXT, where a file of the "
        "run's text would end (--separator); a run trained with --lines writes lines",
    )
    parser.add_argument(
        "--count",
        type=between(whole_number, 1, _MOST),
        default=1,
        metavar="N",
        help="samples of each seed and temperature; each has the next random seed",
    )
    add_sampling_options(parser)
    add_random_seed(parser, "the same number writes the same", None)
    parser.add_argument(
        "--dynamic", action="store_true", help="train on the seed text while reading it; the run does not change"
    )
    parser.add_argument(
        "--again",
        type=between(whole_number, 1),
        metavar="N",
        help="write the sample in line N of the run's samples.jsonl again",
    )
    parser.add_argument(
        "--novelty", action="store_true", help="print how much of each sample is copied from the run's text, and loops"
    )
    parser.add_argument("--output", metavar="FILE", help="write into a new file, once all is written")
    parser.add_argument("--json", action="store_true", help=f"print one JSON object a sample; {PREFIX}")


def _ending(text: str) -> str:
    """The text of `--until`."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; give the text to stop before, or leave the option out")
    return unescaped(text)


def work(options: argparse.Namespace) -> int:
    """Write to standard output, or into a file that is there only when it is whole."""
    _refuse_contradictions(options)
    write = write_stored_sample if options.again is not None else _write_samples
    if options.output is None:
        write(options)
        return 0
    path = _new_file(options.output)
    with redirect_stdout(StringIO()) as printed:
        write(options)
    try:
        write_file(path, [printed.getvalue().encode()])
    except OSError as error:
        raise RunError(f"{shown_path(path)} cannot be written: {system_reason(error)}.") from error
    return 0


def _refuse_contradictions(options: argparse.Namespace) -> None:
    if options.again is not None and (given := _given_beside_again(options)):
        options.parser.error(f"--again writes what is stored, as it is stored: leave out {enumerated(given)}")
    if options.dynamic and (options.seed_file is not None or len(options.seed_text or ()) > 1):
        options.parser.error("--dynamic trains on one seed: give one --seed-text, and no --seed-file")


def _given_beside_again(options: argparse.Namespace) -> list[str]:
    """The options that a stored sample has no use for."""
    parser, useful = options.parser, {"run", "runs", "again", "json", "output", "command", "parser"}
    return [
        option_of(name)
        for name, value in sorted(vars(options).items())
        if name not in useful and value != parser.get_default(name) and not callable(value)
    ]


def _new_file(name: str) -> Path:
    """The file to write, which is not there yet.

    Raises:
        RunError: it exists, or its folder does not.
    """
    path = Path(name).expanduser() if name.startswith("~") else Path(name)
    if os.path.lexists(path):
        raise RunError(f"{shown_path(path)} exists already. Choose another --output, or remove it first.")
    if not path.parent.is_dir():
        raise RunError(f"There is no folder {shown_path(path.parent)}. Make it first, or choose another --output.")
    return path


def _write_samples(options: argparse.Namespace) -> None:
    run, checkpoint = open_weights(options)
    texts = seeds(options)
    printer = SamplePrinter(run, checkpoint, _until(options, checkpoint.manifest.read_recipe()), options)
    language_model = language_model_of(checkpoint)
    from model.writing.batch_writing import LANES, draw_together
    from model.writing.units.switching import check_units

    check_units(language_model.network, getattr(options, "without_units", ()))
    if options.dynamic:
        read = language_model.encode_seed(texts[0]).ids
        if len(read) < 2:  # the first is not predicted
            options.parser.error(f"--dynamic trains on the seed text: give a {'longer ' * bool(texts[0])}--seed-text")
        language_model, _ = language_model.after_reading(read)
    if not options.json:
        report_replacements(language_model.tokenizer, texts)
        report_idle(samplings(options, language_model.recipe))
    wanted = [*_wanted(options, texts, language_model.recipe)]
    printer.expect(wanted)
    for start in range(0, len(wanted), LANES):
        batch = wanted[start : start + LANES]
        printer.begin(batch)
        for tokens in draw_together(language_model, batch, options.length):
            if printer.add(tokens):
                break
        printer.end()
    printer.end_all()


def _until(options: argparse.Namespace, recipe: Recipe) -> str:
    """What ends each sample: the text that is asked for, or what ends each of the texts that the run tells apart."""
    asked, ending = options.until, ending_of(recipe)
    if asked is True and not ending:
        options.parser.error("the run was trained without --separator, so that nothing marks an end: give --until TEXT")
    return asked if isinstance(asked, str) else ending if asked or recipe.lines else ""


def _wanted(options: argparse.Namespace, texts: list[str], recipe: Recipe) -> Iterator[Wanted]:
    """What to write, in order. The same seed and sampling again is another sample: it gets the next random seed."""
    from model.writing.batch_writing import Wanted

    random_seed = options.random_seed
    if random_seed is None:
        random_seed = random.getrandbits(32)
        if not options.json:  # there, each sample has its own
            complain(f"To write the same again: {option_of('random_seed')} {random_seed}")
    times: Counter[tuple[int, object]] = Counter()
    for (place, text), sampling, _ in product(enumerate(texts), samplings(options, recipe), range(options.count)):
        yield Wanted(text, sampling, (random_seed + times[place, sampling]) % (1 << 64))
        times[place, sampling] += 1
