"""KeyFooter: the keys that matter now, on one line, each of them clickable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from tui.keys.action import Action, shown_key
from tui.keys.keymap import BY_ID
from tui.widgets.explaining.asking import EXPLAINING, KEY, asks

_BETWEEN = 2
_IDS = {action.action: action.id for action in BY_ID.values()}
"""Of the keymap's actions; a dialog may have others."""
_URGENT = 1
"""The rank of an urgent action."""


@dataclass(frozen=True, slots=True)
class FooterItem:
    """Some keys that belong together, and what they do."""

    keys: tuple[tuple[str, str], ...]
    """Each as it is shown, and the Textual action that a click on it runs."""
    label: str
    rank: int

    @property
    def cells(self) -> int:
        """Its width: '- + temperature' is 15."""
        return sum(len(key) + 1 for key, _ in self.keys) + len(self.label)


class KeyFooter(Widget):
    """Set `items`; equal ones repaint nothing, and no widgets are made for them."""

    DEFAULT_CSS = """
    KeyFooter { height: 1; dock: bottom; padding: 0 1; }
    """

    items: reactive[tuple[FooterItem, ...]] = reactive(())

    def on_mount(self) -> None:
        """Keys look like keys, not like links; none is named while a dialog has the keyboard."""
        self.auto_links = False
        self.app.screen_change_signal.subscribe(self, self._show_under)

    def _show_under(self, screen: Screen[object]) -> None:
        self.visible = screen is self.screen or (screen.has_class(EXPLAINING) and len(self.app.screen_stack) == 2)

    def render(self) -> Content:
        """Those items that fit, in the order of the table."""
        parts: list[Content] = []
        for item in fitted(self.items, self.size.width):
            if parts:
                parts.append(Content(" " * _BETWEEN))
            for key, action in item.keys:
                click, asked = Style.from_meta({"@click": action}), asks(KEY + _IDS.get(action, ""))
                parts.append((Content(key).stylize("$accent").stylize(click) + Content(" ")).stylize(asked))
            label, action = Content(item.label).stylize("$text-muted"), item.keys[0][1]
            if len(item.keys) > 1:
                parts.append(label.stylize(asks(item.label, KEY + _IDS.get(action, ""))))
            else:
                parts.append(label.stylize(Style.from_meta({"@click": action}) + asks(KEY + _IDS.get(action, ""))))
        return Content("").join(parts)


class DialogKeys(Static):
    """The line of a dialog that says what its keys do, in the colours of the footer.

    Args:
        does: by key, what it does.
    """

    def __init__(self, **does: str) -> None:
        super().__init__(classes="dialog-keys")
        self.name_keys(**does)

    def name_keys(self, **does: str) -> None:
        """Say what other keys do."""
        named = (Content.assemble((key.replace("_", " "), "$accent"), f" {what}") for key, what in does.items())
        self.update(Content("   ").join(named))


def items_of(
    actions: Iterable[Action],
    labels: Mapping[str, str],
    hidden: frozenset[str],
    urgent: frozenset[str] = frozenset(),
) -> tuple[FooterItem, ...]:
    """Footer items in the table's order; neighbours with one label are put together.

    Args:
        actions: the table of keys.
        labels: for some action ids, a label that fits better now than the table's.
        hidden: ids of actions that do nothing now.
        urgent: ids of actions that are among the last to be left out of a narrow footer.
    """
    items: list[FooterItem] = []
    for action in actions:
        label = labels.get(action.id, action.label)
        if not label or action.id in hidden:
            continue
        keys = ((shown_key(action.keys[0]), action.action),)
        rank = _URGENT if action.id in urgent else action.rank
        if items and items[-1].label == label:
            items[-1] = FooterItem(items[-1].keys + keys, label, min(items[-1].rank, rank))
        else:
            items.append(FooterItem(keys, label, rank))
    return tuple(items)


def fitted(items: tuple[FooterItem, ...], width: int) -> tuple[FooterItem, ...]:
    """The items that fit into `width` cells; the least important go first, the rest keep their order."""
    kept: list[FooterItem] = []
    room = width + _BETWEEN
    for item in sorted(items, key=lambda item: item.rank):
        if item.cells + _BETWEEN > room:
            break
        room -= item.cells + _BETWEEN
        kept.append(item)
    return tuple(item for item in items if item in kept)
