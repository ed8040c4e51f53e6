"""The buffer between writer and screen: order, back-pressure, taking back, closing."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest

from model.sampling import Sampling
from tests.patience import PATIENCE
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.engine.writing.token_buffer import Retracted, TokenBuffer


def written(character: str = "a") -> Written:
    return Written(character, 0.5, 1.0)


def text_of(items: list[Item]) -> str:
    return "".join(item.character for item in items if isinstance(item, Written))


def finishes(thread: threading.Thread) -> bool:
    thread.join(PATIENCE)
    return not thread.is_alive()


def test_items_come_out_in_the_order_they_went_in() -> None:
    buffer = TokenBuffer()
    items: list[Item] = [
        SampleStart(1, Sampling(0.5), 1, 4),
        Seed("ab", ()),
        written("c"),
        SamplingChange(Sampling(1.0)),
        written("d"),
    ]
    assert all(buffer.put(item) for item in items)
    assert len(buffer) == 5
    assert buffer.drain(3) == items[:3]
    assert buffer.drain(100) == items[3:]
    assert buffer.drain(100) == []


def test_only_characters_count_against_the_capacity() -> None:
    buffer = TokenBuffer(capacity=2)
    buffer.put(written())
    buffer.put(written())
    assert buffer.room() == 0
    assert buffer.put(SampleEnd(""))
    assert buffer.put(SamplingChange(Sampling(0.2)))
    assert len(buffer) == 4
    buffer.drain(1)
    assert buffer.room() == 1


def test_the_first_character_after_a_mark_in_its_stream_answers_a_key() -> None:
    buffer, answers = TokenBuffer(), list[int]()
    buffer.answered = lambda: answers.append(len(buffer))
    buffer.put(written())
    buffer.put(SamplingChange(Sampling(0.2), stream=1))
    buffer.put(written())
    assert answers == []
    buffer.put(Written("b", 0.5, 1.0, stream=1))
    assert answers == [4]
    buffer.put(Written("b", 0.5, 1.0, stream=1))
    assert answers == [4]


def test_retract_takes_back_what_nobody_has_seen() -> None:
    buffer = TokenBuffer()
    for item in (Seed("s", ()), written("a"), written("b"), SamplingChange(Sampling(1.0)), written("c")):
        buffer.put(item)
    assert text_of(buffer.drain(2)) == "a"
    assert buffer.retract() == Retracted(tokens=2, changes=1)
    assert buffer.retract() == Retracted(0, 0)
    assert buffer.room() == buffer.capacity
    assert len(buffer) == 0


def test_retract_stops_at_a_heading_a_seed_and_an_end() -> None:
    for stop in (SampleStart(1, Sampling(0.5), 1, 4), Seed("s", ()), SampleEnd("")):
        buffer = TokenBuffer()
        for item in (written("a"), stop, written("b")):
            buffer.put(item)
        assert buffer.retract().tokens == 1
        assert buffer.drain(10) == [written("a"), stop]


def test_put_waits_while_full_and_goes_on_when_drained() -> None:
    buffer = TokenBuffer(capacity=1)
    buffer.put(written("a"))
    accepted: list[bool] = []
    putter = threading.Thread(target=lambda: accepted.append(buffer.put(written("b"))))
    putter.start()
    putter.join(0.05)
    assert putter.is_alive()
    assert text_of(buffer.drain(1)) == "a"
    assert finishes(putter)
    assert accepted == [True]
    assert text_of(buffer.drain(1)) == "b"


def test_retract_makes_room_for_a_waiting_put() -> None:
    buffer = TokenBuffer(capacity=1)
    buffer.put(written("a"))
    putter = threading.Thread(target=buffer.put, args=(written("b"),))
    putter.start()
    assert buffer.retract().tokens in (1, 2)
    assert finishes(putter)


def test_close_wakes_a_waiting_put_at_once_and_refuses_what_follows() -> None:
    buffer = TokenBuffer(capacity=1)
    buffer.put(written("a"))
    accepted: list[bool] = []
    putter = threading.Thread(target=lambda: accepted.append(buffer.put(written("b"))))
    putter.start()
    putter.join(0.02)
    buffer.close()
    assert finishes(putter)
    assert accepted == [False]
    assert not buffer.put(written("c"))
    assert not buffer.put(SampleEnd(""))
    assert text_of(buffer.drain(10)) == "a"
    assert buffer.room() == 1


def drain_until(buffer: TokenBuffer, enough: Callable[[list[Item]], bool], limit: int) -> list[Item]:
    seen: list[Item] = []
    deadline = time.monotonic() + PATIENCE
    while not enough(seen) and time.monotonic() < deadline:
        drained = buffer.drain(limit)
        seen += drained
        assert buffer.room() >= 0
        if not drained:
            time.sleep(0.0002)
    return seen


@pytest.mark.parametrize(("capacity", "count"), [(1, 200), (3, 500), (256, 3000)])
def test_nothing_is_lost_or_doubled_under_load(capacity: int, count: int) -> None:
    buffer = TokenBuffer(capacity)

    def produce() -> None:
        for index in range(count):
            assert buffer.put(written(chr(0x100 + index)))

    producer = threading.Thread(target=produce)
    producer.start()
    seen = drain_until(buffer, lambda items: len(items) == count, limit=7)
    assert finishes(producer)
    assert text_of(seen) == "".join(chr(0x100 + index) for index in range(count))


def test_a_retracting_writer_shows_every_character_exactly_once() -> None:
    """The writer rewinds by what it took back: whatever the timing, the screen reads 0, 1, 2... without a gap."""
    buffer = TokenBuffer(capacity=16)
    dice = random.Random(1)
    count = 2000

    def produce() -> None:
        index = 0
        while index < count:
            if buffer.room():
                buffer.put(written(chr(0x100 + index)))
                index += 1
            else:
                time.sleep(0.0002)
            if dice.random() < 0.1:
                index -= buffer.retract().tokens
        buffer.put(SampleEnd("done"))

    producer = threading.Thread(target=produce)
    producer.start()
    seen = drain_until(buffer, lambda items: items[-1:] == [SampleEnd("done")], limit=5)
    assert finishes(producer)
    assert text_of(seen) == "".join(chr(0x100 + index) for index in range(count))
