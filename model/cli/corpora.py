"""List the named corpora, or open texts and say what a recipe reads of them.

The exit code is 1 where a text is too short for the recipe.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from corpora import Corpus
from corpora.catalogue import DEFAULT, Entry, catalogue
from corpora.opening import is_local
from corpora.reading.guessing import LOOKED_AT, telling_passage
from model.cli.console import say, say_json, say_table, text_bar
from model.options.fields import given
from model.options.recipe_options import FITTED, TEXT, add_recipe_options, chosen_recipe
from model.options.training_options import add_corpus
from model.preparing.advice import advise
from model.preparing.estimate import Advice
from model.preparing.fitting import fit
from model.preparing.prepare import open_text
from model.recipe import NOTEBOOK, Recipe

HELP = "list the named corpora, or look into a text"
USAGE = "charlstm corpora [CORPUS ...] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser, "the text to look into", "without it, the named corpora are listed")
    parser.add_argument("--json", action="store_true", help="print one JSON object per corpus")
    add_recipe_options(parser, TEXT)


def work(options: argparse.Namespace) -> int:
    """List the catalogue, or open the named texts. Returns the exit code: 1 if the recipe cannot train on them."""
    entries = catalogue()
    if options.corpus:
        recipe = chosen_recipe(options.parser, options)
        with text_bar() as progress:
            corpus = open_text(options.corpus, recipe, progress)
        fitted = fit(corpus, recipe, frozenset(FITTED) - given(Recipe, options).keys())
        advice = advise(corpus, fitted.recipe, fitted.tokens)
        entry = entries.get(options.corpus[0]) if len(options.corpus) == 1 else None
        if options.json:
            _tell_json(corpus, entry, advice)
        else:
            _tell(corpus, recipe, entry)
            for each in advice:
                say(each.words)
            if entry and entry.name == DEFAULT and recipe.read_as != NOTEBOOK.read_as:
                say("The exercise (--recipe notebook) reads it in lower case:")
                _count(open_text(options.corpus, NOTEBOOK), NOTEBOOK)
        return 1 if any(each.hinders for each in advice) else 0
    if options.json:
        for entry in entries.values():
            say_json({"event": "corpus"} | asdict(entry) | {"state": _state(entry)})
    else:
        rows = [_row(entry) for entry in entries.values()]
        rows.append(("gutenberg:ID", "any", "", "needs a network", "public domain", "any book of Project Gutenberg"))
        say_table(("corpus", "language", "characters", "state", "licence", "title"), rows)
    return 0


def _row(entry: Entry) -> tuple[str, ...]:
    size = f"{entry.characters:,}" if entry.characters else ""
    return entry.name, entry.language, size, _state(entry), entry.licence, entry.title


def _state(entry: Entry) -> str:
    """Where the text is: in the program, on this machine, or on the web."""
    return "ships" if entry.ships else "cached" if is_local(entry.name) else "needs a network"


def _tell(corpus: Corpus, recipe: Recipe, entry: Entry | None) -> None:
    say(corpus.title)
    if entry:
        say(f"{entry.source}; {entry.language}, {entry.licence}")
    _count(corpus, recipe)
    for note in corpus.notes:
        say(note)


def _count(corpus: Corpus, recipe: Recipe) -> None:
    """Count what a recipe reads, in the words of the exercise."""
    say(f"corpus length {len(corpus)}")
    if recipe.reading == "windows":
        say(f"sequences {corpus.sequences(recipe.window, recipe.stride)}")
    say(f"unique characters {len(corpus.alphabet)}")


def _tell_json(corpus: Corpus, entry: Entry | None, advice: Sequence[Advice]) -> None:
    encoding = corpus.encoding
    guess = encoding.guess if encoding else None
    passage = encoding.passage if encoding else ""
    say_json(
        {
            "event": "corpus",
            "name": corpus.name,
            "title": corpus.title,
            "language": entry.language if entry else None,
            "licence": entry.licence if entry else None,
            "characters": len(corpus),
            "sequences": corpus.sequences(NOTEBOOK.window, NOTEBOOK.stride),
            "distinct": len(corpus.alphabet),
            "encoding": encoding.codec if encoding else None,
            "confidence": guess.confidence if guess else None,
            "second_guess": (guess.second or None) if guess else None,
            "excerpt": passage or telling_passage(corpus.text(0, LOOKED_AT)),
            "files": corpus.files,
            "skipped": corpus.skipped,
            "notes": corpus.notes,
            "advice": [each.words for each in advice],
        }
    )
