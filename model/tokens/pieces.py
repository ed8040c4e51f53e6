"""Pieces of words as tokens, found by byte-pair encoding: the commonest pair of neighbours becomes a token, again and
again.

Source: Sennrich, Haddow and Birch (2016), Neural Machine Translation of Rare Words with Subword Units. The pairs are of
characters, not of bytes, so that every token can be shown.

The `tokenizers` package finds the pairs and applies them; it needs no network. It is imported only when it is needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from corpora.corpus import Corpus
from corpora.errors import CharlstmError
from corpora.progress import Tell, TextProgress
from corpora.safe_text import counted
from model.recipe import Recipe
from model.tokens.characters import CharacterTokenizer
from model.tokens.longer_tokens import LONGEST, LongerTokens, plain_characters
from model.tokens.tokenizer import TokenizerError

if TYPE_CHECKING:
    import tokenizers

_FEWEST = 2
"""Times that a pair occurs, at least."""


class PiecesError(CharlstmError):
    """The `tokenizers` package cannot be used here; the message says why."""


@dataclass(frozen=True)
class PieceTokenizer(LongerTokens):
    """The pieces that a model knows.

    Raises:
        TokenizerError: as `LongerTokens`, or a pair's parts are not known before it.
    """

    characters: CharacterTokenizer
    merges: tuple[tuple[str, str], ...]
    """Neighbours that become one token, the first found first. The same token may come of several pairs."""

    def __post_init__(self) -> None:
        known = set(self.characters.alphabet)
        for first, second in self.merges:
            if first not in known or second not in known:
                raise TokenizerError("A piece is made of parts that come after it.")
            known.add(first + second)
        self.check()

    @property
    def parts(self) -> tuple[str, ...]:
        """See `Tokenizer.parts`."""
        return counted(len(self.longer), "piece"), counted(len(self.characters), "character")

    @classmethod
    def train(cls, corpus: Corpus, recipe: Recipe, progress: Tell | None = None) -> Self:
        """The recipe's `vocabulary` of pieces, learned from the training text."""
        characters = CharacterTokenizer.train(corpus, recipe)
        package = _package()
        between = next(chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in characters.alphabet)
        model = package.Tokenizer(package.models.BPE())
        model.pre_tokenizer = package.pre_tokenizers.Split(between, "removed")
        trainer = package.trainers.BpeTrainer(
            vocab_size=len(characters) + recipe.vocabulary,
            min_frequency=_FEWEST,
            initial_alphabet=list(characters.alphabet),
            max_token_length=LONGEST,
            show_progress=False,
        )

        def texts() -> Iterator[str]:
            yield from map(between.join, cls.words_of(corpus, recipe, characters, progress))
            if progress:
                progress(TextProgress("joining pairs of", 0, recipe.vocabulary))

        model.train_from_iterator(texts(), trainer)
        merges = json.loads(model.to_str())["model"]["merges"]
        return cls(characters, tuple((first, second) for first, second in merges))

    @cached_property
    def longer(self) -> tuple[str, ...]:
        """The pieces, in the order in which they were found."""
        return tuple(dict.fromkeys(map("".join, self.merges)))

    @cached_property
    def _model(self) -> tokenizers.Tokenizer:
        package = _package()
        return package.Tokenizer(package.models.BPE(dict(self.ids), list(self.merges)))

    def tokens_of(self, words: Sequence[str]) -> Iterable[Sequence[int]]:
        """The pairs are joined in the order in which they were found, as long as there are any."""
        return (each.ids for each in self._model.encode_batch(list(words), add_special_tokens=False))

    def to_plain(self) -> dict[str, Any]:
        """The characters' plain values and the pairs."""
        return {"characters": self.characters.to_plain(), "merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """See `Tokenizer.from_plain`."""
        characters, merges = plain_characters(plain, "merges")
        if not isinstance(merges, list | tuple) or not all(map(_is_pair, merges)):
            raise TokenizerError("A vocabulary's merges are pairs of texts.")
        return cls(characters, tuple((first, second) for first, second in merges))


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(part, str) and part for part in value)


def _package() -> Any:
    """The `tokenizers` package, with one thread: training needs the others."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import tokenizers
        import tokenizers.models
        import tokenizers.pre_tokenizers
        import tokenizers.trainers
    except ImportError as error:
        raise PiecesError(
            f"--tokens pieces needs the package tokenizers, which cannot be loaded here ({error}): install it, or "
            "choose --tokens words."
        ) from error
    return tokenizers
