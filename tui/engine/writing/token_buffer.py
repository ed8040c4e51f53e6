"""The bounded queue between the writer's thread and the screen; tokens not yet shown can be taken back from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import NamedTuple

from tui.engine.writing.branching.odds import Odds
from tui.engine.writing.items import Activations, Item, SamplingChange, Written


class Retracted(NamedTuple):
    """What never reached the screen."""

    tokens: int
    changes: int
    """Marks of a changed sampling among them."""


class TokenBuffer:
    """Items of all streams in the order they were written; at most `capacity` tokens wait for the screen.

    One writer puts, one screen drains. Only tokens count against the capacity, so that headings and marks
    never wait.
    """

    def __init__(self, capacity: int = 256) -> None:
        self.capacity = capacity
        self.seen: Callable[[list[Item]], object] = lambda items: None
        """Told of all that the screen takes; it must not wait."""
        self.answered: Callable[[], object] = lambda: None
        """Called in the writer's thread when the first token after a mark is here: a key waits for it."""
        self.odds: Odds | None = None
        """The newest odds, not a queue of them; None while none are asked for or there is no text."""
        self._items: deque[Item] = deque()
        self._tokens = 0
        self._marked: set[int] = set()
        """Streams with a mark that no token has followed yet."""
        self._closed = False
        self._changed = Condition()

    @property
    def closed(self) -> bool:
        """Whether nothing more is accepted."""
        return self._closed

    def __len__(self) -> int:
        return len(self._items)

    def room(self) -> int:
        """Tokens that can be put without waiting. The one writer can rely on it: nothing else puts tokens."""
        with self._changed:
            return self.capacity - self._tokens

    def put(self, item: Item) -> bool:
        """Append an item; a token waits while the buffer is full. False when the buffer is closed."""
        with self._changed:
            if isinstance(item, Written):
                self._changed.wait_for(lambda: self._closed or self._tokens < self.capacity)
                self._tokens += not self._closed
            if not self._closed:
                self._items.append(item)
            closed, answers = self._closed, isinstance(item, Written) and item.stream in self._marked
            (self._marked.add if isinstance(item, SamplingChange) else self._marked.discard)(item.stream)
        if answers:
            self.answered()
        return not closed

    def drain(self, limit: int) -> list[Item]:
        """Take the oldest items, `limit` of them at most, without waiting; what is taken counts as seen."""
        with self._changed:
            taken = [self._items.popleft() for _ in range(min(limit, len(self._items)))]
            self._release(sum(isinstance(item, Written) for item in taken))
        self.seen(taken)
        return taken

    def retract(self, stream: int = 0) -> Retracted:
        """Take back, in one step, the newest tokens and marks of a stream that the screen has not taken.

        Other streams' items stay, and so does a heading, seed or end of this stream with all before it.
        """
        tokens = changes = 0
        others: list[Item] = []
        with self._changed:
            while self._items:
                item = self._items.pop()
                if item.stream == stream and isinstance(item, Written):
                    tokens += 1
                elif item.stream == stream and isinstance(item, SamplingChange):
                    changes += 1
                else:
                    others.append(item)
                    if item.stream == stream and not isinstance(item, Activations):
                        break
            self._items.extend(reversed(others))
            self._release(tokens)
        return Retracted(tokens, changes)

    def close(self) -> None:
        """Accept nothing more and wake a waiting `put`; what is in the buffer can still be drained."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _release(self, tokens: int) -> None:
        if tokens:
            self._tokens -= tokens
            self._changed.notify_all()
