"""Engine -> screen: the rare messages that cross from the engine's threads. Text takes the token buffer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from textual.message import Message

from model.runs.housekeeping.compared_run import ComparedRun
from model.tokens.replaced import Pairs
from model.training.events import Event, Progress, TimedEvent
from model.writing.provenance import Sample
from model.writing.units.following import Followed
from tui.engine.writing.items import Item, Seed, Written
from tui.keys.key_commands import ReadEpoch, SeekCopies, WriteByCounts
from tui.views.run_state import RunState

LOADING = "loading the weights"
"""The stage in which a run's weights are there, and the writer is prepared."""


class Stage(Message):
    """What the engine is doing before the first step: 'opening nietzsche', 'downloading 40%', 'compiling'."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Replace an older stage that is still in the queue."""
        return isinstance(message, Stage)


class RunHistory(Message):
    """All that a run's folder tells so far. It takes the place of anything told before.

    Args:
        folder: the run's.
        events: from its beginning to where it is now.
        notes: what is wrong with it, a sentence each.
    """

    def __init__(self, folder: str, events: Sequence[TimedEvent], notes: Sequence[str] = ()) -> None:
        self.folder, self.events, self.notes = folder, tuple(events), tuple(notes)
        super().__init__()


class EpochSamples(Message):
    """What the weights of some epochs write from the same seed and noise.

    Args:
        epochs: the samples of each, one for each of the recipe's samplings, by epoch from 1.
        seed: the text that `WriteEpochs` has asked for, or that was pinned when the epochs ended; None for the run's
            own time-lapse.
    """

    def __init__(self, epochs: Mapping[int, Sequence[Sample]], seed: str | None = None) -> None:
        self.epochs, self.seed = epochs, seed
        super().__init__()


class TextAnswers(Message):
    """The text has answered a key: it can be drained now, earlier than the screen would look for it."""


class EpochRead(Message):
    """What a unit says in what an epoch wrote, as `ReadEpoch` has asked for it.

    Args:
        asked: what was asked for.
        activations: after each character, from -1 to 1, of each text; empty where there is a problem.
        problem: why it is not known, in a sentence.
    """

    def __init__(self, asked: ReadEpoch, activations: Sequence[Sequence[float]] = (), problem: str = "") -> None:
        self.asked, self.activations, self.problem = asked, activations, problem
        super().__init__()


class StreamNovelty(NamedTuple):
    """How new a stream's newest text is."""

    passage: int
    """Which text it is: the texts of the stream that began until then, rewritten ones among them."""
    notes: tuple[str, ...]
    """That it goes round in circles, or how much is copied: the same in ever fewer words."""
    copies: tuple[tuple[int, int], ...]
    """Where stretches of the text begin and end that stand in the corpus."""
    advice: tuple[str, ...] = ()
    """The way out of circles, in ever fewer words."""


class NoveltyFound(Message):
    """What is known now of the texts of these streams."""

    def __init__(self, streams: Mapping[int, StreamNovelty]) -> None:
        self.streams = streams
        super().__init__()


class CopiesFound(Message):
    """How new each text is that an epoch wrote, as `SeekCopies` has asked for it."""

    def __init__(self, asked: SeekCopies, novelty: Sequence[StreamNovelty]) -> None:
        self.asked, self.novelty = asked, tuple(novelty)
        super().__init__()


class TextScored(Message):
    """How well the model predicts a text of the user's.

    Args:
        items: the text: what has a surprise is written, and anything else is seed.
        mean: surprise in bits a character; None for a text of one character or none.
        replaced: what the model does not know, and what it reads instead.
    """

    def __init__(self, items: Sequence[Seed | Written], mean: float | None, replaced: Pairs) -> None:
        self.items, self.mean, self.replaced = items, mean, replaced
        super().__init__()


class UnitsFound(Message):
    """Which units follow what, as `FindUnits` has asked.

    Args:
        followed: the units of each property; empty where there is a problem.
        epoch: epochs that the weights have seen.
        problem: why none could be looked for, in a sentence.
    """

    def __init__(self, followed: Followed, epoch: float, problem: str = "") -> None:
        self.followed, self.epoch, self.problem = followed, epoch, problem
        super().__init__()


class CountedText(Message):
    """What counting writes, as `WriteByCounts` has asked for it.

    Args:
        asked: what was asked for.
        items: the text.
        problem: why there is none, or not yet, in a sentence; empty where there is one.
    """

    def __init__(self, asked: WriteByCounts, items: Sequence[Written], problem: str = "") -> None:
        self.asked, self.items, self.problem = asked, tuple(items), problem
        super().__init__()


class OthersRead(Message):
    """The runs that are compared, as they are now, in the order in which they were chosen."""

    def __init__(self, runs: Sequence[ComparedRun]) -> None:
        self.runs = tuple(runs)
        super().__init__()


class WrittenBeside(Message):
    """What one of several runs that write the same seed has written next.

    Args:
        run: its place among them.
        task: the number of what they write.
        items: more of its text.
        begins: whether it is a new text.
    """

    def __init__(self, run: int, task: int, items: Sequence[Item], *, begins: bool = False) -> None:
        self.run, self.task, self.items, self.begins = run, task, items, begins
        super().__init__()


class CannotWrite(Message):
    """Why one of several runs writes nothing, in a sentence."""

    def __init__(self, run: int, sentence: str) -> None:
        self.run, self.sentence = run, sentence
        super().__init__()


class RunStateChanged(Message):
    """A watched run is doing something else than before."""

    def __init__(self, run_state: RunState) -> None:
        self.run_state = run_state
        super().__init__()


class Note(Message):
    """A sentence for the log from the engine; `warning` if something is wrong."""

    def __init__(self, sentence: str, *, warning: bool = False) -> None:
        self.sentence, self.warning = sentence, warning
        super().__init__()


class TrainingEvent(Message):
    """An event of the run.

    Args:
        event: what the run reports.
        at: when it happened, in seconds since 1970; now, if that is not given.
    """

    def __init__(self, event: Event, at: float | None = None) -> None:
        self.event, self.at = event, time.time() if at is None else at
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Replace an older Progress that is still in the queue: only the latest numbers matter."""
        return (
            isinstance(message, TrainingEvent)
            and isinstance(self.event, Progress)
            and isinstance(message.event, Progress)
        )


Part = Literal["training", "writing", "other"]
"""What a thread of the engine does: it trains or follows a training, it writes, or nothing depends on it."""


class EngineFailed(Message):
    """A part of the engine has stopped; the others go on.

    Args:
        sentence: for the user.
        details: a traceback for the error log; empty if the sentence says it all.
        part: what has stopped.
    """

    def __init__(self, sentence: str, details: str, part: Part = "training") -> None:
        self.sentence, self.details, self.part = sentence, details, part
        super().__init__()
