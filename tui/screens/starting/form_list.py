"""FormList: the rows of the form for a new run. What is typed, clicked or stepped changes the chosen row."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.screens.starting.text_tree import typed_there
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import harmless
from tui.views.runs.draft import Draft
from tui.views.runs.form_rows import CHOICE, FormRow, form_rows, row_content
from tui.widgets.keys_in_order import KeysInOrder


class FormList(KeysInOrder, OptionList):
    """It holds the draft.

    Args:
        draft: what the form begins with.
        signs: of the terminal.
    """

    DEFAULT_CSS = """
    FormList {
        border: none;
        padding: 0;
        background: transparent;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        scrollbar-size-vertical: 1;
        &:focus { border: none; background-tint: transparent 0%; }
        & > .option-list--option { padding: 0; }
        & > .option-list--option-disabled { color: $text-muted; }
        & > .option-list--option-highlighted, &:focus > .option-list--option-highlighted {
            background: $panel; color: $foreground; text-style: none;
        }
        & > .option-list--option-hover { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("space", "step(1)", show=False),
        Binding("backspace", "delete_last", show=False),
        Binding("delete", "reset", show=False),
    ]

    class Changed(Message):
        """The draft has changed."""

    class Chosen(Message):
        """Another row is chosen."""

    class TextTyped(Message):
        """A key was typed, or something pasted, in the row of the text."""

        def __init__(self, event: events.Key | events.Paste) -> None:
            super().__init__()
            self.event = event

    class Entered(Message):
        """Enter was pressed in this row, or it was clicked."""

        def __init__(self, row: FormRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, draft: Draft, signs: Glyphs) -> None:
        super().__init__(markup=False)
        self._draft, self._signs = draft, signs
        self._rows: tuple[FormRow, ...] = ()
        self._more = False
        self._fresh = True
        """Whether the next letter takes the place of the value."""
        self._drawn: int | None = None

    @property
    def draft(self) -> Draft:
        """What stands in the form."""
        return self._draft

    @draft.setter
    def draft(self, draft: Draft) -> None:
        if draft != self._draft:
            self._draft = draft
            self._show()
            self.post_message(self.Changed())

    def adopt(self, draft: Draft) -> None:
        """Show a draft in which the user has changed nothing."""
        if draft != self._draft:
            self._draft = draft
            self._show()

    @property
    def row(self) -> FormRow:
        """The chosen row."""
        return self._rows[self.highlighted or 0]

    @property
    def more(self) -> bool:
        """Whether all fields are shown."""
        return self._more

    @property
    def explaining_begins(self) -> Region:
        """Where the chosen row is, in cells from the screen's corner."""
        x, y, width, _ = self.content_region
        return Region(x, y + (self.highlighted or 0) - self.scroll_offset.y, width, 1)

    def on_mount(self) -> None:
        """Show the rows."""
        self._show()

    def on_resize(self) -> None:
        """The rows have another width, and the chosen one stays in sight."""
        for number in range(len(self._rows)):
            self._redraw(number)
        self.call_after_refresh(self.scroll_to_highlight)

    def choose(self, kind: str, name: str = "") -> None:
        """Choose a row."""
        self.highlighted = next(
            number for number, row in enumerate(self._rows) if row.kind == kind and name in ("", row.name)
        )

    def toggle_more(self) -> None:
        """Show all fields, or only the first ones."""
        self._more = not self._more
        self._show()
        self.scroll_to_highlight(top=self._more)

    def _show(self) -> None:
        """Show the rows; the same one stays chosen."""
        rows = form_rows(self._draft, more=self._more)
        if rows == self._rows:
            for number in range(len(rows)):
                self._redraw(number)
            return
        before = self._rows[self.highlighted or 0] if self._rows else rows[0]
        self._rows, self._drawn, fresh = rows, None, self._fresh
        place = rows.index(before) if before in rows else 0
        self.set_options(
            Option(self._content(number, chosen=number == place), disabled=row.kind == "head")
            for number, row in enumerate(rows)
        )
        self.highlighted = place
        self._fresh = fresh and rows[place] == before

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Show which row is chosen."""
        super().watch_highlighted(highlighted)
        before, self._drawn, self._fresh = self._drawn, highlighted, True
        for number in {before, highlighted}:
            if number is not None and number < self.option_count:
                self._redraw(number)
        self.post_message(self.Chosen())

    def _redraw(self, number: int) -> None:
        self.replace_option_prompt_at_index(number, self._content(number, chosen=number == self.highlighted))

    def _content(self, number: int, *, chosen: bool) -> Content:
        width = max(20, self.scrollable_content_region.width)
        return row_content(self._rows[number], self._draft, width, self._signs, chosen=chosen, more=self._more)

    # Keys and the mouse

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is typed into the chosen row."""
        row = self.row
        if row.kind == "text":
            return typed_there(character) and character != "?"  # which lists the keys
        if row.name == "from_" and character == " " and self._fresh:  # it chooses the next run
            return False
        return row.kind == "field" and character is not None and self._draft.takes(row.name, character)

    async def _on_key(self, event: events.Key) -> None:
        if event.character is not None and self.check_consume_key(event.key, event.character):
            event.stop()
            event.prevent_default()
            if self.row.kind == "text":
                self.post_message(self.TextTyped(events.Key(event.key, event.character)))
            else:
                self._type(event.character)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.row.kind == "text":
            self.post_message(self.TextTyped(events.Paste(event.text)))
        elif self.row.kind == "field":
            text = "".join(filter(lambda each: self._draft.takes(self.row.name, each), harmless(event.text)))
            if text:
                self._type(text)

    def _type(self, text: str) -> None:
        before = "" if self._fresh else self._draft.text(self.row.name)
        self._fresh = False
        self.draft = self._draft.set(self.row.name, before + text)

    def action_delete_last(self) -> None:
        """Take the last sign of the value away."""
        if self.row.kind == "field" and not self._draft.choices(self.row.name):
            left = self._draft.text(self.row.name)[:-1]
            self._fresh = not left  # the usual value stands there then
            self.draft = self._draft.set(self.row.name, left)

    def action_reset(self) -> None:
        """Set the row as the recipe has it."""
        if self.row.kind == "field":
            self._fresh = True
            self.draft = self._draft.set(self.row.name, self._draft.usual(self.row.name))

    def action_step(self, steps: int) -> None:
        """Take another choice, or a smaller or larger number."""
        row = self.row
        if row.kind == "preset":
            names = self._draft.presets
            self.draft = self._draft.with_preset(names[(names.index(self._draft.preset) + steps) % len(names)])
        elif row.kind == "field":
            self._fresh = True
            self.draft = self._draft.stepped(row.name, steps)
        elif steps > 0:
            self.action_select()

    def action_select(self) -> None:
        """Do what the row does; in a field, go on to the next."""
        if self.row.kind in ("field", "preset"):
            self.action_cursor_down()
        else:
            self.post_message(self.Entered(self.row))

    async def _on_click(self, event: events.Click) -> None:
        """Choose a row, and the choice below the mouse."""
        event.prevent_default()
        clicked, choice = event.style.meta.get("option"), event.style.meta.get(CHOICE)
        if clicked is None or self._rows[clicked].kind == "head":
            return
        self.highlighted = clicked
        row = self._rows[clicked]
        if choice is not None:
            preset = row.kind == "preset"
            self.draft = self._draft.with_preset(choice) if preset else self._draft.set(row.name, choice)
        elif row.kind not in ("field", "preset"):
            self.post_message(self.Entered(row))
