"""The writer: its pace says when to write, its schedule what, and each stream holds one sample.

A character is computed only when it is due, so the writer never runs far ahead of the screen, and what the screen has
not shown yet can be taken back: a new sampling takes effect on the next character that appears. Nothing here knows
about JAX: the generator is passed in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from model.recipe import Recipe
from model.sampling import Sampling
from model.writing.provenance import Sample
from tui.engine.generating.generator_protocol import Generator
from tui.engine.writing.branching.branches import Branches
from tui.engine.writing.found_samples import FoundSamples
from tui.engine.writing.inbox import Inbox
from tui.engine.writing.pace import Pace
from tui.engine.writing.schedule import Opening, Schedule
from tui.engine.writing.stream import Stream, characters_of
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer_commands import (
    EpochLeft,
    ShowEpoch,
    ShowSample,
    TrainingOver,
    TrainingResumed,
    WriterCommand,
)
from tui.keys.key_commands import (
    ChooseWeights,
    PauseWriting,
    PinSeed,
    Reseed,
    SelectStream,
    SetSampling,
    SetSpeed,
    WriteNow,
    WriteOne,
)

_LOOK_FOR_ROOM = 0.01
"""Seconds between two looks at a buffer that is full."""


class Writer:
    """Writes as many streams as its generator has.

    One thread calls `run`; any thread may call `send` and `stop`.

    Args:
        generator: draws the characters.
        buffer: takes the items.
        recipe: its temperatures, sample_length, seed_length and chain_samples are the showing.
        sample_done: called with each sample when it ends or is broken off, in the writer's thread.
        idle: called when the last showing that was asked for is over, however it ended.
        clock: seconds, only ever forward.
    """

    def __init__(
        self,
        generator: Generator,
        buffer: TokenBuffer,
        recipe: Recipe,
        sample_done: Callable[[Sample], None],
        idle: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._generator, self._buffer, self._recipe = generator, buffer, recipe
        self._sample_done, self._idle = sample_done, idle
        self._inbox = Inbox()
        self._streams = [Stream(each, buffer, whole_lines=recipe.lines) for each in range(generator.streams)]
        self._selected = 0
        self._pace = Pace(len(self._streams), clock)
        self._schedule = Schedule(generator, recipe, self._streams)
        self._clock, self._ended = clock, clock()
        self._found = FoundSamples()
        self._branches = Branches(generator, buffer, self._schedule, self._take_back, self._keep, clock)

    def send(self, command: WriterCommand) -> None:
        """Have a command taken before the next character."""
        self._inbox.put(command)

    def stop(self) -> None:
        """Let `run` return at once; what is being written is kept as a sample."""
        self._inbox.close()

    def run(self) -> None:
        """Write until stopped, or until the buffer is closed."""
        self._inbox.take(self.obey, 0.0)  # what was asked for by now shapes the first sample
        while not self._inbox.closed and not self._buffer.closed:
            self._inbox.take(self.obey, self.step())
        for stream in self._writing:
            self._keep(stream)

    def step(self) -> float | None:
        """Write what is due; the seconds until something is due again, or None when only a command can bring it."""
        wait = self._step()
        self._branches.show_odds(self._selected, wait)
        return 0.0 if self._branches.tell_next(self._selected) else wait

    def _step(self) -> float | None:
        if self._pace.holds:
            return None
        if not self._writing and self._found:
            return self._show_found()
        if self._schedule.to_show and self._schedule.writes_meanwhile:
            self._break_off()
        if not self._writing:
            self._open(self._schedule.next(self._still))
        writing = [stream.number for stream in self._writing]
        if not writing:
            self._pace.forget_singles()
            return self._schedule.look_again(self._still)
        if wait := self._pace.wait(writing):
            return wait
        due = [self._streams[number] for number in self._pace.due(writing)]
        count = self._pace.count(min(stream.draft.left for stream in due if stream.draft))
        if self._buffer.room() < count * len(due):
            return _LOOK_FOR_ROOM
        self._write(due, count)
        return 0.0

    def obey(self, command: WriterCommand) -> None:
        """Carry out a command, between two characters."""
        match command:
            case SetSampling(sampling, stream, own):
                self._set_sampling(self._streams[self._selected if stream is None else stream], sampling, own)
            case SelectStream(stream):
                self._selected = stream
            case Reseed(text):
                self._reseed(text)
            case PinSeed(text):
                self._schedule.pinned = text
            case WriteNow():
                self._write_now(None)
            case ChooseWeights(best):
                self._schedule.choose_weights(best)
            case PauseWriting(paused):
                self._pause(paused)
            case WriteOne():
                self._pace.allow_one()
            case SetSpeed(speed):
                self._pace.set_speed(speed)
            case ShowEpoch(epoch):
                self._schedule.show_epoch(epoch)
                self._tell_idle()  # an earlier showing may have had these weights already
            case EpochLeft(seconds):
                self._fit_pace(seconds)
            case TrainingOver():
                self._schedule.over = True
                self._fit_pace(math.nan)
                self._say_what_is_waited_for()
            case TrainingResumed(epoch):
                self._schedule.training_resumes(epoch)
                self._say_what_is_waited_for()
            case ShowSample(sample):
                self._found.add(sample)
            case _:
                self._branches.obey(command)
        self._branches.show_odds(self._selected, None)

    @property
    def _writing(self) -> list[Stream]:
        return [stream for stream in self._streams if stream.draft]

    @property
    def _anything_written(self) -> bool:
        return any(stream.last for stream in self._streams)

    @property
    def _still(self) -> float:
        """Seconds since anything was written."""
        return self._clock() - self._ended

    def _fit_pace(self, seconds: float) -> None:
        """Let the automatic speed end what is being written before the epoch ends."""
        self._schedule.epoch_left = seconds
        longest = max([0, *(stream.draft.left for stream in self._streams if stream.draft)])
        self._pace.fit(longest + self._schedule.rounds_to_come * self._recipe.sample_length, seconds)

    # Samples begin, grow and end

    def _open(self, openings: Sequence[Opening]) -> None:
        """Begin samples together. The other streams keep their text, unless other weights write now than wrote it."""
        if not openings:
            return
        for stream in self._streams:
            stream.keep_if_of(openings[0].origin)
        self._pace.join([opening.stream for opening in openings])
        for opening in openings:
            stream = self._streams[opening.stream]
            stream.sampling = opening.sampling
            if opening.origin.part:
                stream.part = opening.origin.part - 1
            stream.begin(opening.origin, opening.seed, self._recipe.sample_length)
            self._generator.begin_passage(stream.number)

    def _write(self, due: Sequence[Stream], count: int) -> None:
        written = self._generator.write({stream.number: stream.sampling for stream in due}, count)
        for stream in due:
            stream.write(written[stream.number], self._generator.take_back)
        self._pace.wrote({number: characters_of(tokens) for number, tokens in written.items()})
        for stream in due:
            if stream.draft and stream.is_over(stream.draft):
                self._end(stream)

    def _end(self, stream: Stream) -> None:
        """The sample is long enough: when all are, continue the showing, or wait."""
        self._keep(stream)
        self._ended = self._clock()
        if self._writing:
            stream.end("")
        elif not self._schedule.showing_is_complete:
            stream.end("")
            self._open(self._schedule.next(0.0))
        else:
            dropped = self._schedule.drop_showing()
            stream.end(self._schedule.waiting)
            if dropped:
                self._tell_idle()

    def _keep(self, stream: Stream) -> None:
        """End a stream's sample and keep it, as far as it was written."""
        if sample := stream.finish():
            self._sample_done(sample)

    def _tell_idle(self) -> None:
        if not self._schedule.showing and not self._schedule.to_show:
            self._idle()

    def _show_found(self) -> float:
        """Show another program's sample below the last one; seconds until the buffer may have room for more."""
        shown = self._found.show(self._buffer, len(self._streams))
        if shown is None:
            return _LOOK_FOR_ROOM
        self._streams[shown].end(self._schedule.waiting if self._anything_written else "")
        self._streams[shown].covered = True
        return 0.0

    def _say_what_is_waited_for(self) -> None:
        if self._anything_written and not self._writing and self._schedule.waiting:
            self._streams[0].end(self._schedule.waiting)

    # Keys

    def _take_back(self, stream: Stream) -> None:
        """Take back what the screen has not shown of a stream, so that it can be written differently."""
        if withdrawn := stream.withdraw():
            self._generator.take_back(stream.number, len(withdrawn))
            self._pace.took_back(stream.number, characters_of(withdrawn))

    def _set_sampling(self, stream: Stream, sampling: Sampling, own_temperatures: bool) -> None:
        self._schedule.set_sampling(stream, sampling, own_temperatures)
        if not (stream.draft or stream.has_new_sampling):
            return
        self._found.drop(self._buffer)
        if not stream.draft and stream.resume(self._recipe.seed_length):
            self._generator.begin_passage(stream.number)
        self._take_back(stream)
        stream.mark()
        if stream.draft:
            stream.draft.left = self._recipe.sample_length
            self._pace.hurry(stream.number)
            self._step()  # a key waits for the character, and not for the odds that follow

    def _reseed(self, text: str | None) -> None:
        """Begin again: parts of a showing stay parts of it, anything else becomes a sample by itself."""
        parts = self._schedule.newest_parts
        if self._writing and parts:
            self._break_off()
            self._open(self._schedule.begin_again(parts, text))
        else:
            self._write_now(text, pin=False)

    def _write_now(self, text: str | None, *, pin: bool = True) -> None:
        self._break_off()  # before other weights are loaded than it was written with
        dropped = self._schedule.drop_showing()
        self._open(self._schedule.write_now(text, pin=pin))
        if dropped:
            self._tell_idle()

    def _break_off(self) -> None:
        self._found.drop(self._buffer)
        for stream in self._writing:
            self._pace.took_back(stream.number, characters_of(stream.withdraw()))
            self._keep(stream)
            stream.end("")

    def _pause(self, paused: bool) -> None:
        """Pause exactly: not even what is written but not yet shown appears any more."""
        if not self._pace.pause(paused) or not paused:
            return
        for stream in self._writing:
            self._take_back(stream)
            stream.mark()
