"""ShelfScreen: the list of runs. What is chosen opens in this program; the rest of the keys keep house."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from corpora.errors import CharlstmError
from model.runs.housekeeping.run_summary import RunSummary
from tui.engine.runs.other_runs import OtherRuns
from tui.engine.runs.shelf import Shelf
from tui.keys.shelf_keys import SHELF_ACTIONS
from tui.launch import Launch
from tui.screens.help import HelpScreen
from tui.screens.shelf.learn_on import LearnOnScreen
from tui.screens.shelf.looking_at_runs import LookingAtRuns
from tui.screens.shelf.run_list import FilterBox, RunList
from tui.terminal.glyphs import Glyphs
from tui.views.quantities import Unit
from tui.views.runs.shelf_rows import (
    advice,
    columns,
    description,
    head,
    left_by,
    marks_words,
    more_epochs,
    way_to_open,
)
from tui.widgets.footer import KeyFooter, items_of

_NO_MATCH = "No run matches. Type something else; esc clears the filter."


class ShelfScreen(LookingAtRuns):
    """Returns what opens the chosen run; None when it is closed.

    Args:
        shelf: the runs.
        others: those that are marked.
        glyphs: the signs of the terminal.
        here: the folder of the run that this program has open.
        new_run: asks for a new run in a form.
        unit: of losses.
        watching: whether this program only watches the run that it has open.
        ending: the run that is trained here, which ends when another one is opened; None if there is none.
        at_start: whether nothing is open yet; then closing it ends the program, and a run to resume is chosen.
        hint: is said at once.
    """

    DEFAULT_CSS = """
    ShelfScreen {
        background: $background;
        & > #shelf {
            height: 1fr;
            border: round $border;
            border-title-color: $foreground;
            padding: 0 1;
        }
        & #filter { margin-bottom: 1; background: transparent; padding: 0; }
        & #shelf-head { height: 1; }
        & #shelf-about { height: auto; margin-top: 1; }
        & #shelf-advice { height: auto; max-height: 4; color: $text-muted; }
        &.-low #filter, &.-low #shelf-about { margin: 0; }
    }
    """

    def __init__(
        self,
        shelf: Shelf,
        others: OtherRuns,
        glyphs: Glyphs,
        here: str | None,
        new_run: Callable[[], Awaitable[Launch | None]],
        *,
        unit: Unit = "nats",
        watching: bool = False,
        ending: str | None = None,
        at_start: bool = False,
        hint: str = "",
    ) -> None:
        now = time.time()
        super().__init__(others, shelf, glyphs, RunList(glyphs, here, now, unit), now, watching=watching)
        self._new_run, self._at_start = new_run, at_start
        self._here, self._ending, self._hint = here, ending, hint
        self._moved = False
        """Whether the user has chosen a row: runs that are still being read no longer change the choice."""

    def compose(self) -> ComposeResult:
        """The filter, the rows, what is known of the chosen run, and the keys."""
        with Vertical(id="shelf") as pane:
            pane.border_title = "Runs"
            yield FilterBox(placeholder="type to filter", compact=True, id="filter")
            yield Static(id="shelf-head", markup=False)
            yield self._rows
            yield Static(id="shelf-about", markup=False)
            yield Static(id="shelf-advice", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin to read."""
        self._show()
        self._read_always()
        if self._hint:
            self._say(self._hint)

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.call_after_refresh(self._show_head)

    # What is shown

    def _show(self) -> None:
        """Show the runs that the filter leaves; the same one stays chosen."""
        words = self.query_one(FilterBox).value
        left = left_by(self._runs, words)
        chosen = self._run.name if self._run else None
        if self._wanted in [run.name for run in left]:
            chosen, self._wanted, self._moved = self._wanted, None, True
        elif not self._moved and chosen is None:
            first = left if words else [*filter(self._to_choose, left)]
            chosen = first[0].name if first else None
        self._rows.show(left, chosen, new=not words)
        self._show_count(left)

    def _show_count(self, left: Sequence[RunSummary]) -> None:
        of = f" of {len(self._runs)}" if len(left) < len(self._runs) else ""
        more = f" {self._glyphs.ellipsis}" if self._reading else ""
        self.query_one("#shelf", Vertical).border_title = f"Runs {self._glyphs.dot} {len(left)}{of}{more}"
        self._show_chosen()

    def _to_choose(self, run: RunSummary) -> bool:
        """Whether a run is chosen at first: the one that is open, or at the start one to resume."""
        here = self._rows.is_here(run)
        return here or (self._at_start and way_to_open(run, here=here) == "resume")

    @on(RunList.Chosen)
    def _show_chosen(self) -> None:
        """Say what is known of the chosen run, and what its keys do."""
        run, about, sentence = self._run, "", "Enter opens the form for a new run."
        if run:
            about = description(run, self._glyphs, self._now, self._rows.unit)
            sentence = advice(run, here=self._rows.is_here(run), ending=self._ending)
        elif self._rows.empty:
            sentence = _NO_MATCH
        elif not self._runs and not self._reading:
            about = "There is no run yet."
        self.query_one("#shelf-about", Static).update(Content(about))
        self.query_one("#shelf-advice", Static).update(Content(sentence))
        hidden = {
            each.id for each in SHELF_ACTIONS if self._refusal(each.id) or (each.id == "open" and self._rows.empty)
        }
        labels = {"open": self._opens(run), "close": "quit" if self._at_start else "close"}
        if self._is_marked(run):
            labels["mark"] = "unmark"
        urgent = frozenset({"compare", "mark"} if self._rows.marked else ())
        self.query_one("#shelf", Vertical).border_subtitle = marks_words(len(self._rows.marked))
        self.query_one(KeyFooter).items = items_of(SHELF_ACTIONS, labels, frozenset(hidden), urgent)

    def _opens(self, run: RunSummary | None) -> str:
        way = way_to_open(run, here=self._rows.is_here(run)) if run else "new run"
        return way or "open"

    def _show_head(self) -> None:
        at = columns(max(20, self._rows.scrollable_content_region.width))
        self.query_one("#shelf-head", Static).update(head(at, self._rows.unit))

    @on(Input.Changed)
    def _filter(self) -> None:
        self._moved = False
        self._rows.highlighted = None
        self._show()

    def action_move(self, where: str) -> None:
        """Choose another row."""
        self._moved = True
        getattr(self._rows, f"action_{where}")()

    # What is done with a run

    @on(Input.Submitted)
    @on(RunList.Opened)
    def action_open(self) -> None:
        """Open the chosen run, or begin a new one."""
        run = self._run
        if self._rows.empty:
            self._say(_NO_MATCH)
        elif run is None:
            self.action_new_run()
        elif self._works("open"):
            way = way_to_open(run, here=self._rows.is_here(run))
            if way == "return":
                self.dismiss(None)
            else:
                self._open(run, "watch" if way == "watch" or (way == "write" and run.needs) else "resume")

    def action_write_only(self) -> None:
        """Open the run without training it."""
        if self._works("write-only") and (run := self._run):
            self._open(run, "watch")

    def _open(self, run: RunSummary, way: Literal["resume", "watch"]) -> None:
        self._open_with(lambda: self._shelf.launch_for(run, way))

    @work(thread=True, exclusive=True, group="opening")
    def _open_with(self, make: Callable[[], Launch]) -> None:
        try:
            launch = make()
        except CharlstmError as error:
            self._say(str(error), wrong=True)
        else:
            self.app.call_from_thread(self.dismiss, launch)

    @work
    async def action_learn_on(self) -> None:
        """Ask for more epochs, and open the run to train them."""
        if not self._works("learn-on") or (run := self._run) is None:
            return
        epochs = await self.app.push_screen_wait(LearnOnScreen(more_epochs(run)))
        if epochs is not None:
            here = self._rows.is_here(run) and not self._watching
            self._open_with(lambda: self._shelf.launch_to_learn_on(str(run.folder), epochs, here=here))

    @work
    async def action_new_run(self) -> None:
        """Describe a new run in a form, and begin it."""
        if (launch := await self._new_run()) is not None:
            self.dismiss(launch)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(HelpScreen(SHELF_ACTIONS))

    def action_close(self) -> None:
        """Clear the filter; if there is none, close the list."""
        box = self.query_one(FilterBox)
        if box.value:
            box.value = ""
        else:
            self.dismiss(None)
