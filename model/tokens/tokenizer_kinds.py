"""The kinds of tokenizer. To add one, add a module with its class and a line to TOKENIZERS.

Nothing here imports a tokenizer before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from model.tokens.tokenizer import Tokenizer


class Kind(NamedTuple):
    """A kind of tokenizer."""

    place: str
    """Its module and class, which implements `model.tokens.tokenizer.Tokenizer`."""
    without: tuple[str, ...] = ()
    """Fields of the recipe that mean nothing to it: options for them are refused."""


TOKENIZERS = {
    "characters": Kind("model.tokens.characters:CharacterTokenizer", ("vocabulary",)),
    "words": Kind("model.tokens.words:WordTokenizer"),
    "pieces": Kind("model.tokens.pieces:PieceTokenizer"),
}
"""Every kind by the name that `--tokens` takes."""


def class_of(kind: str) -> type[Tokenizer]:
    """The class of a kind of tokenizer, imported at the first call."""
    module, _, name = TOKENIZERS[kind].place.partition(":")
    found: type[Tokenizer] = getattr(import_module(module), name)
    return found
