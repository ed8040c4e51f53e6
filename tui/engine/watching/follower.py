"""Follower: reads a run's folder while another program writes it, and posts what is new to the screen.

It only reads and takes no lock. What cannot be read now is read at the next look.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable

from textual.message import Message

from model.baselines.baseline_file import read_baselines, with_kept_baselines
from model.runs.files.json_lines import events_of, from_lines, own_lines
from model.runs.folder import SAMPLES, Run
from model.runs.folders.held_folder import METRICS
from model.runs.run_view import RunView
from model.training.steering.requests import takes_requests
from model.writing.provenance import from_record
from model.writing.stored_samples import TimeLapseSamples, add_to_time_lapses
from tui.engine.generating.seeds import EarlierSeeds
from tui.engine.messages import EpochSamples, RunHistory, RunStateChanged, TrainingEvent
from tui.engine.watching.line_reader import LineReader, Lines
from tui.engine.watching.silence import LEAST, Silence
from tui.engine.writing.found_samples import MOST
from tui.engine.writing.writer_commands import EpochLeft, ShowSample, TrainingOver, TrainingResumed, WriterCommand
from tui.views.run_state import RunState, State


class Follower:
    """Follows a run. One thread calls `look` a few times a second.

    Args:
        run: only read.
        post: takes messages for the screen.
        ask: takes commands for the writer.
        silence: seconds without news that are normal for any run.
        clock: monotonic seconds.
        now: seconds since 1970, as the times of files and events.
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
        self._run, self._post, self._ask, self._clock, self._now = run, post, ask, clock, now
        self.seeds = EarlierSeeds()
        """The seeds of the run's samples."""
        self._metrics, self._samples = LineReader(run.folder / METRICS), LineReader(run.folder / SAMPLES)
        self._run_id = ""
        self._view: RunView | None = None
        """The fold of all events so far; None before the first look. The screen has its own."""
        self._silence = Silence(silence, clock() - max(0.0, now() - _last_written(run)))
        self._state: State | None = None
        self._takes_requests = False
        self._over = False
        self._time_lapses: dict[str, TimeLapseSamples] = {}
        """By seed, the run's own first."""

    @property
    def steps_per_epoch(self) -> float:
        """Infinite while that is not known."""
        return (self._view and self._view.steps_per_epoch) or math.inf

    def look(self, *, sign: bool = False) -> None:
        """Read and report what is new.

        Args:
            sign: whether there was other news of the run since the last look.
        """
        there, first = _is_there(self._run), self._view is None
        if there:
            sign |= self._follow_metrics()
            sign |= self._follow_samples()
            self._follow_baselines()
        now = self._clock()
        if sign and not first:  # what was there before the first look is as old as its file
            self._silence.beat(now, usual=self._state == "training")
        self._tell_state(self._state_at(now, there=there), requests=there and takes_requests(self._run))

    # Metrics

    def _follow_metrics(self) -> bool:
        """Report the events in new lines. Returns whether there were any."""
        found = _look(self._metrics)
        if self._view is None or found.rewritten:
            self._run_id = self._run.id
        events = list(events_of(own_lines(b"".join(found.lines), self._run_id)))
        if self._view is None or found.rewritten:  # at first, and when the file was replaced
            restarted = self._view is not None
            self._view = RunView()
            events = with_kept_baselines(self._run.folder, events)
            self._view.apply_all(events)
            self._view.state = "restarted" if restarted else self._view.state
            self._post(RunHistory(str(self._run.folder), events))
        else:
            for event, written in events:
                at = self._now() if written is None else written
                self._view.apply(event, at)
                self._post(TrainingEvent(event, at))
        pace, progress = self._view.steps_per_second, self._view.progress
        if events and progress and not math.isnan(pace):
            self._ask(EpochLeft((progress.steps_per_epoch - progress.step_in_epoch) / pace))
        return found.rewritten or bool(found.lines)

    def _follow_baselines(self) -> None:
        """Report the baselines once the run has them."""
        if self._view is None or self._view.corpus is None or self._view.overtaking.baselines:
            return
        if found := read_baselines(self._run.folder, self._view.corpus):
            self._view.apply(found)
            self._post(TrainingEvent(found))

    # Samples

    def _follow_samples(self) -> bool:
        """Ask for the newest of the new samples to be shown. Returns whether there were any."""
        lines = _look(self._samples).lines
        lines_of_run = own_lines(b"".join(lines), self._run_id)
        samples = [sample for record in from_lines(lines_of_run) if (sample := from_record(record))]
        for sample in samples:
            self.seeds.add(sample.seed)
        changed, own = add_to_time_lapses(self._time_lapses, samples), next(iter(self._time_lapses), None)
        for seed, epochs in sorted(changed.items(), key=lambda each: each[0] != own):
            self._post(EpochSamples(epochs, None if seed == own else seed))
        written = [each for each in samples if each.kind != "time-lapse" and each.text[each.chosen :].strip()]
        for sample in written[-MOST:]:  # of a branch that was left at once, nothing is to be seen
            self._ask(ShowSample(sample))
        return bool(lines)

    # What the run is doing

    def _state_at(self, now: float, *, there: bool) -> State:
        if not there:
            return "gone"
        state = self._view.state if self._view else "waiting"
        return "silent" if state not in ("paused", "finished") and self._silence.fails(now) else state

    def _tell_state(self, state: State, *, requests: bool) -> None:
        over = self._view is not None and self._view.finished is not None
        if over != self._over:
            self._over = over
            self._ask(TrainingOver() if over else TrainingResumed(self._view.whole_epochs if self._view else 0))
        if (state, requests) != (self._state, self._takes_requests):
            self._state, self._takes_requests = state, requests
            self._post(RunStateChanged(RunState(state, self._silence.last, requests)))


def _look(reader: LineReader) -> Lines:
    try:
        return reader.look()
    except OSError:  # on a disk that is far away this comes and goes
        return Lines([])


def _is_there(run: Run) -> bool:
    try:
        return run.folder.is_dir()
    except OSError:
        return False


def _last_written(run: Run) -> float:
    """When any file of the run was last written to, in seconds since 1970."""
    paths = [run.folder, run.folder / METRICS, run.folder / SAMPLES, run.best_checkpoint, *run.checkpoints()]
    times = []
    for path in paths:
        try:
            times.append(os.stat(path).st_mtime)
        except OSError:
            continue
    return max(times, default=0.0)
