"""Follower: reads a run's folder as somebody else writes it, and says on the screen what comes of it.

It only ever reads, and takes no lock. Whatever cannot be read now is read at the next look.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from textual.message import Message

from model.events import Event, Paused
from model.runs.folder import METRICS, SAMPLES, Run
from model.runs.json_lines import event_of, from_lines
from model.writing.provenance import from_record
from tui.engine.messages import RunRecalled, RunStanding, TrainingEvent
from tui.engine.watching.account import Account
from tui.engine.watching.line_tail import Lines, LineTail
from tui.engine.watching.silence import LEAST, Silence
from tui.engine.writing.found_samples import MOST
from tui.engine.writing.seeds import EarlierSeeds
from tui.engine.writing.writer_commands import ShowSample, TrainingOver, TrainingResumed, WriterCommand
from tui.views.run_state import Standing, State


class Follower:
    """One thread calls `look`, a few times a second.

    Args:
        run: only ever read.
        post: takes a message for the screen.
        ask: takes a command for the writer.
        silence: seconds without news that mean nothing, however often there usually is some.
        clock: seconds, only ever forward.
        now: seconds since 1970, to be compared with the times of files.
    """

    def __init__(
        self,
        run: Run,
        post: Callable[[Message], object],
        ask: Callable[[WriterCommand], object],
        *,
        silence: float = LEAST,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._run, self._post, self._ask, self._clock = run, post, ask, clock
        self.seeds = EarlierSeeds()
        """Those of the run's samples."""
        self._metrics, self._samples = LineTail(run.folder / METRICS), LineTail(run.folder / SAMPLES)
        self._account: Account | None = None
        self._told: list[int] = []
        """A number for each line of the metrics that was told of: their texts are long gone."""
        self._postponed: list[bytes] | None = None
        """All lines of a file that was rewritten a moment ago."""
        self._silence = Silence(silence, clock() - max(0.0, now() - _last_written(run)))
        self._state: State | None = None
        self._over = False

    def look(self, *, sign: bool = False) -> None:
        """Read what is new, and say it.

        Args:
            sign: whether there was other news of the run since the last look.
        """
        there, first = _is_there(self._run), self._account is None
        if there:
            sign |= self._follow_metrics()
            sign |= self._follow_samples()
        now = self._clock()
        if sign and not first:  # what was there before the first look is as old as its file
            self._silence.beat(now, usual=self._state == "training")
        self._tell_state(self._state_at(now, there=there))

    # Metrics

    def _follow_metrics(self) -> bool:
        """Tell what the lines say; whether there were any."""
        found = _look(self._metrics)
        if self._account is None:
            self._begin_with(found.lines)
        elif found.anew or self._postponed is not None:
            self._take_up_again(found)
        else:
            self._go_on(self._account, found.lines)
        return found.anew or bool(found.lines)

    def _begin_with(self, lines: list[bytes]) -> None:
        """Tell the past, and what it means for now."""
        self._account = account = Account(str(self._run.folder), self._clock)
        self._read(account, lines)
        self._tell_past(account, again=False)

    def _take_up_again(self, found: Lines) -> None:
        """The lines were rewritten: forget what was taken back, and go on with what is new."""
        lines = found.lines if found.anew else [*(self._postponed or []), *found.lines]
        new = self._unknown(lines)
        if self._postponed is None and not new:  # whoever takes lines back says why in the next one
            self._postponed = lines
            return
        self._postponed = None
        known = lines[: len(lines) - len(new)]
        if len(known) < len(self._told):
            self._account = Account(str(self._run.folder), self._clock, restarted=True)
            self._told.clear()
            self._read(self._account, known)
            self._tell_past(self._account, again=True)
        assert self._account is not None
        self._go_on(self._account, new)

    def _unknown(self, lines: list[bytes]) -> list[bytes]:
        """The lines after those that were told of: some of these may have been taken out, and others only added."""
        told = iter(self._told)
        for place, line in enumerate(lines):
            if hash(line) not in told:
                return lines[place:]
        return []

    def _read(self, account: Account, lines: list[bytes]) -> list[Event]:
        """Take in lines; what the screen is to be told of them."""
        self._told += map(hash, lines)
        events = map(event_of, from_lines(b"".join(lines)))
        return [told for event in events if event for told in account.take(event)]

    def _go_on(self, account: Account, lines: list[bytes]) -> None:
        for event in self._read(account, lines):
            self._post(TrainingEvent(event))

    def _tell_past(self, account: Account, *, again: bool) -> None:
        past = account.past(again=again)
        self._post(RunRecalled(past))
        held = Paused(past.progress.step if past.progress else 0) if account.state == "paused" else None
        facts: Iterable[Event | None] = () if again else (account.corpus, account.compiled)
        for event in (*facts, held, account.finished):
            if event:
                self._post(TrainingEvent(event))

    # Samples

    def _follow_samples(self) -> bool:
        """Have new samples shown, the newest of them; whether there were any."""
        lines = _look(self._samples).lines
        samples = [sample for record in from_lines(b"".join(lines)) if (sample := from_record(record))]
        for sample in samples:
            self.seeds.add(sample.seed)
        for sample in samples[-MOST:]:
            self._ask(ShowSample(sample))
        return bool(lines)

    # What the run does

    def _state_at(self, now: float, *, there: bool) -> State:
        if not there:
            return "gone"
        state = self._account.state if self._account else "waiting"
        return "silent" if state not in ("paused", "finished") and self._silence.fails(now) else state

    def _tell_state(self, state: State) -> None:
        over = self._account is not None and self._account.finished is not None
        if over != self._over:
            self._over = over
            self._ask(TrainingOver() if over else TrainingResumed(self._account.epoch if self._account else 0))
        if state != self._state:
            self._state = state
            self._post(RunStanding(Standing(state, self._silence.last)))


def _look(tail: LineTail) -> Lines:
    try:
        return tail.look()
    except OSError:  # on a disk that is far away this comes and goes
        return Lines([])


def _is_there(run: Run) -> bool:
    try:
        return run.folder.is_dir()
    except OSError:
        return False


def _last_written(run: Run) -> float:
    """When anything of the run was written to last, in seconds since 1970."""
    paths = [run.folder, run.folder / METRICS, run.folder / SAMPLES, run.best_checkpoint, *run.checkpoints()]
    times = []
    for path in paths:
        try:
            times.append(os.stat(path).st_mtime)
        except OSError:
            continue
    return max(times, default=0.0)
