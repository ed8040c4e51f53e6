"""Stream: one text being written, with its draft, its sampling and its provenance."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.sampling import Sampling
from model.writing.provenance import Origin, Parent, Sample, finished, new_id
from tui.engine.generating.generator_protocol import Token
from tui.engine.writing.items import Rewrite, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.engine.writing.token_buffer import TokenBuffer

_LONGEST_LINE = 200
"""Characters by which a line may exceed the length of a sample."""


@dataclass(slots=True)
class Draft:
    """A sample that is being written."""

    origin: Origin
    seed: Seed
    left: int
    """Characters until it is long enough; none and fewer where a line is written to its end."""
    sampling: list[tuple[int, Sampling]]
    """As in Sample, but one for each mark on the screen: several can be at one offset."""
    written: list[Written] = field(default_factory=list)
    kept: bool = False
    """Whether it was ended and handed over as a sample."""

    @property
    def text(self) -> str:
        """What was written."""
        return "".join(each.character for each in self.written)

    @property
    def length(self) -> int:
        """Characters written."""
        return characters_of(self.written)

    def finished(self) -> Sample:
        """What is kept: of several samplings at one offset the last, and none that drew nothing."""
        changes: list[tuple[int, Sampling]] = []
        length = self.length
        for offset, sampling in dict(self.sampling).items():
            changed = not changes or changes[-1][1] != sampling
            if changed and offset < length:
                changes.append((offset, sampling))
        return finished(self.origin, tuple(changes), self.text)

    def ending(self, length: int) -> Seed:
        """The last `length` characters: the seed that a sample continuing from here shows."""
        text = self.seed.text + self.text
        cut = max(0, len(text) - length)
        replaced = tuple(offset - cut for offset in self.seed.replaced if offset >= cut)
        return Seed(text[cut:], replaced, self.seed.stream)

    def items(self) -> Iterator[Written | SamplingChange]:
        """All that was written, with its marks."""
        marks, offset = deque(self.sampling), 0
        for each in self.written:
            while marks and marks[0][0] <= offset:
                yield SamplingChange(marks.popleft()[1], each.stream)
            yield each
            offset += len(each.character)
        yield from (SamplingChange(sampling, self.origin.stream) for _, sampling in marks)

    def tokens(self) -> Iterator[Token]:
        """What was written, each token with the sampling it was drawn with."""
        sampling = self.sampling[0][1]
        for item in self.items():
            if isinstance(item, SamplingChange):
                sampling = item.sampling
            else:
                yield Token(item.token, sampling)

    def until(self, tokens: int) -> Draft:
        """Its beginning of so many tokens, to be shown before a branch; the sample stays as it is."""
        written = self.written[:tokens]
        length = characters_of(written)
        sampling = [change for change in self.sampling if change[0] < length] or self.sampling[:1]
        return replace(self, sampling=sampling, written=written, kept=True)

    def continuing(self, seed: Seed, **changes: Any) -> Origin:
        """The origin of a sample that continues this one's text, memory and noise."""
        place: dict[str, Any] = {
            "id": new_id(),
            "seed": seed.text,
            "prefix": "",
            "noise_position": self.origin.noise_position + len(self.written),
            "parent": Parent(self.origin.id, self.length),
            "chosen": 0,
            "chosen_lengths": (),
        }
        return replace(self.origin, **place, **changes)


def characters_of(tokens: Iterable[Written]) -> int:
    """Characters of so many tokens."""
    return sum(len(each.character) for each in tokens)


class Stream:
    """Puts what is written into the buffer, and takes back what the screen has not shown yet.

    Args:
        number: from 0.
        buffer: takes the items.
        whole_lines: whether each line is a text by itself, so that a sample ends with a whole one.
    """

    def __init__(self, number: int, buffer: TokenBuffer, *, whole_lines: bool = False) -> None:
        self.number, self._buffer, self._whole_lines = number, buffer, whole_lines
        self.sampling = Sampling()
        self.part = number
        """Which part of a showing it writes, from 0, or wrote last."""
        self.draft: Draft | None = None
        """The sample being written, if any."""
        self.last: Draft | None = None
        """The newest sample, finished or not."""
        self.start: SampleStart | None = None
        """Of the passage: what the screen shows under its newest heading."""
        self.passage: list[Draft] = []
        """The drafts of the passage, one continuing the other; the last is `last`."""
        self.passages = 0
        """How many there were."""
        self.covered = False
        """Whether another program's text is on the screen below `last`."""

    def begin(self, origin: Origin, seed: Seed, length: int) -> None:
        """Begin a sample."""
        self._begin(Draft(origin, seed, length, [(0, self.sampling)]))

    def resume(self, seed_length: int) -> bool:
        """Continue the last sample after its end, as a sample that is seeded with it; whether a passage begins."""
        assert self.last
        last, seed = self.last, self.last.ending(seed_length)
        origin = last.continuing(seed, kind="continued", part=0, parts=0)
        if self.covered:  # the reader sees again what is continued
            self._begin(Draft(origin, seed, 0, [(0, self.sampling)]))
            return True
        self.draft = self.last = Draft(origin, seed, 0, [(0, last.sampling[-1][1])])
        self.passage.append(self.draft)
        return False

    def keep_if_of(self, origin: Origin) -> None:
        """Have no text any more, if other weights wrote it than those of this origin: it cannot be continued."""
        if self.last and (self.last.origin.step, self.last.origin.best) != (origin.step, origin.best):
            self.last, self.start, self.passage = None, None, []

    def _begin(self, draft: Draft) -> None:
        self.draft, self.last, self.covered = draft, draft, False
        self.passage, self.passages = [draft], self.passages + 1
        origin = draft.origin
        self.start = SampleStart(
            origin.epoch,
            self.sampling,
            origin.part,
            origin.parts,
            origin.best,
            stream=self.number,
            kind=origin.kind,
        )
        self._buffer.put(self.start)
        self._buffer.put(draft.seed._replace(stream=self.number))

    def rewrite(self, passage: Sequence[Draft], cursor: int | None, *, undo: bool, redo: bool) -> None:
        """Have this passage instead of the one that is shown; its last draft is written on, unless it is complete.

        The other arguments are those of `Rewrite`.
        """
        assert self.start
        seed = passage[0].seed._replace(stream=self.number)
        self.passage, self.last, self.covered = list(passage), passage[-1], False
        self.draft = None if self.is_over(self.last) else self.last
        items = [item for draft in passage for item in draft.items()]
        self._buffer.put(Rewrite((self.start, seed, *items), self.number, cursor, undo, redo))

    def write(self, written: Sequence[Written], take_back: Callable[[int, int], object]) -> None:
        """Take in the next tokens.

        Args:
            written: the tokens.
            take_back: told this stream's number and how many tokens are too many, if any are.
        """
        assert self.draft
        for place, each in enumerate(written):
            if self.is_over(self.draft):
                take_back(self.number, len(written) - place)
                return
            self.draft.written.append(each)
            self._buffer.put(each)
            self.draft.left -= len(each.character)

    def is_over(self, draft: Draft) -> bool:
        """Whether a sample is long enough: a line that has begun is written to its end, unless it has none."""
        begun = self._whole_lines and draft.written and not draft.written[-1].character.endswith("\n")
        return draft.left <= (-_LONGEST_LINE if begun else 0)

    @property
    def has_new_sampling(self) -> bool:
        """Whether its newest sample was last written, or begun, with another sampling than the present one."""
        return self.last is not None and self.last.sampling[-1][1] != self.sampling

    def mark(self) -> None:
        """Tell the screen the sampling, if the draft's last mark says another."""
        draft = self.draft
        if draft and self.has_new_sampling:
            draft.sampling.append((draft.length, self.sampling))
            self._buffer.put(SamplingChange(self.sampling, self.number))

    def withdraw(self) -> Sequence[Written]:
        """Take back what the screen has not shown of the draft."""
        draft = self.draft
        if draft is None:
            return ()
        tokens, changes = self._buffer.retract(self.number)
        del draft.sampling[len(draft.sampling) - changes :]
        kept = len(draft.written) - tokens
        withdrawn, draft.written[kept:] = draft.written[kept:], []
        draft.left += characters_of(withdrawn)
        return withdrawn

    def end(self, waiting: str) -> None:
        """Tell the screen that the sample is over."""
        self._buffer.put(SampleEnd(waiting, self.number))

    def finish(self) -> Sample | None:
        """End the draft; the sample, unless it is empty."""
        draft, self.draft = self.draft, None
        if draft is None or not draft.written:
            return None
        draft.kept = True
        return draft.finished()
