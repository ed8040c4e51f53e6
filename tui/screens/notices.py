"""Notices: the part of the app that shows notices: one answer to a key at a time, beside as many problems as fit."""

from __future__ import annotations

from time import monotonic
from typing import Any

from textual import on
from textual._styles_cache import StylesCache
from textual.app import App
from textual.events import Resize
from textual.notifications import Notification, Notify, SeverityLevel
from textual.widget import Widget
from textual.widgets._toast import ToastRack

from tui.text.wrapping import wrap_sentence

_CELLS = 44
"""Width of the narrower notices without their edges."""
_EDGES = 6
"""Cells of its border, its padding and the margin beside it."""
_BORDER, _PADDING = 2, 2
"""Cells of the border of the pane below notices, and of their padding."""
_REPEAT_SECONDS = 3.0
"""For so long the same answer is not given again: a key may be held down."""
_NOTHING = ("", 0.0)
PROBLEM_SECONDS = 12.0
"""For so long an error or a warning is shown; an answer to a key, Textual's 5 seconds."""
_SHARE = 4
"""Of the screen's rows, the part that notices may cover beside the answer to a key: one in so many."""


class Notices(App[None]):
    """Information answers a key: it goes when the next answer comes, or another screen.

    Of all others, those go first that were said first, where they would cover too much. The newest one stays.
    """

    _shown: tuple[Notification, ...] = ()
    """Those whose time is not over."""
    _answered = _NOTHING
    """What the newest notice that is not a problem says, and since when."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notice. A long word, such as a path, is broken at its separators.

        Errors and warnings stay for a while, and so does information with a time of its own.
        """
        width = self._cells
        if any(len(word) > width for word in message.split()):
            message = "\n".join(row for line in message.split("\n") for row in wrap_sentence(line, width))
        if timeout is None and severity == "information":
            (before, since), now = self._answered, monotonic()
            if message == before and now - since < _REPEAT_SECONDS:
                return
            self._answered = message, now
        elif timeout is None:
            timeout = PROBLEM_SECONDS
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def push_screen(self, *screen: Any, **how: Any) -> Any:
        """Show another screen, without the answers to keys of the one before.

        A cache of Textual would keep each widget of closed screens with all its rows: some 400 kB a dialog.
        """
        StylesCache.get_inner_outer.cache_clear()
        self._drop_answer()
        self._answered = _NOTHING
        return super().push_screen(*screen, **how)

    def take_back(self, message: str) -> None:
        """Take a notice away that is not true any more."""
        words = "".join(message.split())  # it may have been broken into lines
        for notice in self._shown:
            if "".join(notice.message.split()) == words:
                self._take_away(notice)

    def clear_notifications(self) -> None:
        """Take all notices away."""
        self._answered = _NOTHING
        super().clear_notifications()
        for notice in self._shown:
            self._take_away(notice)

    @on(Notify)
    def _make_room(self, message: Notify) -> None:
        if self._is_answer(message.notification):
            self._drop_answer()
        self._shown = (*(each for each in self._shown if not each.has_expired), message.notification)
        room, newest_first = self.size.height // _SHARE, reversed(self._shown)
        for place, notice in enumerate(each for each in newest_first if not self._is_answer(each)):
            room -= sum(len(wrap_sentence(line, self._cells)) for line in notice.message.split("\n"))
            if place and room < 0:
                self._take_away(notice)

    @on(Resize)
    @on(Notify)
    def _fit_later(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Let notices have the width of the pane that they lie over."""
        if side := self._side:
            for rack in self.screen.query(ToastRack):
                rack.styles.width = side.size.width - rack.styles.margin.width

    @property
    def _side(self) -> Widget | None:
        """What notices lie over on the main screen."""
        return next((side for side in self.screen.query("#side") if side.size), None) if self.screen_stack else None

    @property
    def _cells(self) -> int:
        """Of a line of a notice, at least."""
        side = self._side
        return side.size.width - _BORDER - _PADDING if side else min(_CELLS, self.size.width - _EDGES)

    def _drop_answer(self) -> None:
        for notice in filter(self._is_answer, self._shown):
            self._take_away(notice)

    def _is_answer(self, notice: Notification) -> bool:
        return notice.severity == "information" and notice.timeout == self.NOTIFICATION_TIMEOUT

    def _take_away(self, notice: Notification) -> None:
        """Before its time: Textual would take the words away, but not what holds them, which is named after it."""
        notice.timeout = 0.0
        for screen in self.screen_stack:
            for holder in screen.query("ToastHolder"):
                if (holder.id or "").endswith(notice.identity):
                    holder.remove()
