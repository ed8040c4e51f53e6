"""LookingAtRuns: the part of the list of runs that reads them, and looks for news of them while the list is shown."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import events, on, work
from textual.message import Message
from textual.worker import get_current_worker

from corpora.errors import CharlstmError
from model.runs.housekeeping.run_summary import RunSummary
from tui.engine.runs.other_runs import OtherRuns
from tui.engine.runs.shelf import Shelf
from tui.screens.shelf.marking_runs import MarkingRuns
from tui.screens.shelf.run_list import FilterBox, RunList
from tui.terminal.glyphs import Glyphs
from tui.views.runs.shelf_rows import left_by

_LOOK_SECONDS = 3.0
"""Between two looks for news of the runs."""


class LookingAtRuns(MarkingRuns):
    """Reads the runs; its arguments are those of MarkingRuns."""

    class News(Message):
        """All runs of `of` were looked at again."""

        def __init__(self, of: list[RunSummary], runs: Sequence[RunSummary]) -> None:
            super().__init__()
            self.of, self.runs = of, runs

    class Found(Message):
        """These runs have been read for a list; `complete` if they are the last."""

        def __init__(self, into: list[RunSummary], runs: Sequence[RunSummary], *, complete: bool = False) -> None:
            super().__init__()
            self.into, self.runs, self.complete = into, runs, complete

    def __init__(
        self, others: OtherRuns, shelf: Shelf, glyphs: Glyphs, rows: RunList, now: float, *, watching: bool
    ) -> None:
        super().__init__(others, shelf, glyphs, rows, now, watching=watching)
        self._runs: list[RunSummary] = []
        self._reading = True
        self._looking = False
        """Whether a thread looks for news."""
        self._wanted: str | None = None
        """The name of a run that is chosen as soon as it is read."""

    def _show(self) -> None:
        """Show the runs that the filter leaves."""
        raise NotImplementedError

    def _show_count(self, left: Sequence[RunSummary]) -> None:
        """Show how many these are, and what is known of the chosen one."""
        raise NotImplementedError

    def _read_always(self) -> None:
        """Read all runs, and from now on what has changed."""
        self._read(self._runs)
        self.set_interval(_LOOK_SECONDS, self._look)

    @work(thread=True, exclusive=True, group="reading")
    def _read(self, into: list[RunSummary]) -> None:
        worker = get_current_worker()

        def take(runs: Sequence[RunSummary]) -> bool:
            self.post_message(self.Found(into, [*runs]))
            return not worker.is_cancelled

        try:
            self._shelf.read(take)
        except CharlstmError as error:
            self._say(str(error), wrong=True)
        self.post_message(self.Found(into, (), complete=True))

    @on(Found)
    def _take_runs(self, message: Found) -> None:
        if message.into is self._runs:  # else the runs have been read again since
            self._runs += message.runs
            self._reading = not message.complete
            if message.complete:
                self._forget_lost(self._runs)
            self._show()

    @on(events.ScreenResume)
    def _look(self) -> None:
        """Look for news while the list is shown."""
        if self.is_current and not self._reading and not self._looking:
            self._looking = True
            self._read_news(self._runs)

    @work(thread=True, group="looking")
    def _read_news(self, of: list[RunSummary]) -> None:
        runs: list[RunSummary] = []
        try:
            self._shelf.read(runs.extend, of)
        except CharlstmError:
            runs = of  # was told when all were read, or is over at the next look
        self.post_message(self.News(of, runs))

    @on(News)
    def _take_news(self, message: News) -> None:
        self._looking = False
        if message.of is self._runs:  # else the runs have been read again since
            read = {run.name: run for run in message.runs}
            known = [read.pop(run.name) for run in self._runs if run.name in read]
            self._runs = [*read.values(), *known]  # new ones first; the rest keep their places
            self._now = time.time()
            self._forget_lost(self._runs)
            left = left_by(self._runs, self.query_one(FilterBox).value)
            self._rows.renew(left, self._now)
            self._show_count(left)

    def _read_again(self, choose: str | None = None) -> None:
        """Read all runs, and choose the one of this name."""
        self._runs, self._reading, self._wanted = [], True, choose
        self._read(self._runs)
