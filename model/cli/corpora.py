"""List the named corpora, or open texts and say what is in them, counted as in the exercise."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from corpora import Corpus, open_corpus
from corpora.catalogue import Entry, catalogue
from corpora.opening import is_local
from corpora.reading.guessing import LOOKED_AT, telling_passage
from model.cli.console import opening_bar, say, say_json, say_table
from model.options.recipe_options import add_reading_options, chosen_reading
from model.options.training_options import add_corpus
from model.preparing.advice import large_alphabet
from model.recipe import FAST, NOTEBOOK

HELP = "list the named corpora, or look into a text"
USAGE = "charlstm corpora [CORPUS ...] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser, "the text to look into", "without it, the named corpora are listed")
    parser.add_argument(
        "--lowercase",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="lower-case the text first (default: on, as the exercise does)",
    )
    add_reading_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object per corpus")


def work(options: argparse.Namespace) -> int:
    """List the catalogue, or open the named texts."""
    entries = catalogue()
    if options.corpus:
        with opening_bar() as progress:
            corpus = open_corpus(
                options.corpus, chosen_reading(options, lowercase=options.lowercase), progress=progress
            )
        entry = entries.get(options.corpus[0]) if len(options.corpus) == 1 else None
        (_tell_json if options.json else _tell)(corpus, entry)
    elif options.json:
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


def _tell(corpus: Corpus, entry: Entry | None) -> None:
    say(corpus.title)
    if entry:
        say(f"{entry.source}; {entry.language}, {entry.licence}")
    say(f"corpus length {len(corpus)}")
    say(f"sequences {corpus.sequences(NOTEBOOK.window, NOTEBOOK.stride)}")
    say(f"unique characters {len(corpus.alphabet)}")
    for note in corpus.notes:
        say(note)
    if advice := large_alphabet(corpus, FAST):
        say(advice.words)


def _tell_json(corpus: Corpus, entry: Entry | None) -> None:
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
        }
    )
