"""The kinds of tokenizer. To add one, add a module with its class and a line to TOKENIZERS.

Nothing here imports a tokenizer before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.tokens.tokenizer import Tokenizer

TOKENIZERS = {
    "characters": "model.tokens.characters:CharacterTokenizer",
    "words": "model.tokens.words:WordTokenizer",
    "pieces": "model.tokens.pieces:PieceTokenizer",
}
"""The module and class of each kind. A class implements `model.tokens.tokenizer.Tokenizer`."""


def class_of(kind: str) -> type[Tokenizer]:
    """The class of a kind of tokenizer, imported at the first call."""
    module, _, name = TOKENIZERS[kind].partition(":")
    found: type[Tokenizer] = getattr(import_module(module), name)
    return found
