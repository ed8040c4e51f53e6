"""What is said of the texts on the screen: loops, and how much is copied."""

from __future__ import annotations

from textual.message import Message

from corpora import open_corpus
from model.sampling import Sampling
from tui.engine.messages import CopiesFound, Note, NoveltyFound, StreamNovelty
from tui.engine.novelty_watch import NoveltyWatch
from tui.engine.writing.items import Item, Rewrite, SampleStart, Seed, Written
from tui.engine.writing.token_buffer import TokenBuffer
from tui.keys.key_commands import SeekCopies

CORPUS = open_corpus("aphorisms")
FOREIGN = "".join(chr(0x4E00 + each) for each in range(50))
"""Characters that the corpus does not have."""


def written(text: str, stream: int = 0) -> list[Item]:
    return [Written(character, 0.5, 1.0, stream) for character in text]


def began(stream: int = 0) -> list[Item]:
    return [SampleStart(1.0, Sampling(), 1, 4, stream=stream), Seed("The seed", (), stream)]


class Heard:
    """A watch, and what it has said."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.watch = NoveltyWatch(self.said.append)

    def after(self, *items: Item) -> dict[int, StreamNovelty]:
        """What is said after these."""
        self.said.clear()
        self.watch.see(items)
        self.watch.look()
        assert len(self.said) <= 1, "one message a look"
        return {
            stream: each
            for found in self.said
            if isinstance(found, NoveltyFound)
            for stream, each in found.streams.items()
        }


def test_a_stream_that_goes_round_in_circles_is_named_with_the_ways_out() -> None:
    heard = Heard()
    found = heard.after(*began(), *written("and so "), *began(1), *written("the stand of the " * 4, 1))
    assert found[0] == StreamNovelty(1, (), ())
    assert found[1].notes[0] == "in a loop of 17 characters"
    assert found[1].advice[0] == "in a loop of 17 characters: raise the temperature, or turn on DRY"
    for words in (found[1].notes, found[1].advice):
        assert [*map(len, words)] == sorted(map(len, words), reverse=True)
    free = heard.after(*written("soul is free", 1))[1]
    assert free.notes == free.advice == ()


def test_copies_are_counted_once_the_corpus_has_an_index() -> None:
    heard = Heard()
    copy = CORPUS.text(1000, 1050)
    assert heard.after(*began(), *written(copy))[0] == StreamNovelty(1, (), ())
    heard.watch.corpus = CORPUS
    heard.watch.make_index()
    assert heard.after()[0] == StreamNovelty(1, ("100 % copied, longest 50", "100 % copied"), ((0, 50),))
    assert heard.after() == {}, "nothing is said where nothing is new"
    later = heard.after(*written(FOREIGN))[0]
    assert later.copies == ((0, 50),)
    assert later.notes[0] == "38 % copied, longest 50"


def test_of_a_text_in_a_loop_it_is_also_said_how_much_is_copied() -> None:
    heard = Heard()
    heard.watch.corpus = CORPUS
    heard.watch.make_index()
    found = heard.after(*began(), *written(CORPUS.text(1000, 1050) + FOREIGN[:10] * 3))[0]
    assert found.notes == (
        "in a loop of 10 characters, 51 % copied, longest 50",
        "in a loop of 10 characters, 51 % copied",
        "in a loop, 51 % copied",
        "in a loop",
    )


def test_of_a_text_that_is_too_short_nothing_is_said() -> None:
    heard = Heard()
    heard.watch.corpus = CORPUS
    heard.watch.make_index()
    assert heard.after(*began(), *written(FOREIGN[:19]))[0].notes == ()
    assert heard.after(*written(FOREIGN[19:21]))[0].notes != ()


def test_what_an_epoch_wrote_is_looked_at_once_there_is_an_index() -> None:
    heard = Heard()
    earlier, asked = SeekCopies((("", "earlier"),)), SeekCopies((("The", CORPUS.text(0, 900)), ("The", "and so " * 9)))
    heard.watch.seek(earlier)
    heard.watch.seek(asked)
    heard.watch.look_back()
    assert heard.said == []
    heard.watch.corpus = CORPUS
    heard.watch.make_index()
    for _ in range(2):
        heard.watch.look_back()
    (found,) = heard.said
    assert isinstance(found, CopiesFound)
    assert found.asked == asked
    assert [each.copies for each in found.novelty] == [((0, 900),), ()]
    assert [each.notes[-2] for each in found.novelty] == ["100 % copied, longest 900", "in a loop, 0 % copied"]


def test_what_waits_for_a_look_is_bounded() -> None:
    heard = Heard()
    heard.watch.see(written("a") * 250_000)
    assert len(heard.watch._seen) == 100_000


def test_a_new_text_and_one_that_takes_its_place_are_counted_anew() -> None:
    heard = Heard()
    heard.watch.corpus = CORPUS
    heard.watch.make_index()
    heard.after(*began(), *written(CORPUS.text(0, 100)))
    second = heard.after(*began(), *written(FOREIGN))[0]
    assert (second.passage, second.copies) == (2, ())
    rewrite = Rewrite((SampleStart(1.0, Sampling(), 1, 4), Seed("", ()), *written(CORPUS.text(0, 40))))  # type: ignore[arg-type]
    third = heard.after(rewrite)[0]
    assert (third.passage, third.copies) == (3, ((0, 40),))


def test_a_flood_of_text_is_taken_in_little_by_little() -> None:
    heard = Heard()
    heard.watch.corpus = CORPUS
    heard.watch.make_index()
    looks = [heard.after(*began(), *written(CORPUS.text(0, 1000)))]
    while looks[-1]:
        looks.append(heard.after())
    assert len(looks) > 2
    assert looks[-2][0].copies == ((0, 1000),)


def test_a_corpus_that_would_take_too_much_memory_gets_no_index() -> None:
    class Huge:
        def __len__(self) -> int:
            return 10**9

    heard = Heard()
    heard.watch.corpus = Huge()  # type: ignore[assignment]
    heard.watch.make_index()
    (note,) = heard.said
    assert isinstance(note, Note)
    assert "too long" in note.sentence


def test_what_the_screen_takes_is_seen_and_what_was_taken_back_is_not() -> None:
    seen: list[Item] = []
    buffer = TokenBuffer()
    buffer.seen = seen.extend
    for item in (*began(), *written("shown")):
        buffer.put(item)
    taken = buffer.drain(100)
    for item in written("taken back"):
        buffer.put(item)
    buffer.retract()
    assert seen == taken + buffer.drain(100)
    assert len(seen) == 7
