"""Find the units of a run's network that follow something in a text, or print a text in the colours of one unit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from corpora import open_corpus
from model.cli.console import complain, say, say_json, say_table, text_bar
from model.cli.run_argument import add_run, language_model_of, open_weights
from model.cli.writing.run_text import open_run_text
from model.cli.writing.token_printer import ACTIVATION, TokenPrinter
from model.options.parser import between, whole_number
from model.options.recipe_options import add_reading_options, chosen_reading
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from model.sampling import SamplingError, Unit
from model.writing.units.following import PROPERTIES, STRENGTHS

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel
    from model.writing.units.finding import Excerpt

HELP = "find out what single units of a run's network follow"
USAGE = "charlstm units RUN [OPTION ...]"

_MOST_UNITS = 1_000
_FEW = 2_000
"""Characters below which a correlation says little."""
_PRINTED = 1_000
"""Characters of the run's text that are printed in colours."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    parser.add_argument(
        "--top",
        type=between(whole_number, 1, _MOST_UNITS),
        default=3,
        metavar="N",
        help="units of each property, the best first (default: %(default)s)",
    )
    parser.add_argument(
        "--unit",
        type=_unit,
        metavar="L:N",
        help="print the text with this unit's activation at each token instead: coloured on a terminal",
    )
    parser.add_argument(
        "--text",
        metavar="FILE",
        help="the text to read: a file, or anything else that train takes (default: the run's held-out text)",
    )
    add_reading_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def _unit(text: str) -> Unit:
    try:
        return Unit.parse(text)
    except SamplingError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def work(options: argparse.Namespace) -> int:
    """Read the text with the weights, and print the table or the text."""
    run, checkpoint = open_weights(options)
    language_model = language_model_of(checkpoint)
    from model.writing.units.switching import check_units, unit_network

    unit_network(language_model.network)  # before the text is opened
    check_units(language_model.network, [options.unit] if options.unit else [])
    read = _open_text(options, run, checkpoint)
    if options.unit:
        return _print_text(language_model, options.unit, read.text[: None if options.text else _PRINTED], options.json)
    from model.writing.units.finding import find_units

    found = find_units(language_model, read.text, options.top)
    characters, which = len(read.text), "held-out text" if read.held_out else options.text or "training text"
    if options.json:
        for name, followed in found.items():
            say_json(
                {"event": "property", "property": name, "what": PROPERTIES[name]}
                | {"units": [{"unit": str(unit), "correlation": round(value, 4)} for unit, value in followed]}
            )
        facts = {"run": run.name, "step": checkpoint.manifest.step, "text": which, "characters": characters}
        say_json({"event": "units"} | facts)
        return 0
    say(f"Units that follow something in {characters:,} characters of {which}")
    rows = []
    for name, followed in found.items():
        rows += [(name, str(each.unit), f"{each.correlation:+.2f}", each.how) for each in followed]
        rows += [] if followed else [(name, "", "", "does not change in this text")]
    say_table(("property", "unit", "correlation", "follows it"), rows)
    say(STRENGTHS)
    if characters < _FEW:
        complain(
            f"The text is short: in fewer than {_FEW:,} characters, many units seem to follow something by chance."
        )
    return 0


def _open_text(options: argparse.Namespace, run: Run, checkpoint: Checkpoint) -> Excerpt:
    """The beginning of the text that is given, or of the run's held-out text."""
    from model.writing.units.finding import MOST_CHARACTERS, Excerpt, excerpt

    if options.text is None:
        corpus = open_run_text(run, checkpoint, "This command", "give another one with --text")
        return excerpt(corpus, checkpoint.manifest.read_recipe())
    nfc = checkpoint.manifest.read_recipe().nfc
    read_as = chosen_reading(options, lowercase=checkpoint.manifest.tokenizer.lowercase, nfc=nfc)
    with text_bar() as progress:
        corpus = open_corpus([options.text], read_as, progress=progress)
    return Excerpt(corpus.text(0, min(len(corpus), MOST_CHARACTERS)), held_out=False)


def _print_text(language_model: LanguageModel, unit: Unit, text: str, json: bool) -> int:
    from model.writing.units.finding import activations_along

    read = language_model.tokenizer.encode(text, relatives=False)
    printer = TokenPrinter(text, read, language_model.tokenizer, ACTIVATION, json=json)
    for activations in activations_along(language_model, read.ids):
        printer.add(activations[:, unit.layer - 1, unit.number - 1].tolist())
    printer.end()
    return 0
