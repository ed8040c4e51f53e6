"""Stream: one text being written, with its draft, its sampling and its provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.sampling import Sampling
from model.writing.provenance import Origin, Parent, Sample, finished, new_id
from tui.engine.writing.items import SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.engine.writing.token_buffer import TokenBuffer


@dataclass(slots=True)
class Draft:
    """A sample that is being written."""

    origin: Origin
    seed: Seed
    left: int
    """Characters until it is over."""
    sampling: list[tuple[int, Sampling]]
    """As in Sample, but one for each mark on the screen: several can be at one offset."""
    text: list[str]

    @property
    def length(self) -> int:
        """Characters written."""
        return sum(map(len, self.text))

    def finished(self) -> Sample:
        """What is kept: of several samplings at one offset the last, and none that drew nothing."""
        changes: list[tuple[int, Sampling]] = []
        length = self.length
        for offset, sampling in dict(self.sampling).items():
            changed = not changes or changes[-1][1] != sampling
            if changed and offset < length:
                changes.append((offset, sampling))
        return finished(self.origin, tuple(changes), "".join(self.text))

    def ending(self, length: int) -> Seed:
        """The last `length` characters: the seed that a sample continuing from here shows."""
        text = self.seed.text + "".join(self.text)
        cut = max(0, len(text) - length)
        replaced = tuple(offset - cut for offset in self.seed.replaced if offset >= cut)
        return Seed(text[cut:], replaced, self.seed.stream)

    def continuing(self, seed: Seed, **changes: Any) -> Origin:
        """The origin of a sample that continues this one's text, memory and noise."""
        place: dict[str, Any] = {
            "id": new_id(),
            "seed": seed.text,
            "noise_position": self.origin.noise_position + len(self.text),
            "parent": Parent(self.origin.id, self.length),
            "chosen": 0,
        }
        return replace(self.origin, **place, **changes)


class Stream:
    """Puts what is written into the buffer, and takes back what the screen has not shown yet.

    Args:
        number: from 0.
        buffer: takes the items.
    """

    def __init__(self, number: int, buffer: TokenBuffer) -> None:
        self.number, self._buffer = number, buffer
        self.sampling = Sampling()
        self.part = number
        """Which part of a showing it writes, from 0, or wrote last."""
        self.draft: Draft | None = None
        """The sample being written, if any."""
        self.last: Draft | None = None
        """The newest sample, finished or not."""
        self.covered = False
        """Whether another program's text is on the screen below `last`."""

    def begin(self, origin: Origin, seed: Seed, length: int) -> None:
        """Begin a sample."""
        self._begin(Draft(origin, seed, length, [(0, self.sampling)], []))

    def resume(self, seed_length: int) -> None:
        """Continue the last sample after its end, as a sample that is seeded with it."""
        assert self.last
        last, seed = self.last, self.last.ending(seed_length)
        origin = last.continuing(seed, kind="continued", part=0, parts=0)
        if self.covered:  # the reader sees again what is continued
            self._begin(Draft(origin, seed, 0, [(0, self.sampling)], []))
        else:
            self.draft = self.last = Draft(origin, seed, 0, [(0, last.sampling[-1][1])], [])

    def _begin(self, draft: Draft) -> None:
        self.draft, self.last, self.covered = draft, draft, False
        origin = draft.origin
        self._buffer.put(
            SampleStart(
                origin.epoch,
                self.sampling,
                origin.part,
                origin.parts,
                origin.best,
                stream=self.number,
                kind=origin.kind,
            )
        )
        self._buffer.put(draft.seed._replace(stream=self.number))

    def write(self, written: Sequence[Written]) -> None:
        """Take in the next characters."""
        assert self.draft
        for each in written:
            self.draft.text.append(each.character)
            self._buffer.put(each)
        self.draft.left -= len(written)

    def mark(self) -> None:
        """Tell the screen the sampling, if the draft's last mark says another."""
        draft = self.draft
        if draft and draft.sampling[-1][1] != self.sampling:
            draft.sampling.append((draft.length, self.sampling))
            self._buffer.put(SamplingChange(self.sampling, self.number))

    def withdraw(self) -> int:
        """Take back what the screen has not shown of the draft; the number of characters."""
        draft = self.draft
        if draft is None:
            return 0
        characters, changes = self._buffer.retract(self.number)
        del draft.sampling[len(draft.sampling) - changes :]
        del draft.text[len(draft.text) - characters :]
        draft.left += characters
        return characters

    def end(self, waiting: str) -> None:
        """Tell the screen that the sample is over."""
        self._buffer.put(SampleEnd(waiting, self.number))

    def finish(self) -> Sample | None:
        """End the draft; the sample, unless it is empty."""
        draft, self.draft = self.draft, None
        return draft.finished() if draft and draft.text else None
