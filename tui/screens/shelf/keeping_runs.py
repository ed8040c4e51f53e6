"""KeepingRuns: the part of the list of runs that renames, deletes and exports the chosen one."""

from __future__ import annotations

from textual import work
from textual.screen import ModalScreen

from corpora.errors import CharlstmError
from corpora.safe_text import shown
from model.runs.housekeeping.run_summary import RunSummary, spelled_size
from tui.engine.runs.shelf import Shelf
from tui.launch import Launch
from tui.screens.shelf.questions import DeleteScreen, RenameScreen
from tui.screens.shelf.run_list import FilterBox, RunList
from tui.terminal.glyphs import Glyphs
from tui.text.short_path import short_path
from tui.views.runs.shelf_rows import description, why_not


class KeepingRuns(ModalScreen[Launch | None]):
    """Keeps house.

    Args:
        shelf: the runs.
        glyphs: the signs of the terminal.
        rows: the list, one of them chosen.
        now: seconds since 1970.
        watching: whether this program only watches the run that it has open.
    """

    def __init__(self, shelf: Shelf, glyphs: Glyphs, rows: RunList, now: float, *, watching: bool) -> None:
        super().__init__()
        self._watching = watching
        self._shelf, self._glyphs, self._rows, self._now = shelf, glyphs, rows, now

    def _read_again(self, choose: str | None = None) -> None:
        """Read all runs, and choose the one of this name."""
        raise NotImplementedError

    @property
    def _run(self) -> RunSummary | None:
        return self._rows.run

    def _refusal(self, identifier: str) -> str | None:
        run = self._run
        here = run is not None and self._rows.is_here(run)
        return why_not(identifier, run, here=here, watched=here and self._watching)

    def _works(self, identifier: str) -> bool:
        """Whether a key does something with the chosen row; where it does not, the user is told why."""
        if sentence := self._refusal(identifier):
            self.notify(sentence, markup=False)
        return not sentence

    @work
    async def action_rename(self) -> None:
        """Ask for another name."""
        if self._works("rename") and (run := self._run):
            name = await self.app.push_screen_wait(RenameScreen(run.name, self._shelf.rename))
            if name is not None:
                self.query_one(FilterBox).value = ""
                self._read_again(name)

    @work
    async def action_delete(self) -> None:
        """Ask whether to delete the run."""
        if self._works("delete") and (run := self._run):
            about = description(run, self._glyphs, self._now, self._rows.unit)
            if await self.app.push_screen_wait(DeleteScreen(run.name, about)):
                self._delete(run)

    @work(thread=True, group="keeping house")
    def _delete(self, run: RunSummary) -> None:
        try:
            freed = self._shelf.delete(run.name)
            self._say(f"Deleted {shown(run.name)}: {spelled_size(freed)} freed.")
        except CharlstmError as error:
            self._say(str(error), wrong=True)
        self.app.call_from_thread(self._read_again)

    def action_export(self) -> None:
        """Write the run into an archive."""
        if self._works("export") and (run := self._run):
            self.notify(f"Exporting {shown(run.name)} {self._glyphs.ellipsis}", markup=False)
            self._export(run)

    @work(thread=True, group="keeping house")
    def _export(self, run: RunSummary) -> None:
        try:
            self._say(f"Exported {shown(run.name)} to {shown(short_path(self._shelf.export(run.name)), 500)}")
        except CharlstmError as error:
            self._say(str(error), wrong=True)

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        """Show a notice; from any thread."""
        self.notify(sentence, severity="error" if wrong else "information", markup=False)
