"""CountWriter: writes a seed on by counting alone, for comparison with what the model writes.

The text is counted when it is first asked for, and the counts are let go of when nothing more is. JAX and NumPy are
imported only inside the thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from model.devices.priority import BACKGROUND, lower_priority
from tui.engine.messages import CountedText
from tui.engine.stoppable import Stoppable
from tui.engine.writing.items import Written
from tui.keys.key_commands import WriteByCounts

if TYPE_CHECKING:
    from corpora import Corpus
    from model.baselines.ngrams import NGrams
    from model.recipe import Recipe
    from model.tokens.tokenizer import Tokenizer

NO_TEXT = "The run's text cannot be opened here, so that nothing can be counted."
_NO_MEMORY = "There is not enough memory to count this text."
WRITES = "The text is counted. Its sample is being written."
_RANDOM_SEED = 1
"""Of the noise: that of `charlstm baselines`, the same for every order."""
_LONGEST = 1_000
"""Characters that are written at most, however long the recipe's samples are."""
_LOOK_TOKENS = 16
"""From one look whether something else is asked for to the next."""


class _Text(NamedTuple):
    corpus: Corpus | None
    """None where it cannot be opened here."""
    tokenizer: Tokenizer
    recipe: Recipe


class CountWriter(Stoppable):
    """One thread calls `run`; any thread may call the others.

    Args:
        post: takes a message for the screen.
    """

    def __init__(self, post: Callable[[Message], object]) -> None:
        super().__init__()
        self._post = post
        self._asked: WriteByCounts | None = None
        """What is still to be answered; only the newest is."""
        self._text: _Text | None = None

    def open(self, corpus: Corpus | None, tokenizer: Tokenizer, recipe: Recipe) -> None:
        """Count this text from now on, or say that it cannot be opened (None)."""
        with self._changed:
            self._text = _Text(corpus, tokenizer, recipe)
            self._changed.notify_all()

    def write(self, asked: WriteByCounts) -> None:
        """Write this next, instead of anything else."""
        with self._changed:
            self._asked = asked
            self._changed.notify_all()

    def run(self) -> None:
        """Write what is asked for, until stopped."""
        from model.baselines.ladder import BaselineError, count_text

        lower_priority(BACKGROUND)
        ngrams: NGrams | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or (self._asked and self._text))
                asked, self._asked, text = self._asked, None, self._text
            if self._stopped or asked is None or text is None:
                return
            if asked.order is None:
                ngrams = None
                continue
            if text.corpus is None:
                self._post(CountedText(asked, (), NO_TEXT))
                continue
            try:
                if ngrams is None:
                    ngrams = count_text(text.corpus, text.tokenizer, text.recipe)
                    self._post(CountedText(asked, (), WRITES))
                if items := self._written(ngrams, text, asked, asked.order):
                    self._post(CountedText(asked, items))
            except (BaselineError, MemoryError) as error:
                self._post(CountedText(asked, (), str(error) or _NO_MEMORY))

    def _written(self, ngrams: NGrams, text: _Text, asked: WriteByCounts, order: int) -> list[Written]:
        """What an order writes; nothing where something else is asked for meanwhile."""
        import jax

        from model.baselines.counted_writing import write_by_counts
        from model.devices.local_devices import writing_device
        from model.tokens.beginning import read_seed

        tokenizer, items = text.tokenizer, list[Written]()
        with jax.default_device(writing_device()):
            seed = read_seed(tokenizer, text.recipe, asked.seed).ids
            drawn = write_by_counts(ngrams, [order], [asked.sampling], _RANDOM_SEED, seed)
            left = min(_LONGEST, text.recipe.sample_length)
            while left > 0:
                if len(items) % _LOOK_TOKENS == 0 and (self._asked or self._stopped):
                    return []
                each = next(drawn)
                token = int(each.ids[0])
                left -= int(tokenizer.lengths[token])
                items.append(
                    Written(tokenizer.text_of(token), float(each.probability[0]), float(each.entropy[0]), token=token)
                )
        return items
