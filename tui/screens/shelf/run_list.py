"""RunList: the rows of the list of runs, and the box above them that filters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from model.runs.housekeeping.run_summary import RunSummary
from model.runs.housekeeping.spelled_times import span
from tui.keys.shelf_keys import SHELF_ACTIONS
from tui.terminal.glyphs import Glyphs
from tui.views.quantities import Unit
from tui.views.runs.shelf_rows import columns, row
from tui.widgets.keys_in_order import LineInput

_NOT_TYPED = ("space", "question_mark")
"""Keys that mean something else here, and occur in no name of a run."""


class FilterBox(LineInput, inherit_bindings=False):
    """What is typed filters the list.

    All keys of the screen are bound here, so that none overtakes another: Enter opens the row that was moved to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cursor_left", show=False),
        Binding("right", "cursor_right", show=False),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("ctrl+u", "delete_left_all", show=False),
        Binding("ctrl+w", "delete_left_word", show=False),
        Binding("enter", "submit", show=False),
        *(
            Binding(",".join(each.keys), each.action, show=False)
            for each in SHELF_ACTIONS
            if each.id not in ("open", "choose-run", "filter")
        ),
        *(
            Binding(key, f"screen.move('{where}')", show=False)
            for key, where in {
                "up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down",
                "home": "first", "end": "last",
            }.items()
        ),
    ]  # fmt: skip

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is typed here rather than bound elsewhere."""
        return key not in _NOT_TYPED and super().check_consume_key(key, character)


class RunList(OptionList, can_focus=False):
    """A row that begins a new run, then one for each run. Give it runs with `show`.

    Args:
        signs: of the terminal.
        here: the folder of the run that this program has open.
        now: seconds since 1970.
        unit: of losses.
    """

    DEFAULT_CSS = """
    RunList {
        height: 1fr;
        border: none;
        padding: 0;
        background: transparent;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        &:focus { border: none; }
        & > .option-list--option { padding: 0; }
        & > .option-list--option-highlighted { background: $panel; color: $foreground; text-style: none; }
        & > .option-list--option-hover { background: $surface; }
    }
    """

    class Chosen(Message):
        """Another row is chosen."""

    class Opened(Message):
        """The chosen row was clicked."""

    def __init__(self, signs: Glyphs, here: str | None, now: float, unit: Unit) -> None:
        super().__init__(markup=False)
        self._signs, self._here, self._now = signs, here and os.path.abspath(here), now
        self.unit: Unit = unit
        self._runs: list[RunSummary] = []
        self.marked: tuple[str, ...] = ()
        """Folders of the runs that are marked; call `redraw` when they change."""
        self._first = 1
        """Row of the first run."""
        self._drawn: int | None = None
        """The row that is drawn as the chosen one."""

    def show(self, runs: Sequence[RunSummary], chosen: str | None, *, new: bool = True) -> None:
        """Show these runs and choose the one of this name; None chooses the first row.

        Args:
            runs: where they continue those that are shown, only rows are added.
            chosen: a run's name.
            new: whether there is the row of a new run.
        """
        before, first = len(self._runs), self._first
        names = [run.name for run in runs]
        continued = new == bool(first) and self.option_count > 0 and [*runs[:before]] == self._runs
        self._runs, self._first = [*runs], int(new)
        if not continued:
            self._drawn = None
            self.clear_options()
        rows = range(self.option_count, len(runs) + self._first)
        self.add_options(Option(self._row(number, chosen=False)) for number in rows)
        place = names.index(chosen) + self._first if chosen in names else 0
        self.highlighted = place if self.option_count else None

    def renew(self, runs: Sequence[RunSummary], now: float) -> None:
        """Show the same list read again: the same run stays chosen, and only rows that say something else are drawn.

        Args:
            runs: those in the list.
            now: seconds since 1970.
        """
        chosen, place, before, then = self.run, self.highlighted, self._runs, self._now
        count = len(runs) + self._first
        while self.option_count > count:
            self.remove_option_at_index(self.option_count - 1)
        self._runs, self._now = [*runs], now
        if chosen:
            names = [run.name for run in runs]
            place = names.index(chosen.name) + self._first if chosen.name in names else place
        known = self.option_count
        self.add_options(Option(self._row(number, chosen=False)) for number in range(known, count))
        self.highlighted = min(place or 0, count - 1) if count else None
        for number, (run, old) in enumerate(zip(runs, before, strict=False)):
            if run != old or span(now - run.updated) != span(then - run.updated):
                self._redraw(number + self._first)

    @property
    def run(self) -> RunSummary | None:
        """The chosen run; None where the row of a new run is chosen, or none."""
        place = (self.highlighted or 0) - self._first
        return self._runs[place] if 0 <= place < len(self._runs) else None

    @property
    def empty(self) -> bool:
        """Whether there is no row at all."""
        return not self.option_count

    def action_cursor_up(self) -> None:
        """Choose the row above; the first one stays."""
        if self.highlighted:
            self.highlighted -= 1

    def action_cursor_down(self) -> None:
        """Choose the row below; the last one stays."""
        if self.highlighted is not None and self.highlighted < self.option_count - 1:
            self.highlighted += 1

    def is_here(self, run: RunSummary) -> bool:
        """Whether this program has the run open."""
        return self._here == os.path.abspath(run.folder)

    def redraw(self) -> None:
        """Draw all rows again, with another width."""
        for number in range(self.option_count):
            self._redraw(number)

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Show which row is chosen; of many runs, only the rows that change are drawn."""
        super().watch_highlighted(highlighted)
        before, self._drawn = self._drawn, highlighted
        for number in {before, highlighted}:
            if number is not None and number < self.option_count:
                self._redraw(number)
        self.post_message(self.Chosen())

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.redraw()

    async def _on_click(self, event: events.Click) -> None:
        """Choose a row; a click on the chosen one opens it."""
        event.prevent_default()
        clicked = event.style.meta.get("option")
        if clicked is None:
            return
        if clicked == self.highlighted:
            self.post_message(self.Opened())
        self.highlighted = clicked

    def _redraw(self, number: int) -> None:
        self.replace_option_prompt_at_index(number, self._row(number, chosen=number == self.highlighted))

    def _row(self, number: int, *, chosen: bool) -> Content:
        if number < self._first:
            sign = Content.styled(f"{self._signs.pointer if chosen else ' '} ", "$accent")
            return sign + Content("New run").stylize("bold" if chosen else "")
        run = self._runs[number - self._first]
        at = columns(max(20, self.scrollable_content_region.width))
        return row(
            run,
            at,
            self._signs,
            self._now,
            self.unit,
            here=self.is_here(run),
            chosen=chosen,
            marked=str(run.folder) in self.marked,
        )
