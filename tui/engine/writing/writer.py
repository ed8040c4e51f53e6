"""The writer: when the pen writes, at which temperature, and what a key does to it between two characters.

It computes a character only when that is due, so nothing runs far ahead of the screen, and what nobody has seen yet
can be taken back: a new temperature takes effect on the very next character that appears. It waits on its inbox
alone, so a command never waits for it. Nothing here knows about JAX: the generator is passed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from model.recipe import Recipe
from tui.engine.writing.found_samples import FoundSamples, items_of
from tui.engine.writing.generator_protocol import Generator, Weights
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Seed, TemperatureChange
from tui.engine.writing.sample import Draft, Sample
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer_commands import ShowEpoch, ShowSample, TrainingGoesOn, TrainingOver, WriterCommand
from tui.keys.key_commands import ChooseWeights, PauseWriting, Reseed, SetSpeed, SetTemperature, WriteNow, WriteOne

__all__ = ["CHUNK", "Sample", "ShowEpoch", "ShowSample", "TrainingGoesOn", "TrainingOver", "Writer", "WriterCommand"]

CHUNK = 8
"""Characters that the pen writes in one call where speed matters more than steps."""

_CHUNKS_ABOVE = 250.0
"""Characters a second from which they are written in chunks: one call for each would cost too much."""
_LARGEST_DEBT = 0.25
"""Seconds that the pen makes up for by writing faster; what it is further behind is forgotten."""
_LOOK_FOR_ROOM = 0.01
"""Seconds between two looks at a buffer that is full."""
_LOOK_FOR_WEIGHTS = 0.1
"""Seconds between two looks for the first weights."""
_BABBLING = 2
"""Which of the recipe's temperatures the first sample, before the first epoch is over, is written at."""

_NEXT_EPOCH = "the next epoch"
_A_KEY = "a key (g)"
"""What the pen waits for, in the words of SampleEnd."""


@dataclass(slots=True)
class _Showing:
    """An epoch's samples, one for each temperature."""

    weights: Weights
    part: int = 0
    """The one being written, from 1."""
    seed: str | None = None
    other_weights: bool = False
    """Whether somebody has chosen others for the parts to come."""


class Writer:
    """Turns commands and time into items in the buffer.

    One thread calls `run`; any thread may call `send` and `stop`.

    Args:
        generator: draws the characters.
        buffer: takes the items.
        recipe: its temperatures, sample_length, seed_length and chain_samples are the showing.
        sample_done: is given each sample when it ends, one broken off as well, in the writer's thread.
        idle: is called when the last showing that was asked for is over, however it ended.
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
        self._sample_done, self._idle, self._clock = sample_done, idle, clock
        self._inbox: SimpleQueue[WriterCommand | None] = SimpleQueue()
        self._stopped = False
        self._over = False
        self._best: bool | None = None
        """What somebody chose; None is the newest weights while training goes on, and the best after its end."""
        self._speed: float | None = 80.0
        self._due = clock()
        self._paused = False
        self._singles = 0
        self._temperature = recipe.temperatures[0]
        self._draft: Draft | None = None
        self._last: Draft | None = None
        self._weights = Weights(0, False)
        """Those that `_last` was written with."""
        self._found = FoundSamples()
        self._covered = False
        """Whether somebody else's text stands below `_last`."""
        self._showing: _Showing | None = None
        self._asked = self._shown = 0
        # What the very first sample takes, unless a key was pressed before there were weights.
        self._first_temperature = recipe.temperatures[min(_BABBLING, len(recipe.temperatures) - 1)]
        self._first_seed: str | None = None

    def send(self, command: WriterCommand) -> None:
        """Have a command taken before the next character."""
        self._inbox.put(command)

    def stop(self) -> None:
        """Let `run` return at once; what is being written is kept as a sample."""
        self._stopped = True
        self._inbox.put(None)

    def run(self) -> None:
        """Write until stopped, or until the buffer is closed."""
        self._take_commands(0.0)  # what was asked for by now shapes the first sample
        while not self._stopped:
            self._take_commands(self.step())
        self._file()

    def step(self) -> float | None:
        """Write what is due; the seconds until something is due again, or None when only a command can bring it."""
        if self._paused and not self._singles:
            return None
        if not self._draft and (found := self._found.take()):
            self._show_found(found)
            return 0.0
        draft = self._draft or self._begin()
        if not draft:
            self._singles = 0
            return None if self._last else _LOOK_FOR_WEIGHTS
        now = self._clock()
        if not self._paused:
            if now < self._due:
                return self._due - now
            if now > self._due + _LARGEST_DEBT:
                self._due = now
        fast = not self._paused and (self._speed is None or self._speed > _CHUNKS_ABOVE)
        count = CHUNK if fast and draft.left >= CHUNK else 1
        if self._buffer.room() < count:
            return _LOOK_FOR_ROOM
        self._write(draft, count)
        return 0.0

    def obey(self, command: WriterCommand) -> None:
        """Carry out a command, between two characters."""
        match command:
            case SetTemperature(temperature):
                self._set_temperature(temperature)
            case Reseed(text):
                self._reseed(text)
            case WriteNow():
                self._write_now(None)
            case ChooseWeights(best):
                self._best = best
                if self._showing:
                    self._showing.other_weights = self._showing.weights.best != best
            case PauseWriting(paused):
                self._pause(paused)
            case WriteOne():
                self._singles += self._paused
            case SetSpeed(speed):
                self._speed, self._due = speed, self._clock()
            case ShowEpoch(epoch):
                self._asked = max(self._asked, epoch)
                self._tell_idle()  # an earlier showing may have had these weights already
            case TrainingOver():
                self._over = True
                self._say_what_is_waited_for()
            case TrainingGoesOn(epoch):
                self._over = False
                self._asked = self._shown = min(self._shown, epoch)
                self._say_what_is_waited_for()
            case ShowSample(sample):
                self._found.add(sample)

    def _take_commands(self, wait: float | None) -> None:
        """Obey all commands there are, waiting for the first up to `wait` seconds."""
        try:
            while not self._stopped:
                command = self._inbox.get(timeout=wait)
                if command is not None:
                    self.obey(command)
                wait = 0.0
        except Empty:
            pass

    def _put(self, item: Item) -> None:
        if not self._buffer.put(item):
            self._stopped = True

    # Samples begin

    def _begin(self) -> Draft | None:
        """Begin the newest epoch's showing or the very first sample; None when neither is to be or can be written."""
        if not self._to_show and self._last:
            return None
        weights = self._pick_up()
        if weights is None:
            return None
        if self._to_show:
            self._shown = max(self._asked, weights.epoch)
            self._showing = _Showing(weights)
            return self._begin_part(self._showing)
        self._temperature = self._first_temperature
        return self._open(weights, 0, 0, self._generator.seed(self._first_seed))

    def _pick_up(self) -> Weights | None:
        return self._generator.pick_up(self._over if self._best is None else self._best)

    def _begin_part(self, showing: _Showing) -> Draft:
        temperatures = self._recipe.temperatures
        self._temperature = temperatures[showing.part]
        showing.part += 1
        others = self._take_others(showing)
        if showing.part > 1 and self._recipe.chain_samples and self._last:
            seed = self._last.tail(self._recipe.seed_length)
            if others:  # what the old ones remember means nothing to them
                seed = self._generator.seed(seed.text)
        else:
            seed = self._generator.seed(showing.seed)
            showing.seed = seed.text if showing.seed is None else showing.seed
        return self._open(showing.weights, showing.part, len(temperatures), seed)

    def _take_others(self, showing: _Showing) -> bool:
        """Pick up the weights that somebody has chosen during a showing; whether there was need to."""
        weights = self._pick_up() if showing.other_weights else None
        showing.weights, showing.other_weights = weights or showing.weights, False
        return weights is not None

    def _open(self, weights: Weights, part: int, parts: int, seed: Seed) -> Draft:
        epoch, length = weights.epoch, self._recipe.sample_length
        self._weights, self._covered = weights, False
        self._draft = self._last = draft = Draft(epoch, part, parts, seed, length, [(0, self._temperature)], [])
        self._put(SampleStart(epoch, self._temperature, part, parts, weights.best))
        self._put(seed)
        return draft

    # Samples go on and end

    def _write(self, draft: Draft, count: int) -> None:
        written = self._generator.write(self._temperature, count)
        for each in written:
            draft.text.append(each.character)
            self._put(each)
        draft.left -= len(written)
        if self._paused:
            self._singles -= 1
        elif self._speed is None:
            self._due = self._clock()
        else:
            self._due += len(written) / self._speed
        if draft.left <= 0:
            self._end()

    def _end(self) -> None:
        """The sample is long enough: go on with the showing, or with the next."""
        self._file()
        showing = self._showing
        if showing and showing.part < len(self._recipe.temperatures):
            self._put(SampleEnd(""))
            self._begin_part(showing)
            return
        self._showing = None
        self._put(SampleEnd(self._waiting))
        if showing:
            self._tell_idle()

    def _file(self) -> None:
        """Hand over the sample being written, as far as it is."""
        draft, self._draft = self._draft, None
        if draft and draft.text:
            self._sample_done(draft.finished())

    def _tell_idle(self) -> None:
        if not self._showing and not self._to_show:
            self._idle()

    def _show_found(self, sample: Sample) -> None:
        """Put a whole sample that is somebody else's under the last one."""
        for item in items_of(sample):
            self._put(item)
        self._put(SampleEnd(self._waiting if self._last else ""))
        self._covered = True

    def _say_what_is_waited_for(self) -> None:
        if self._last and not self._draft and self._waiting:
            self._put(SampleEnd(self._waiting))

    @property
    def _to_show(self) -> bool:
        """Whether a showing is still to come."""
        return self._asked > self._shown

    @property
    def _waiting(self) -> str:
        if self._to_show:
            return ""
        return _A_KEY if self._over else _NEXT_EPOCH

    # Keys

    def _withdraw(self, draft: Draft) -> int:
        """Take back what nobody has seen of the sample; how many characters that are."""
        characters, changes = self._buffer.retract()
        del draft.settings[len(draft.settings) - changes :]
        del draft.text[len(draft.text) - characters :]
        draft.left += characters
        if self._speed is not None:
            self._due -= characters / self._speed
        return characters

    def _mark(self, draft: Draft) -> None:
        """Tell the screen the temperature, if it is not the one that what stands there was drawn at."""
        if draft.settings[-1][1] != self._temperature:
            draft.settings.append((len(draft.text), self._temperature))
            self._put(TemperatureChange(self._temperature))

    def _set_temperature(self, temperature: float) -> None:
        self._temperature = temperature
        if not self._last:
            self._first_temperature = temperature
            return
        # Where nothing is being written, the last sample goes on.
        draft = self._draft or self._last.continued(self._recipe.seed_length)
        if self._covered and not self._draft:
            self._head_anew(draft)
        if characters := self._withdraw(draft):
            self._generator.take_back(characters)
        self._mark(draft)
        draft.left = self._recipe.sample_length
        self._draft = self._last = draft

    def _head_anew(self, draft: Draft) -> None:
        """Let a sample go on below somebody else's: what it goes on from is said again."""
        draft.settings[:] = [(0, self._temperature)]
        self._put(SampleStart(draft.epoch, self._temperature, 0, 0, self._weights.best))
        self._put(draft.seed)
        self._covered = False

    def _reseed(self, text: str | None) -> None:
        """Begin again: a part of a showing stays one, anything else becomes a sample by itself."""
        draft = self._draft
        if not draft or not self._showing:
            self._write_now(text)
            return
        self._break_off(draft)
        self._take_others(self._showing)
        seed = self._generator.seed(text)
        self._showing.seed = seed.text if text is None else text
        self._open(self._showing.weights, draft.part, draft.parts, seed)

    def _write_now(self, text: str | None) -> None:
        if self._draft:  # filed before the pen takes other weights than it was written with
            self._break_off(self._draft)
        weights = self._pick_up()
        if weights is None:
            self._first_seed = text
            return
        dropped, self._showing = self._showing, None
        self._open(weights, 0, 0, self._generator.seed(text))
        if dropped:
            self._tell_idle()

    def _break_off(self, draft: Draft) -> None:
        self._withdraw(draft)
        self._file()
        self._put(SampleEnd(""))

    def _pause(self, paused: bool) -> None:
        """Hold exactly: not even what is written but not yet seen appears any more."""
        if paused == self._paused:
            return
        self._paused, self._singles, self._due = paused, 0, self._clock()
        if paused and self._draft:
            if characters := self._withdraw(self._draft):
                self._generator.take_back(characters)
            self._mark(self._draft)
