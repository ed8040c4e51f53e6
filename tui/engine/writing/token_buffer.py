"""The bounded queue between the writer's thread and the screen, from which unseen characters can be taken back."""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import NamedTuple

from tui.engine.writing.items import Item, TemperatureChange, Written


class Retracted(NamedTuple):
    """What never reached the screen."""

    characters: int
    changes: int
    """Marks of a changed temperature among them."""


class TokenBuffer:
    """Items in the order they were written; at most `capacity` characters wait to be seen.

    One writer puts, one screen drains. Only characters count against the capacity, so that headings and marks
    never wait.
    """

    def __init__(self, capacity: int = 256) -> None:
        self.capacity = capacity
        self._items: deque[Item] = deque()
        self._characters = 0
        self._closed = False
        self._changed = Condition()

    def __len__(self) -> int:
        return len(self._items)

    def room(self) -> int:
        """Characters that can be put without waiting: a single writer can rely on it, others only take away."""
        with self._changed:
            return self.capacity - self._characters

    def put(self, item: Item) -> bool:
        """Append an item; a character waits while the buffer is full. False when the buffer is closed."""
        with self._changed:
            if isinstance(item, Written):
                self._changed.wait_for(lambda: self._closed or self._characters < self.capacity)
                self._characters += not self._closed
            if not self._closed:
                self._items.append(item)
            return not self._closed

    def drain(self, limit: int) -> list[Item]:
        """Take the oldest items, `limit` of them at most, without waiting; what is taken counts as seen."""
        with self._changed:
            taken = [self._items.popleft() for _ in range(min(limit, len(self._items)))]
            self._release(sum(isinstance(item, Written) for item in taken))
            return taken

    def retract(self) -> Retracted:
        """Take back the newest characters and temperature marks that nobody has seen, as one step.

        It stops at the first item of another kind: a sample's heading, seed or end stays.
        """
        characters = changes = 0
        with self._changed:
            while self._items and isinstance(self._items[-1], Written | TemperatureChange):
                if isinstance(self._items.pop(), Written):
                    characters += 1
                else:
                    changes += 1
            self._release(characters)
        return Retracted(characters, changes)

    def close(self) -> None:
        """Accept nothing more and wake whoever waits; what is in the buffer can still be drained."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _release(self, characters: int) -> None:
        if characters:
            self._characters -= characters
            self._changed.notify_all()
