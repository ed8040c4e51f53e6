"""A second kind of tokenizer: the commonest pairs of characters, and single characters where there is no such pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from corpora.corpus import Corpus
from corpora.progress import Tell
from model.recipe import Recipe
from model.tokens.tokenizer import Encoded, Tokenizer, TokenizerError


@dataclass(frozen=True)
class PairTokenizer(Tokenizer):
    pieces: tuple[str, ...]
    lowercase: bool = False

    @classmethod
    def train(cls, corpus: Corpus, recipe: Recipe, progress: Tell | None = None) -> Self:
        pairs = Counter(map("".join, pairwise(corpus.text()))).most_common(8)
        return cls((*corpus.alphabet, *(pair for pair, _ in pairs)), recipe.lowercase)

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str, *, relatives: bool = True) -> Encoded:
        numbers = {piece: number for number, piece in enumerate(self.pieces)}
        ids, replaced, at = [], [], 0
        while at < len(text):
            piece = text[at : at + 2] if text[at : at + 2] in numbers else text[at]
            if piece not in numbers:
                replaced.append(at)
            ids.append(numbers.get(piece, 0))
            at += len(piece)
        return Encoded(np.array(ids, np.int32), self.decode(ids), tuple(replaced))

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        return "".join(self.pieces[each] for each in ids)

    def to_plain(self) -> dict[str, Any]:
        return {"pieces": list(self.pieces), "lowercase": self.lowercase}

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        try:
            return cls(tuple(plain["pieces"]), plain["lowercase"])
        except (KeyError, TypeError) as error:
            raise TokenizerError("These are no pairs.") from error
