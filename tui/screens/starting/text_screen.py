"""TextScreen: choose a text: a named one, one used lately, a file or folder, or an address."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import DirectoryTree, Input, OptionList, Static
from textual.widgets.option_list import Option

from corpora.catalogue import DEFAULT
from corpora.safe_text import shown
from model.runs.housekeeping.run_summary import spelled_size
from tui.engine.runs.new_runs import NamedText, NewRuns
from tui.screens.starting.text_tree import TextTree, typed_there
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import harmless
from tui.widgets.keys_in_order import LineInput

_KEYS = (
    "enter choose",
    "ctrl+a add to the line",
    "tab line, list, files",
    "ctrl+o the whole folder",
    "backspace folder above",
    "esc back",
)


class TextList(OptionList):
    """The named texts, and those used lately."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key goes on to the line."""
        return typed_there(character)


class TextScreen(ModalScreen[tuple[str, ...] | None]):
    """Returns what opens the text; None when it is closed.

    Args:
        new_runs: knows the texts.
        glyphs: the signs of the terminal.
        corpus: the present text.
    """

    DEFAULT_CSS = """
    TextScreen {
        background: $background;
        & > #texts {
            height: 1fr;
            border: round $border;
            border-title-color: $foreground;
            border-subtitle-color: $text-muted;
            padding: 0 1;
        }
        & #text-typed { margin-bottom: 1; background: transparent; padding: 0; }
        & #text-columns { height: 1fr; }
        & #text-list { text-wrap: nowrap; text-overflow: ellipsis; }
        & #text-list, & TextTree {
            width: 1fr; height: 1fr; border: none; padding: 0; background: transparent; scrollbar-size-vertical: 1;
        }
        & #text-list > .option-list--option { padding: 0; text-wrap: nowrap; text-overflow: ellipsis; }
        & #text-list:focus, & TextTree:focus { border: none; background-tint: transparent 0%; }
        & #text-list > .option-list--option-highlighted { background: transparent; color: $foreground; }
        & #text-list:focus, & #text-list.-found {
            & > .option-list--option-highlighted { background: $panel; text-style: bold; }
        }
        & TextTree { margin-left: 2; }
        &.-slim #text-columns { layout: vertical; }
        &.-slim TextTree { margin-left: 0; }
        & Toast { display: none; }
        & #text-keys { height: auto; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+o", "take_folder", "Take the folder"),
        Binding("ctrl+a", "add", "Add to the line"),
    ]

    AUTO_FOCUS = "#text-list"

    class Listed(Message):
        """The texts to choose from are known."""

        def __init__(self, named: list[NamedText], recent: list[NamedText]) -> None:
            super().__init__()
            self.named, self.recent = named, recent

    def __init__(self, new_runs: NewRuns, glyphs: Glyphs, corpus: tuple[str, ...]) -> None:
        super().__init__()
        self._new_runs, self._glyphs, self._corpus = new_runs, glyphs, corpus
        self._known: dict[str, list[NamedText]] = {}
        self._texts: dict[str, NamedText] = {}

    def compose(self) -> ComposeResult:
        """The line to type in, the list, the files, and what the keys do."""
        with Vertical(id="texts") as pane:
            pane.border_title = "Choose a text"
            hint = "type a path, an address or gutenberg:1342; or tab to choose"
            yield LineInput(
                line_of(self._corpus), placeholder=hint, compact=True, select_on_focus=False, id="text-typed"
            )
            with Horizontal(id="text-columns"):
                yield TextList(id="text-list", markup=False, compact=True)
                yield TextTree(".", plain=self._glyphs.ascii_only)
            yield Static(Content("   ".join(_KEYS)), id="text-keys")

    def on_mount(self) -> None:
        """List the texts."""
        self._look()

    def on_key(self, event: events.Key) -> None:
        """What is typed beside the line goes into it; also what was typed before the line had the keyboard."""
        line = self.query_one(Input)
        after_letters = event.character == " " and self.focused is line  # typed so fast that another had the keyboard
        if event.character is None or not (typed_there(event.character) or after_letters):
            return
        event.stop()
        if self.focused is not line:
            line.value = ""
            self.set_focus(line)
        line.insert_text_at_cursor(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted beside the line goes into it, too."""
        line = self.query_one(Input)
        if self.focused is not line:
            line.value = ""
            self.set_focus(line)
            line.insert_text_at_cursor(harmless(event.text).strip())

    @work(thread=True, exit_on_error=False)  # a text can be typed without the list
    def _look(self) -> None:
        self.post_message(self.Listed(self._new_runs.named(), self._new_runs.recent()))

    @on(Listed)
    def _show(self, message: Listed) -> None:
        self._known = {"used lately": message.recent, "named texts": message.named}
        line = self.query_one(Input)
        if self.focused is line:
            self._narrow(line.value)
        else:
            self._list()
            self._choose(self._corpus or (DEFAULT,))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self.focused is event.input:  # not the text that it begins with
            self._narrow(event.value)

    def _narrow(self, line: str) -> None:
        """List what the last text in the line may be, and choose one for it, unless it is a path or an address.

        The files are those of the folder that is typed, with the rest in their names.
        """
        last = texts_of(line)[-1:]
        self._list("".join(last))
        path = os.path.expanduser("".join(last))
        if last and self._texts and not os.path.exists(path) and ":" not in path:
            self._choose(last)
            self.query_one(TextList).add_class("-found")
        if os.path.isdir(folder := os.path.abspath(os.path.dirname(path))):
            self.query_one(TextTree).show(Path(folder), os.path.basename(path))

    def _list(self, typed: str = "") -> None:
        """List the texts that have this in their names or titles."""
        rows, self._texts = list[Option](), {}
        for head, texts in self._known.items():
            found = [text for text in texts if typed.lower() in f"{line_of(text.spec)} {text.title}".lower()]
            if found:
                rows.append(Option(Content.styled(head, "$text-muted"), disabled=True))
            for text in found:
                identifier = str(len(self._texts))
                self._texts[identifier] = text
                rows.append(Option(self._row(text), id=identifier))
        said = "no text of such a name" if self._known else f"looking for texts {self._glyphs.ellipsis}"
        nothing = Option(Content.styled(said, "$text-muted"), disabled=True)
        self.query_one(TextList).set_options(rows or [nothing]).remove_class("-found")

    def _choose(self, spec: tuple[str, ...]) -> None:
        """Choose the text that this opens; the first one if it is not in the list."""
        listed = self.query_one(TextList)
        chosen = [each for each, text in self._texts.items() if text.spec == spec]
        listed.highlighted = listed.get_option_index(chosen[0]) if chosen else 1

    def _row(self, text: NamedText) -> Content:
        spec = ", ".join(text.spec)
        name = spec if len(text.spec) == 1 and os.sep not in spec else os.path.basename(text.spec[0].rstrip(os.sep))
        where = "" if text.here else f"download{f' {spelled_size(text.size)}' if text.size else ''}"
        row = Content(f"  {shown(name, 40):<13} ") + Content.styled(where and f"{where}  ", "$accent")
        return row + Content.styled(shown(text.title if name == spec else spec, 60), "$text-muted")

    @on(Input.Submitted)
    def _take_typed(self, event: Input.Submitted) -> None:
        texts = texts_of(event.value)
        if self.query_one(TextList).has_class("-found"):
            texts = (*texts[:-1], *self._chosen)
        if texts:
            self.dismiss(texts)

    @on(OptionList.OptionSelected)
    def _take_listed(self, event: OptionList.OptionSelected) -> None:
        if event.option.id is not None:
            self.dismiss(self._texts[event.option.id].spec)

    @on(DirectoryTree.FileSelected)
    def _take_file(self, event: DirectoryTree.FileSelected) -> None:
        self.dismiss((_relative(str(event.path)),))

    def action_take_folder(self) -> None:
        """Choose the folder, or the file, on which the cursor of the files stands."""
        node = self.query_one(TextTree).cursor_node
        if node is not None and node.data is not None:
            self.dismiss((_relative(str(node.data.path)),))

    def action_add(self) -> None:
        """Write the chosen text, file or folder behind those in the line, so that all of them are read."""
        listed, tree, line = self.query_one(TextList), self.query_one(TextTree), self.query_one(Input)
        texts, node, found = texts_of(line.value), tree.cursor_node, listed.has_class("-found")
        if self.focused is tree and node is not None and node.data is not None:
            texts += (_relative(str(node.data.path)),)
        elif self.focused is listed:
            texts = (*texts[: len(texts) - found], *self._chosen)
        with line.prevent(Input.Changed):
            line.value = line_of(texts)
        self._list()
        tree.show(Path(tree.path))
        self.set_focus(line)
        line.action_end()

    @property
    def _chosen(self) -> tuple[str, ...]:
        """What opens the text that is chosen in the list."""
        option = self.query_one(TextList).highlighted_option
        return self._texts[option.id].spec if option is not None and option.id is not None else ()

    def action_cancel(self) -> None:
        """Keep the present text."""
        self.dismiss(None)


def texts_of(line: str) -> tuple[str, ...]:
    """The texts that a line names, as words of a shell; a path that is there may have spaces without quotation marks.

    >>> texts_of("nietzsche 'my book.txt'")
    ('nietzsche', 'my book.txt')
    """
    line = line.strip()
    if os.path.exists(os.path.expanduser(line)):
        return (line,)
    try:
        return tuple(shlex.split(line))
    except ValueError:  # a quotation mark without the other one
        return (line,)


def line_of(texts: tuple[str, ...]) -> str:
    """The line that names these texts."""
    return texts[0] if len(texts) == 1 and texts_of(texts[0]) == texts else shlex.join(texts)


def _relative(path: str) -> str:
    """A path as a person would type it here."""
    shorter = os.path.relpath(path)
    return path if shorter.startswith("..") else f".{os.sep}{shorter}" if "/" not in shorter else shorter
