"""NoveltyWatch: says of the texts on the screen whether they go round in circles, and how much of them is copied."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.message import Message

from model.writing.novelty.loops import loop_advice, loop_period, loop_phrases
from tui.engine.messages import CopiesFound, Note, NoveltyFound, StreamNovelty
from tui.engine.writing.items import Item, Rewrite, SampleStart, Seed, Written
from tui.keys.key_commands import SeekCopies

if TYPE_CHECKING:
    from corpora import Corpus
    from model.writing.novelty.index import Index, Search

_SECONDS = 0.4
"""Between two looks at the texts."""
_INDEX_AFTER = 3.0
"""Seconds from the first text to the making of the index, which takes 0.1 s of CPU for a megabyte of text."""
_LONGEST_CORPUS = 200_000_000
"""Characters of a text that gets an index, which takes five times its size of memory."""
_MOST = 400
"""Characters of a stream that one look takes in, so that a flood of text costs little."""
_MOST_SEEN = 100_000
"""Items that wait for a look. There are fewer, unless the thread that looks has ended; then the oldest are let go."""
_END = 1_000
"""Characters at the end of a text in which a loop is looked for."""


class NoveltyWatch:
    """Takes what the screen has shown with `see`; `run` looks at it in a thread of its own.

    Args:
        post: takes a message for the screen.
    """

    def __init__(self, post: Callable[[Message], object]) -> None:
        self.corpus: Corpus | None = None
        """What may be copied from; None while it is not known."""
        self._post = post
        self._seen: deque[Item] = deque(maxlen=_MOST_SEEN)
        self._texts: dict[int, _SeenText] = {}
        self._sought: deque[SeekCopies] = deque(maxlen=1)
        """What is to be looked at besides the live texts."""
        self._index: Index | None = None
        self._began = 0.0

    def see(self, items: Iterable[Item]) -> None:
        """Take what the screen shows from now on, in its order. It only keeps it: the screen is not to wait."""
        self._seen.extend(items)

    def seek(self, asked: SeekCopies) -> None:
        """Look at what an epoch wrote, as soon as there is an index."""
        self._sought.append(asked)

    def run(self, stopping: threading.Event) -> None:
        """Look until the screen is closing."""
        while not stopping.wait(_SECONDS):
            if self.look() and not self._began:
                self._began = time.monotonic()
            if self._began and time.monotonic() - self._began >= _INDEX_AFTER:
                self.make_index()
            self.look_back()

    def look_back(self) -> None:
        """Tell the screen how new an epoch's texts are, if it has asked."""
        if self._index and self._sought:
            asked = self._sought.pop()
            self._post(CopiesFound(asked, [_novelty_of(seed, text, self._index) for seed, text in asked.texts]))

    def look(self) -> bool:
        """Tell the screen what is new; whether anything was."""
        while self._seen:
            item = self._seen.popleft()
            self._texts.setdefault(item.stream, _SeenText()).take(item)
        found = {stream: text.novelty() for stream, text in self._texts.items() if text.advance(self._index)}
        if found:
            self._post(NoveltyFound(found))
        return bool(found)

    def make_index(self) -> None:
        """Make the index of the corpus, if it is there and has none yet."""
        corpus, self.corpus = self.corpus, None
        if corpus is None:
            return
        if len(corpus) > _LONGEST_CORPUS:
            self._post(Note("The text is too long to look for copies of it."))
            return
        from model.writing.novelty.index import index_of

        self._index = index_of(corpus)


def _novelty_of(seed: str, text: str, index: Index) -> StreamNovelty:
    """Of a whole text."""
    seen = _SeenText()
    seen.take(Seed(seed, ()))
    seen.take(Written(text, math.nan, math.nan))
    while seen.advance(index):
        pass
    return seen.novelty()


class _SeenText:
    """The newest text of a stream, as far as the screen shows it."""

    def __init__(self) -> None:
        self._passage = 0
        self._text = ""
        self._pending = ""
        self._seed = ""
        self._search: Search | None = None

    def take(self, item: Item) -> None:
        """Take the next item of its stream."""
        match item:
            case SampleStart():
                self._begin()
            case Seed():
                self._seed = item.text
            case Rewrite(items):
                self._begin()
                self._seed = next((each.text for each in items if isinstance(each, Seed)), "")
                self._pending = "".join(each.character for each in items if isinstance(each, Written))
            case Written():
                self._pending += item.character

    def _begin(self) -> None:
        self._passage += 1
        self._text = self._pending = ""
        self._search = None

    def advance(self, index: Index | None) -> bool:
        """Look at more of the text; whether anything may have changed."""
        new, self._pending = self._pending[:_MOST], self._pending[_MOST:]
        self._text += new
        if index is not None and self._search is None and self._text:
            self._search, new = index.search(self._seed), self._text
        if self._search is not None:
            self._search.extend(new)
        return bool(new)

    def novelty(self) -> StreamNovelty:
        """Of the text so far."""
        from model.writing.novelty.copying import GRAM

        notes = advice = tuple[str, ...]()
        found = self._search.found if self._search else None
        if found and len(self._text) >= GRAM:
            notes = found.phrases
        if period := loop_period(self._text[-_END:]):
            loop, briefly = loop_phrases(self._text, period)
            both = (*(f"{loop}, {each}" for each in notes), *(f"{briefly}, {each}" for each in notes[-1:]))
            notes, advice = (*(both or (loop,)), briefly), loop_advice(self._text, period)
        return StreamNovelty(self._passage, notes, found.spans if found else (), advice)
