"""MarkingRuns: the part of the list of runs that marks some of them, to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from model.runs.housekeeping.run_summary import RunSummary
from tui.engine.runs.other_runs import OtherRuns
from tui.engine.runs.shelf import Shelf
from tui.screens.shelf.keeping_runs import KeepingRuns
from tui.screens.shelf.run_list import RunList
from tui.terminal.glyphs import Glyphs
from tui.views.runs.overlays import MOST_OVERLAYS


class MarkingRuns(KeepingRuns):
    """Marks runs.

    Args:
        others: those that are marked.
        shelf: as for KeepingRuns, like the rest.
        glyphs: the signs of the terminal.
        rows: the list.
        now: seconds since 1970.
        watching: as for KeepingRuns.
    """

    def __init__(
        self, others: OtherRuns, shelf: Shelf, glyphs: Glyphs, rows: RunList, now: float, *, watching: bool
    ) -> None:
        super().__init__(shelf, glyphs, rows, now, watching=watching)
        self._others = others
        rows.marked = others.folders

    def action_mark(self) -> None:
        """Mark or unmark the run."""
        run = self._run
        if not self._works("mark") or run is None:
            return
        marked, folder = self._rows.marked, str(run.folder)
        if folder in marked:
            self._mark(*(each for each in marked if each != folder))
        elif len(marked) >= MOST_OVERLAYS:
            self.notify(f"{MOST_OVERLAYS} runs are marked, which are the most. Take a mark away first.")
        else:
            self._mark(*marked, folder)

    async def action_compare(self) -> None:
        """Compare the marked runs, or else the chosen one, with the run that is open."""
        run = self._run
        if not self._others.folders and run and not run.problem and not self._rows.is_here(run):
            self._mark(str(run.folder))
        await self.run_action("app.compare")

    def _forget_lost(self, runs: Sequence[RunSummary]) -> None:
        """Take the marks of runs away that are no longer there: they were renamed or deleted."""
        there = {str(run.folder) for run in runs}
        left = [folder for folder in self._rows.marked if folder in there]
        if len(left) < len(self._rows.marked):
            self._mark(*left)

    def _mark(self, *folders: str) -> None:
        self._rows.marked = folders
        self._rows.redraw()
        self._rows.post_message(RunList.Chosen())
        self._others.choose(folders)

    def _is_marked(self, run: RunSummary | None) -> bool:
        return run is not None and str(run.folder) in self._rows.marked
