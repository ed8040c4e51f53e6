"""Branches: look back through a stream's newest text, choose another token there, and walk between the texts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from model.sampling import Unit
from model.writing.provenance import Parent, new_id
from tui.engine.generating.generator_protocol import Generator, Token
from tui.engine.writing.branching.odds import Odds
from tui.engine.writing.items import Activations, Seed, Written
from tui.engine.writing.schedule import Schedule
from tui.engine.writing.stream import Draft, Stream, characters_of
from tui.engine.writing.token_buffer import TokenBuffer
from tui.keys.key_commands import AskOdds, BranchingCommand, ChooseToken, LookAt, Redo, Undo, WatchUnit

ODDS_SECONDS = 0.05
"""Between two odds while text streams."""

_MOST_VERSIONS = 100
"""Texts of a passage that undo returns to."""


class _Version(NamedTuple):
    """A text that undo or redo returns to."""

    passage: list[Draft]
    place: int
    """Tokens before the place to look at then: that of the choice which is undone, or after the one made again."""


@dataclass(slots=True)
class _Texts:
    """Of one stream's passage: where the user looks, and the texts that it also had."""

    passage: int = 0
    place: int | None = None
    """Tokens before the place that is looked at; None is where the stream writes."""
    undone: list[_Version] = field(default_factory=list)
    """That redo returns to, the next one last."""
    done: list[_Version] = field(default_factory=list)
    """That undo returns to, the next one last."""


class Branches:
    """Obeys the commands of the odds, the cursor and the branches, for all streams of a writer.

    Args:
        generator: knows the odds, and goes back.
        buffer: takes the odds.
        schedule: has the streams, and says what the writer waits for.
        take_back: takes back what the screen has not shown of a stream.
        keep: ends a stream's draft, and keeps it as a sample.
        clock: seconds, only ever forward.
    """

    def __init__(
        self,
        generator: Generator,
        buffer: TokenBuffer,
        schedule: Schedule,
        take_back: Callable[[Stream], None],
        keep: Callable[[Stream], None],
        clock: Callable[[], float],
    ) -> None:
        self._generator, self._buffer = generator, buffer
        self._schedule, self._streams, self._recipe = schedule, schedule.streams, schedule.recipe
        self._take_back, self._keep, self._clock = take_back, keep, clock
        self._texts = [_Texts() for _ in self._streams]
        self._asked = False
        self._watched: Unit | None = None
        self._untold: list[Stream] = []
        """Of whose text it is still to be told what the unit says: that takes long for a long one."""
        self._shown_at = 0.0
        self._shown: tuple[object, ...] = ()
        """What the newest odds depend on."""

    def obey(self, command: BranchingCommand) -> None:
        """Carry out a command."""
        self._shown = ()
        match command:
            case AskOdds(on):
                self._asked = on
            case LookAt(number, offset):
                stream = self._streams[number]
                self._texts_of(stream).place = None if offset is None else _index(stream.passage, offset)
            case WatchUnit(unit):
                self._watched = unit
                self._generator.watch(unit)
                self._untold = [*self._streams] if unit else []
            case ChooseToken(number, offset, token):
                self._choose(self._streams[number], offset, token)
            case Undo(number):
                self._walk(self._streams[number], back=True)
            case Redo(number):
                self._walk(self._streams[number], back=False)

    def show_odds(self, selected: int, wait: float | None) -> None:
        """Bring the odds of the selected stream up to date, if they are asked for.

        Args:
            selected: the stream's number.
            wait: seconds until something is due; None is until a command. The last odds may be younger than
                ODDS_SECONDS only if this is longer.
        """
        stream, now = self._streams[selected], self._clock()
        if not self._asked or not stream.passage:
            self._buffer.odds, self._shown = None, ()
            return
        if wait is not None and wait <= ODDS_SECONDS and now - self._shown_at < ODDS_SECONDS:
            return
        place = self._texts_of(stream).place
        written = _written(stream.passage)
        depends = (selected, stream.passages, place, len(written), stream.sampling)
        if depends == self._shown:
            return
        self._shown, self._shown_at = depends, now
        at = len(written[:place])
        tokens = [] if place is None else _tokens(stream.passage)
        there = tokens[at] if at < len(tokens) else None
        text = None if place is None else tokens[:place]
        likeliest = self._generator.odds(selected, stream.sampling, text, there.id if there else None)
        drawn_with = there.sampling if there and not written[at].chosen else None
        offset = characters_of(written[:at])
        self._buffer.odds = Odds(selected, offset, there.id if there else None, likeliest, drawn_with)

    def tell_next(self, selected: int) -> bool:
        """Tell what the unit that is watched says of one more text, the selected one first; whether more are to come.

        Keys are obeyed in between.
        """
        if self._untold:
            chosen = self._streams[selected]
            stream = chosen if chosen in self._untold else self._untold[0]
            self._untold.remove(stream)
            self._tell_activations(stream)
        return bool(self._untold)

    def _texts_of(self, stream: Stream) -> _Texts:
        """Those of the passage that the stream has now: with a new one, the old ones are forgotten."""
        texts = self._texts[stream.number]
        if texts.passage != stream.passages:
            texts = self._texts[stream.number] = _Texts(stream.passages)
        return texts

    def _choose(self, stream: Stream, offset: int, token: int) -> None:
        if not stream.passage:
            return
        self._take_back(stream)
        at = _index(stream.passage, offset)
        before = _tokens(stream.passage)[:at]
        likeliest = self._generator.odds(stream.number, stream.sampling, before, token)
        row = next(row for row in likeliest.rows if row.token == token)
        chosen = Written(row.text, row.after, likeliest.entropy, stream.number, token, chosen=True)
        passage = _with_one_more_choice(stream, at, chosen)
        left = self._leave(stream, keep=passage is None)
        texts = self._texts_of(stream)
        texts.done, texts.undone, texts.place = [*texts.done, _Version(left, at)][-_MOST_VERSIONS:], [], None
        passage = passage or _branched(left, at, chosen)
        passage[-1].left = self._recipe.sample_length
        if passage[-1].sampling[-1][1] != stream.sampling:
            passage[-1].sampling.append((passage[-1].length - len(chosen.character), stream.sampling))
        self._show(stream, passage)

    def _walk(self, stream: Stream, *, back: bool) -> None:
        texts = self._texts_of(stream)
        to, fro = (texts.done, texts.undone) if back else (texts.undone, texts.done)
        if not to:
            return
        self._take_back(stream)
        passage, place = to.pop()
        fro.append(_Version(self._leave(stream, keep=True), place + 1 if back else place - 1))
        texts.place = None
        last = passage[-1]
        if last.kept and not stream.is_over(last):
            seed = last.ending(self._recipe.seed_length)
            origin = last.continuing(seed, kind="continued", part=0, parts=0)
            passage = [*passage, Draft(origin, seed, last.left, [(0, last.sampling[-1][1])])]
        self._show(stream, passage, place)
        stream.mark()

    def _leave(self, stream: Stream, *, keep: bool) -> list[Draft]:
        """The passage as undo and redo return to it; what was written of its last draft is kept as a sample."""
        if keep:
            self._keep(stream)
        continued = len(stream.passage) > 1 and not stream.passage[-1].written
        return stream.passage[:-1] if continued else list(stream.passage)

    def _show(self, stream: Stream, passage: list[Draft], place: int | None = None) -> None:
        texts = self._texts_of(stream)
        cursor = None if place is None else characters_of(_written(passage)[:place])
        stream.rewrite(passage, cursor, undo=bool(texts.done), redo=bool(texts.undone))
        self._generator.go_to(stream.number, _tokens(passage))
        if self._watched:
            self._tell_activations(stream)
        if not stream.draft:
            stream.end("" if any(each.draft for each in self._streams) else self._schedule.waiting)

    def _tell_activations(self, stream: Stream) -> None:
        """What the unit that is watched says all through the passage, of which each character belongs to its token."""
        said = self._generator.activations(stream.number, _tokens(stream.passage))
        written = _written(stream.passage)
        values = [value for value, each in zip(said, written, strict=True) for _ in each.character]
        self._buffer.put(Activations(tuple(values), stream.number))


def _written(passage: Sequence[Draft]) -> list[Written]:
    return [each for draft in passage for each in draft.written]


def _tokens(passage: Sequence[Draft]) -> list[Token]:
    return [token for draft in passage for token in draft.tokens()]


def _index(passage: Sequence[Draft], offset: int) -> int:
    """Tokens that end at this offset or before it, in characters of the passage."""
    ends = itertools.accumulate(len(each.character) for each in _written(passage))
    return sum(end <= offset for end in ends)


def _branched(passage: Sequence[Draft], at: int, chosen: Written) -> list[Draft]:
    """The passage with another token after `at` of its tokens."""
    kept: list[Draft] = []
    for draft in passage:
        if at <= len(draft.written):
            break
        kept.append(draft)
        at -= len(draft.written)
    changes: dict[str, Any] = {"id": new_id(), "kind": "branch", "part": 0, "parts": 0}
    seed, origin, sampling = draft.seed, draft.origin, draft.sampling[0][1]
    if at:
        shown = draft.until(at)
        kept.append(shown)
        seed = Seed(seed.text + shown.text, seed.replaced)
        changes |= {
            "seed": seed.text,
            "prefix": "",
            "noise_position": origin.noise_position + at,
            "parent": Parent(origin.id, shown.length),
        }
        sampling = shown.sampling[-1][1]
    origin = replace(origin, **_chosen([chosen]), **changes)
    return [*kept, Draft(origin, seed, 0, [(0, sampling)], [chosen])]


def _chosen(tokens: Sequence[Written]) -> dict[str, Any]:
    """How a sample's origin tells the tokens that were chosen."""
    lengths = tuple(len(each.character) for each in tokens)
    return {"chosen": sum(lengths), "chosen_lengths": lengths if max(lengths) > 1 else ()}


def _with_one_more_choice(stream: Stream, at: int, chosen: Written) -> list[Draft] | None:
    """The passage where a token is chosen right after others: they are one branch; None where it is another one."""
    *others, last = stream.passage
    written = last.written
    if last.kept or at < len(_written(stream.passage)) or not written:
        return None
    if not all(each.chosen for each in written):
        return None
    origin = replace(last.origin, id=new_id(), **_chosen([*written, chosen]))
    return [*others, replace(last, origin=origin, sampling=list(last.sampling), written=[*written, chosen])]
