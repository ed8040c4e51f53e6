"""Let a run's weights go on from a seed, at one temperature or several."""

from __future__ import annotations

import argparse
import random

from model.cli.console import complain, plain, say, say_json
from model.cli.run_argument import add_run, open_weights
from model.options.parser import number, whole_number
from model.tokens.tokenizer import Encoded

HELP = "write with what a run has learned"
USAGE = "charlstm write RUN [OPTION ...]"

_HOTTEST = 100.0
_LONGEST = 10_000_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    parser.add_argument("--seed-text", metavar="TEXT", default="", help="what to go on from (default: nothing)")
    parser.add_argument(
        "--length", type=_length, default=400, metavar="N", help="characters to write (default: %(default)s)"
    )
    parser.add_argument(
        "--temperature",
        type=_temperature,
        action="append",
        metavar="T",
        help="0 always takes the likeliest character, 1 follows what was learned, more is wilder; give it again for "
        "another sample from the same seed (default: the recipe's temperatures)",
    )
    parser.add_argument(
        "--random-seed", type=_random_seed, metavar="N", help="the same number writes the same (default: a new one)"
    )
    parser.add_argument(
        "--dynamic", action="store_true", help="learn from the seed text while reading it; the run stays as it is"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a sample")


def work(options: argparse.Namespace) -> int:
    """Write, each character as it comes."""
    run, checkpoint = open_weights(options)
    from model.devices import local_devices

    local_devices.start(devices=1)
    from model.writing.language_model import LanguageModel

    language_model = LanguageModel.from_checkpoint(checkpoint)
    seed = language_model.encode(options.seed_text)
    if options.dynamic:
        language_model, _ = language_model.after_reading(seed.ids)
    random_seed = random.getrandbits(32) if options.random_seed is None else options.random_seed
    temperatures = options.temperature or list(language_model.recipe.temperatures)
    if seed.replaced and not options.json:
        complain(_replacements(options.seed_text, seed))
    for temperature in temperatures:
        pieces = language_model.write(options.seed_text, options.length, temperature, random_seed)
        if options.json:
            record = {"temperature": temperature, "seed": seed.text, "replaced": seed.replaced, "text": "".join(pieces)}
            weights = {"run": run.name, "step": checkpoint.manifest.step, "random_seed": random_seed}
            say_json({"event": "sample"} | weights | record)
            continue
        if len(temperatures) > 1:
            say(f"--- temperature {temperature:g}")
        say(seed.text, end="")
        for piece in pieces:
            say(piece, end="")
        say()
    return 0


def _replacements(asked: str, seed: Encoded) -> str:
    """Which characters of the seed the model does not know, and what it reads instead."""
    pairs = dict.fromkeys((asked[offset], seed.text[offset]) for offset in seed.replaced)
    spelled = [f"{_quoted(there)} as {_quoted(here)}" for there, here in pairs]
    listed = ", ".join(spelled[:8]) + (", …" if len(spelled) > 8 else "")
    count = len(seed.replaced)
    return f"The model does not know {count} of the seed's characters and reads {listed}."


def _quoted(character: str) -> str:
    return f"'{character}'" if plain(character) == character and character.isprintable() else f"U+{ord(character):04X}"


def _length(text: str) -> int:
    value = whole_number(text)
    if not 0 <= value <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text} characters cannot be written; give a number from 0 to {_LONGEST:,}")
    return value


def _temperature(text: str) -> float:
    value = number(text)
    if not 0 <= value <= _HOTTEST:
        raise argparse.ArgumentTypeError(f"{text} is no temperature; give a number from 0 to {_HOTTEST:g}")
    return value


def _random_seed(text: str) -> int:
    value = whole_number(text)
    if not 0 <= value < 1 << 64:
        raise argparse.ArgumentTypeError(f"{text} is no random seed; give a number from 0 to 2^64 - 1")
    return value
