"""TextTree: the files and folders that may hold a text."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DirectoryTree
from textual.widgets.directory_tree import DirEntry
from textual.widgets.tree import TreeNode

from corpora.safe_text import shown

_TEXT = ("json", "xml", "javascript", "toml", "yaml", "x-sh", "x-tex", "x-latex", "x-python", "sql", "rtf")
"""Kinds of application data that are text."""
_DOCUMENTS = (
    "xhtml+xml",
    "epub+zip",
    "pdf",
    "vnd.oasis.opendocument.text",
    "vnd.openxmlformats-officedocument.wordprocessingml.document",
)
"""Kinds that a text is read from."""
_ARCHIVES, _COMPRESSED = ("zip", "x-zip-compressed", "x-tar"), ("gzip", "bzip2", "xz")


class TextTree(DirectoryTree):
    """Hidden files, and those whose names say that they are no text, are left out.

    Args:
        path: the folder to begin with.
        plain: draw with ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("backspace", "above", show=False)]

    def __init__(self, path: str, *, plain: bool) -> None:
        super().__init__(Path(path).absolute())
        self._typed = ""
        """What the names in the folder must have, in lower case."""
        self.show_guides = not plain
        self.guide_depth = 2

    def show(self, folder: Path, typed: str = "") -> None:
        """Show a folder: of what is in it, that with what is typed in its name."""
        typed = typed.lower()
        if (folder, typed) != (self.path, self._typed):
            self._typed, self.path = typed, folder

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """The files and folders that are shown."""
        return [path for path in paths if self._is_shown(path)]

    def _is_shown(self, path: Path) -> bool:
        typed = self._typed if path.parent == self.path else ""
        hidden = path.name.startswith(".") or typed not in path.name.lower()
        return not hidden and (path.is_dir() or may_be_text(path.name))

    def render_label(self, node: TreeNode[DirEntry], base_style: Style, style: Style) -> Text:
        """The name, with a slash behind a folder."""
        slash = "/" if node.allow_expand else ""
        name = str(node.data.path) if node is self.root and node.data else str(node.label)
        return Text(f"{shown(name, 200).rstrip('/')}{slash}", style=style)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key goes on to the line."""
        return typed_there(character)

    def action_above(self) -> None:
        """Go to the folder above."""
        self.show(Path(self.path).parent)


def typed_there(character: str | None) -> bool:
    """Whether a character is typed into the line above the list and the files; a space opens a folder."""
    return character is not None and character.isprintable() and character != " "


def may_be_text(name: str) -> bool:
    """Whether a file of this name may be a text: unknown kinds are.

    >>> [may_be_text(name) for name in ("notes.md", "README", "book.epub", "books.tar.gz", "photo.png")]
    [True, True, True, True, False]
    """
    kind, packed = mimetypes.guess_type(name)
    if packed and packed not in _COMPRESSED:
        return False
    family, _, particular = (kind or "text/").partition("/")
    return family == "text" or (family == "application" and particular in (*_TEXT, *_DOCUMENTS, *_ARCHIVES))
