"""The kinds of tokenizer. To add one, add a module with its class and a line to TOKENIZERS.

Nothing here imports a tokenizer before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from model.tokens.tokenizer import Tokenizer


class Kind(NamedTuple):
    """A kind of tokenizer."""

    place: str
    """Its module and class, which implements `model.tokens.tokenizer.Tokenizer`."""
    without: tuple[str, ...] = ()
    """Fields of the recipe that mean nothing to it: options for them are refused."""
    fitted: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    """Fields that differ in a preset that has other tokens, by the preset's name."""


_WORDS: dict[str, dict[str, Any]] = {
    "fast": {
        "tied": True,
        "dropout": 0.3,
        "batch": 16,
        "epochs": 4,
        "rate": 0.004,
        "warmup": 0.1,
        "momentum": 0.5,
        "decay": 0.999,
        "weight_decay": 0.0,
        "temperatures": (0.4, 0.6, 0.8, 1.0),
        "min_p": 0.1,
    },
}
_WORDS["best"] = _WORDS["fast"] | {"character_gates": False, "dropout": 0.4, "epochs": 8, "rate": 0.003}
_PIECES = {
    "fast": _WORDS["fast"] | {"vocabulary": 3000, "dropout": 0.1},
    "best": _WORDS["best"] | {"vocabulary": 3000},
}

TOKENIZERS = {
    "characters": Kind("model.tokens.characters:CharacterTokenizer", ("vocabulary",)),
    "words": Kind("model.tokens.words:WordTokenizer", (), _WORDS),
    "pieces": Kind("model.tokens.pieces:PieceTokenizer", (), _PIECES),
}
"""Every kind by the name that `--tokens` takes."""


def class_of(kind: str) -> type[Tokenizer]:
    """The class of a kind of tokenizer, imported at the first call."""
    module, _, name = TOKENIZERS[kind].place.partition(":")
    found: type[Tokenizer] = getattr(import_module(module), name)
    return found
