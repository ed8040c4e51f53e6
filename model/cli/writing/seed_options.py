"""Options for what is written: the texts to continue (an option, a file, standard input), its length and its noise."""

from __future__ import annotations

import argparse
from pathlib import Path

from corpora.corpus import CorpusError
from corpora.reading.reader import read_text
from corpora.safe_text import shown
from corpora.sources import from_path, from_standard_input
from model.cli.console import complain
from model.options.parser import Once, between, unescaped, whole_number
from model.tokens.replaced import pairs_of, sentence_of_replaced
from model.tokens.tokenizer import Encoded, Tokenizer

PREFIX = "'prefix', if the seed ends within a word, is that beginning, which the next token completes"
"""What a key of the JSON is, for help."""

_NAMED = 40
"""Characters of a seed, its last ones, that name it."""


def add_seed_options(parser: argparse.ArgumentParser) -> None:
    """Add `--seed-text` and `--seed-file`, of which one may be given; `seeds` reads them back."""
    which = parser.add_mutually_exclusive_group()
    add_seed_text(which, several=True)
    which.add_argument(
        "--seed-file",
        metavar="FILE",
        action=Once,
        help="continue each line of this file that is not empty; a sample each",
    )


def add_seed_text(parser: argparse._ActionsContainer, *, several: bool = False) -> None:
    """Add `--seed-text` alone; `several` says whether it may be given several times."""
    parser.add_argument(
        "--seed-text",
        metavar="TEXT",
        action="append" if several else Once,
        default=None if several else "",
        help=r"the text to continue (default: none); \n is a line feed; '-' reads it from standard input, without the "
        f"last line end{'; repeat it to write one more sample' if several else ''}",
    )


def add_length(parser: argparse.ArgumentParser, text: str, default: int, least: int = 0, most: int = 100_000) -> None:
    """Add `--length`, of the text that `text` describes."""
    parser.add_argument(
        "--length",
        type=between(whole_number, least, most),
        default=default,
        metavar="N",
        help=f"{text}; where tokens are words or pieces, at least so many (default: %(default)s)",
    )


def add_random_seed(parser: argparse.ArgumentParser, text: str, default: int | None = 1) -> None:
    """Add `--random-seed`, of which `text` says what it is for; None is a new one each time."""
    parser.add_argument(
        "--random-seed",
        type=between(whole_number, 0, 2**64 - 1),
        default=default,
        metavar="N",
        help=f"{text} (default: {'a new one' if default is None else default})",
    )


def one_seed(options: argparse.Namespace) -> str:
    """The text to continue, of a command that takes one.

    Raises:
        CorpusError: standard input cannot be read, or is no text.
    """
    return _text(options.seed_text)


def seeds(options: argparse.Namespace) -> list[str]:
    """The texts to continue, at least one.

    Raises:
        CorpusError: standard input or the file cannot be read, is no text, or has no line.
    """
    if options.seed_file is None:
        given = options.seed_text or [""]
        if given.count("-") > 1:
            raise CorpusError("Standard input can be read only once: give --seed-text - once.")
        return [*map(_text, given)]
    path = Path(options.seed_file)
    if path.is_dir():
        raise CorpusError(f"{shown(str(path))} is a folder. Name a file with one seed a line.")
    lines = [unescaped(line) for line in read_text(from_path(path)).split("\n") if line]
    if not lines:
        raise CorpusError(f"{shown(str(path))} has no seeds. Write one seed on each line.")
    return lines


def named(seed: str) -> str:
    """A seed in a few characters: those that are continued.

    >>> named("the will to ")
    "after 'the will to '"
    """
    return f"after {'...' * (len(seed) > _NAMED)}{seed[-_NAMED:]!r}"


def _text(given: str) -> str:
    """What `--seed-text` means."""
    return read_text(from_standard_input(None)).removesuffix("\n") if given == "-" else unescaped(given)


def report_replacements(tokenizer: Tokenizer, texts: list[str], reader: str = "The model") -> None:
    """Say which characters of the seeds the model does not know, and what it reads instead."""
    read = [tokenizer.encode_seed(text) for text in texts]
    if count := sum(len(each.replaced) for each in read):
        both = zip(texts, read, strict=True)
        pairs = [pair for text, each in both for pair in pairs_of(text, each.text, each.replaced)]
        complain(sentence_of_replaced(count, "seed's" if len(texts) == 1 else "seeds'", pairs, reader))


def report_replaced(count: int, alphabet: str, read: Encoded) -> None:
    """Say how many characters of a scored text the model does not know, and what it reads instead.

    Args:
        count: in the text.
        alphabet: its distinct characters.
        read: these, as the model reads them.
    """
    complain(sentence_of_replaced(count, "text's", pairs_of(alphabet, read.text, read.replaced)))
