"""TimeLapseView: what each epoch has written from the same seed, and which epoch is looked at. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from model.recipe import MOST_STREAMS
from model.sampling import Sampling, Unit
from model.writing.novelty.loops import loop_period, loop_phrases
from model.writing.provenance import Sample
from tui.engine.messages import StreamNovelty
from tui.engine.writing.items import Item, SampleEnd, Seed, Written
from tui.keys.key_commands import ReadEpoch, SeekCopies

_MOST_SEEDS = 4
"""Seeds of the user's whose samples are remembered, besides the run's own."""


class PastText(NamedTuple):
    """One of an epoch's texts."""

    sampling: Sampling
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    """If it ends in a loop, that it does, in ever fewer words."""


class PastEpoch(NamedTuple):
    """An epoch as it is looked at."""

    epoch: int
    epochs: int
    """Of the whole run."""
    seed: str
    parts: tuple[PastText, ...]
    """As many as there is room for; without texts where there are no samples of it, or not yet."""
    coming: bool = False
    """Whether its samples are being written, if there are none."""
    activations: tuple[tuple[float, ...], ...] = ()
    """What the unit that is looked at says at each character of each text; empty where that is not known."""
    novelty: tuple[StreamNovelty, ...] = ()
    """How new each text is; empty where that is not known."""
    own: bool = True
    """Whether the seed is the run's own: what was not written when the epoch ended is not written any more."""
    first: int = 0
    """Texts before these."""
    texts: int = 0
    """How many there are; more than `parts` where there is not room for all."""

    @property
    def streams(self) -> int:
        """How many texts there is room for."""
        return max(1, min(MOST_STREAMS, len(self.parts)))

    def titles(self, dot: str, live: Sequence[Sampling]) -> list[str]:
        """What the pane is called, the longest first; `live` are the samplings of the live text."""
        written = any(part.items for part in self.parts)
        without = dot + ("samples being written" if self.coming else "no samples" if self.own else "no samples yet")
        place = f"epoch {self.epoch} of {self.epochs}" + ("" if written else without)
        others = any(part.sampling != sampling for part, sampling in zip(self.parts, live, strict=False))
        places = [f"{place}{dot}the recipe's sampling", place] if others else [place]
        if self.texts > len(self.parts):
            which = f"{place}{dot}texts {self.first + 1} to {self.first + len(self.parts)} of {self.texts}"
            places = [f"{which} (tab)", which, place]
        return [title for each in places for title in (f"Time-lapse, {each}", each)]


@dataclass
class TimeLapseView:
    """Only the app's thread changes it."""

    epoch: int | None = None
    """The one that is looked at; None is the live text."""
    seed: str | None = None
    """That of the user, which all epochs are to write; None is the run's own."""
    first: int = 0
    """Texts before those in sight, where an epoch has more than there is room for."""
    _own: dict[int, tuple[Sample, ...]] = field(default_factory=dict)
    _others: dict[str, dict[int, tuple[Sample, ...]]] = field(default_factory=dict)
    """Of seeds that were pinned or asked for, the last of them at the end."""
    _ended: set[int] = field(default_factory=set)
    """Epochs that have ended since the launch."""
    _shown: set[int] = field(default_factory=set)
    """Epochs whose showing has begun."""
    skipped: set[int] = field(default_factory=set)
    """Epochs that ended while another was being written, so that they have no showing."""
    _asked: ReadEpoch | None = None
    """What was to be read last, for the colours of a unit."""
    _activations: tuple[tuple[float, ...], ...] = ()
    """What came of it."""
    _sought: SeekCopies | None = None
    """Of which texts it was to be looked how new they are."""
    _novelty: tuple[StreamNovelty, ...] = ()
    """What came of it."""

    def take(self, epochs: Mapping[int, Sequence[Sample]], seed: str | None) -> bool:
        """Take in samples, of the run's own seed (None) or of the user's; whether they change what is looked at."""
        new = {epoch: tuple(samples) for epoch, samples in epochs.items()}
        if seed is None:
            for epoch in new:
                if self._own.get(epoch) != new[epoch]:  # other weights: what they write from other seeds follows
                    for each in self._others.values():
                        each.pop(epoch, None)
            self._own |= new
        else:
            self._of(seed).update(new)
        return seed == self.seed and self.epoch in epochs

    def _of(self, seed: str) -> dict[int, tuple[Sample, ...]]:
        """What is known of a seed of the user's, from now on the last to be forgotten."""
        self._others[seed] = known = self._others.pop(seed, {})
        while len(self._others) > _MOST_SEEDS:
            del self._others[next(iter(self._others))]
        return known

    def ask(self, seed: str | None) -> None:
        """Look at what the epochs write from this seed."""
        self.seed = seed
        if seed is not None:
            self._of(seed)

    def walk(self, where: str, ended: Sequence[int]) -> bool:
        """Go to the epoch 'before' or 'after', to the 'first' or the 'last', or back to the 'live' text.

        Args:
            where: to go.
            ended: the epochs that have ended and count, in order; behind the last is the live text.

        Returns:
            Whether that is another place.
        """
        before, places = self.epoch, [*ended, math.inf]
        at = math.inf if before is None else before
        match where:
            case "before":
                goal = max((place for place in places if place < at), default=at)
            case "after":
                goal = min((place for place in places if place > at), default=math.inf)
            case "first":
                goal = places[0]
            case "last":
                goal = ended[-1] if ended else math.inf
            case _:
                goal = math.inf
        self.epoch = None if goal == math.inf else int(goal)
        if self.epoch is None:
            self.ask(None)
            self.first = 0
        return self.epoch != before

    def turn(self, steps: int, texts: int) -> int:
        """Go on to the next of so many texts that there is room for, or back (-1); how many these are."""
        turns = -(-texts // MOST_STREAMS)
        self.first = (self.first // MOST_STREAMS + steps) % turns * MOST_STREAMS
        return min(MOST_STREAMS, texts - self.first)

    def looked_at(self, epochs: int) -> PastEpoch | None:
        """The epoch that is looked at, of a run of so many; None for the live text."""
        if self.epoch is None:
            return None
        samples = self._looked_at()
        known = next(iter(self._own.values()), ())
        seed = self.seed if self.seed is not None else (samples or known)[0].asked if samples or known else ""
        places = tuple(PastText(each.sampling[0][1], ()) for each in known)  # so that nothing jumps later
        coming = self.seed is None and self.epoch in self._ended
        read = self._asked is not None and self._asked == self._to_read(self._asked.unit)
        said = self._activations if read else ()
        parts = tuple(map(_part, samples)) or places
        if self.first >= len(parts):  # the temperatures were edited: other epochs have more texts
            self.first = 0
        shown = slice(self.first, self.first + MOST_STREAMS)
        novelty = self._novelty if samples and self._sought == SeekCopies(_texts(samples)) else ()
        return PastEpoch(
            self.epoch,
            epochs,
            seed,
            parts[shown],
            coming,
            said[shown],
            novelty[shown],
            own=self.seed is None,
            first=self.first,
            texts=len(parts),
        )

    def to_read(self, unit: Unit | None) -> ReadEpoch | None:
        """What is to be read now, so that this unit can colour the epoch; None where that is nothing, or asked for."""
        asked = None if unit is None else self._to_read(unit)
        if asked is None or asked == self._asked:
            return None
        self._asked, self._activations = asked, ()
        return asked

    def take_reading(self, asked: ReadEpoch, activations: Sequence[Sequence[float]]) -> bool:
        """Take in what a unit says; whether it was asked for last."""
        if asked != self._asked:
            return False
        self._activations = tuple(map(tuple, activations))
        return True

    def to_seek(self) -> SeekCopies | None:
        """Of which texts it is to be looked now how new they are; None where of none, or where it was asked."""
        samples = self._looked_at()
        asked = SeekCopies(_texts(samples)) if samples else None
        if asked is None or asked == self._sought:
            return None
        self._sought, self._novelty = asked, ()
        return asked

    def take_novelty(self, asked: SeekCopies, novelty: Sequence[StreamNovelty]) -> bool:
        """Take in how new they are; whether it was asked for last."""
        if asked != self._sought:
            return False
        self._novelty = tuple(novelty)
        return True

    def _to_read(self, unit: Unit) -> ReadEpoch | None:
        if self.epoch is None or not (samples := self._looked_at()):
            return None
        return ReadEpoch(self.epoch, samples[0].step, _texts(samples), unit)

    def _looked_at(self) -> tuple[Sample, ...]:
        """The samples of the epoch and the seed that are looked at, as far as there are any."""
        known = self._own if self.seed is None else self._others.get(self.seed, {})
        return () if self.epoch is None else known.get(self.epoch, ())

    # Which epochs the live text leaves out

    def end_epoch(self, epoch: int) -> set[int]:
        """An epoch has ended; the epochs that are left out, if that is new."""
        self._ended.add(epoch)
        return self._newly_skipped()

    def begin_showing(self, epoch: float) -> set[int]:
        """The live text shows an epoch's samples; the epochs that are left out, if that is new."""
        self._shown.add(int(epoch))
        return self._newly_skipped()

    def _newly_skipped(self) -> set[int]:
        new = {each for each in self._ended if each < max(self._shown, default=0)} - self._shown - self.skipped
        self.skipped |= new
        return new


def _texts(samples: Sequence[Sample]) -> tuple[tuple[str, str], ...]:
    """Seed and text of each."""
    return tuple((each.seed, each.text) for each in samples)


def _part(sample: Sample) -> PastText:
    period = loop_period(sample.text)
    notes = loop_phrases(sample.text, period) if period else ()
    return PastText(sample.sampling[0][1], tuple(_items_of(sample)), notes)


def _items_of(sample: Sample) -> Iterator[Item]:
    """Seed, text and end, without a beginning: the pane's title says which epoch it is."""
    yield Seed(sample.seed, (), prefix=sample.prefix)
    lengths = sample.lengths or [1] * len(sample.text)
    if sum(lengths) == len(sample.text) and len(lengths) == len(sample.surprisal) == len(sample.entropy):
        ends = itertools.accumulate(lengths)
        for end, length, surprisal, entropy in zip(ends, lengths, sample.surprisal, sample.entropy, strict=True):
            yield Written(sample.text[end - length : end], 2.0**-surprisal, entropy)
    else:
        yield Written(sample.text, math.nan, math.nan)
    yield SampleEnd("")
