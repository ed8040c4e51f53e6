"""TextKeys: scrolling, copying and saving what is written."""

from __future__ import annotations

import asyncio

from textual import work

from corpora.errors import CharlstmError, system_reason
from corpora.safe_text import counted, shown
from tui.screens.key_actions.key_screen import KeyScreen
from tui.text.short_path import short_path
from tui.widgets.writing.writing_pane import WritingPane


class TextKeys(KeyScreen):
    """The keys of the groups "Scrolling" and "The sample"."""

    def action_look(self, where: str) -> None:
        """Scroll the text: 'up', 'down', 'page_up', 'page_down', 'home' or 'end'."""
        if not self._works(where.replace("_", "-")):
            return
        if not self.query_one(WritingPane).look(where):
            self.notify(f"This is the {'oldest' if where in ('up', 'page_up', 'home') else 'newest'} text.")
        self.show_session()

    def action_copy(self) -> None:
        """Copy the sample to the clipboard, by OSC 52."""
        if self._works("copy"):
            text = self.query_one(WritingPane).sample_text
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {counted(len(text), 'character')}.")

    @work
    async def action_save(self) -> None:
        """Save the sample to a new file."""
        if not self._works("save"):
            return
        try:
            path = await asyncio.to_thread(self._engine.save_text, self.query_one(WritingPane).sample_text)
        except CharlstmError as error:
            self._complain(f"Not saved. {error}")
        except OSError as error:
            check = "Check that the disk has room and the folder is writable."
            self._complain(f"Not saved: {system_reason(error)}. {check}")
        else:
            self.notify(f"Saved to {shown(short_path(path), 500)}", markup=False)
