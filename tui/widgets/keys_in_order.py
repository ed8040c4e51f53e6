"""KeysInOrder: what a widget with the keyboard does for a key happens in the order of typing.

Textual has the widget take a character at once, but a key that is bound only when it has come up to the app, by way of
every container around the widget. Where several keys wait, because they were typed fast or the machine is busy, the
characters typed after a bound key would overtake it: into the row above, or before the letter that backspace deletes.
"""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input


class KeysInOrder:
    """Name it before the kind of widget: its own bindings are obeyed here, all others further up, as ever."""

    async def _on_key(self, event: events.Key) -> None:
        assert isinstance(self, Widget)
        if self.check_consume_key(event.key, event.character):
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return


class LineInput(KeysInOrder, Input):
    """A line to type."""
