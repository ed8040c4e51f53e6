"""Score a text with a run's weights: how well they predict each token from all tokens before it."""

from __future__ import annotations

import argparse
import math
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from corpora import Corpus, CorpusError, open_corpus
from corpora.progress import Tell, paced
from model.baselines.ladder import MOST_COUNTED
from model.cli.console import prints_into_file, say, say_json, text_bar
from model.cli.run_argument import add_run, language_model_of, open_weights
from model.cli.writing.line_printer import LinePrinter
from model.cli.writing.run_text import open_run_text
from model.cli.writing.seed_options import report_replaced
from model.cli.writing.token_printer import SURPRISE, TokenPrinter
from model.options.recipe_options import add_reading_options, chosen_reading
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.tokens.beginning import beginning_of
from model.tokens.tokenizer import Encoded, Tokenizer

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel

HELP = "score a text with a run's weights"
USAGE = "charlstm score RUN FILE [OPTION ...]"

_BEGINNING = 1000
"""Characters in which the first token is found."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    parser.add_argument("text", metavar="FILE", help="the text to score: a file, or anything else that train takes")
    parser.add_argument(
        "--dynamic", action="store_true", help="train on the text while scoring it, on each stretch after its score"
    )
    parser.add_argument(
        "--counting",
        action="store_true",
        help="mix each prediction with what followed the same characters before, in the text that the run was trained "
        "on and in what was scored so far",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--per-character",
        action="store_true",
        help="print the surprise at each character, or word or piece: coloured on a terminal, a table elsewhere",
    )
    how.add_argument("--per-line", action="store_true", help="print how well each line is predicted, such as each name")
    add_reading_options(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, before it one for each token or line"
    )


def work(options: argparse.Namespace) -> int:
    """Score the text, with the state carried from its beginning to its end."""
    _refuse_contradictions(options)
    run, checkpoint = open_weights(options)
    tokenizer = checkpoint.manifest.tokenizer
    read_as = chosen_reading(options, lowercase=tokenizer.lowercase, nfc=checkpoint.manifest.read_recipe().nfc)
    with text_bar() as progress:
        corpus = open_corpus(options.text, read_as, distinct=1, progress=progress)
    trained_on = open_run_text(run, checkpoint, "--counting", "leave out --counting") if options.counting else None
    begins = beginning_of(checkpoint.manifest.read_recipe())
    if len(corpus) < 2 and not begins:
        raise CorpusError(f"{corpus.title} has one character. Score two or more: the first is not predicted.")
    language_model = language_model_of(checkpoint)
    if options.per_character or options.per_line:
        text = corpus.text()
        read = tokenizer.encode(text, relatives=False)
        printer = (
            LinePrinter(text, read, tokenizer, json=options.json)
            if options.per_line
            else TokenPrinter(text, read, tokenizer, SURPRISE, json=options.json)
        )
        loss, replaced = _print_surprises(language_model, read, printer), len(read.replaced)
    else:
        loss, replaced = _loss(language_model, corpus, begins, options.dynamic, trained_on)
    held_out = _held_out(run, checkpoint.manifest.step)
    if options.json:
        record = {"characters": len(corpus), "loss": loss, "bpc": loss / math.log(2), "replaced": replaced}
        judged = {"run": run.name, "step": checkpoint.manifest.step, "held_out": held_out}
        reading = {"dynamic": options.dynamic, "counting": options.counting}
        say_json({"event": "score"} | judged | reading | record)
        return 0
    if replaced:
        report_replaced(replaced, corpus.alphabet, tokenizer.encode(corpus.alphabet, relatives=False))
    how = _how(options.dynamic, options.counting)
    say(f"characters {len(corpus)}, all scored{'' if begins else _but_the_first(tokenizer, corpus)}, {how}")
    say(f"loss {_spelled(loss)}")
    if held_out is not None:
        alone = f", {_how(False, False)}" if options.dynamic or options.counting else ""
        say(f"the run's held-out text: {_spelled(held_out)}{alone}")
    return 0


def _how(dynamic: bool, counting: bool) -> str:
    """What predicts the text, in words."""
    weights = "weights that learn from it meanwhile (--dynamic)" if dynamic else "the weights as they are"
    return f"by {weights}{' and by counting (--counting)' if counting else ''}"


def _spelled(loss: float) -> str:
    return f"{loss:.4f} nats a character, {loss / math.log(2):.4f} bits"


def _held_out(run: Run, step: int) -> float | None:
    """The loss on the run's held-out text in nats per character, if an epoch ended with these weights."""
    with suppress(RunError):
        return next((end.held_out for end in run.view(most_steps=8).epoch_ends if end.step == step), None)
    return None


def _but_the_first(tokenizer: Tokenizer, corpus: Corpus) -> str:
    """What is not scored: nothing comes before the first token, which may be a word."""
    beginning = tokenizer.encode(corpus.text(0, _BEGINNING), relatives=False).ids
    length = int(tokenizer.lengths[beginning[0]])
    return " but the first" if length == 1 else f" but the first {length}"


def _refuse_contradictions(options: argparse.Namespace) -> None:
    each = next((f"--per-{what}" for what in ("character", "line") if getattr(options, f"per_{what}")), None)
    reading = next((f"--{how}" for how in ("dynamic", "counting") if getattr(options, how)), None)
    if each and reading:
        options.parser.error(f"{each} prints how well the weights as they are predict: leave out {reading}")


def _training_ids(corpus: Corpus, language_model: LanguageModel, progress: Tell | None) -> np.ndarray:
    """The text that the run was trained on, without what it held out; of a long one, the end."""
    training = len(corpus.split(language_model.recipe.held_out)[0])
    return language_model.tokenizer.read(corpus, max(0, training - MOST_COUNTED), training, progress)[0]


def _loss(
    language_model: LanguageModel, corpus: Corpus, begins: str, dynamic: bool, trained_on: Corpus | None
) -> tuple[float, int]:
    """In nats per character, and how many characters were replaced; `begins` comes before the text.

    Where the text that the run was trained on is given, what follows in it and in the text is counted.
    """
    with text_bar() as progress:
        ids, replaced = language_model.tokenizer.read(corpus, progress=progress)
        ids = np.concatenate([language_model.encode(begins).ids, ids])
        if not dynamic and trained_on is None:
            return language_model.score(ids, progress), replaced
        from model.baselines.mixing import Mixture
        from model.training.dynamic_evaluation import RATE, learn_from

        graph, params, tokenizer = language_model.graph, language_model.params, language_model.tokenizer
        known = None if trained_on is None else _training_ids(trained_on, language_model, progress)
        mixture = None if known is None else Mixture(known, ids, tokenizer)
        rate = RATE if dynamic else 0.0
        return learn_from(graph, params, ids, tokenizer.lengths, rate, mixture, progress)[1], replaced


def _print_surprises(language_model: LanguageModel, read: Encoded, printer: TokenPrinter | LinePrinter) -> float:
    """Print the surprises, as they are known, which only a file does not show; their mean in nats per character."""
    from model.writing.surprise import surprises

    done = 0
    with text_bar() as progress:
        told = paced(progress if prints_into_file() else None, "scoring", len(read.ids))
        for bits in surprises(language_model, read.ids):
            printer.add(bits.tolist())
            done += len(bits)
            told(done)
    printer.end()
    return printer.mean * math.log(2)
