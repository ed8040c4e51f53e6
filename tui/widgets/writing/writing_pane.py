"""WritingPane: the stream of text, with the writer's state, sampling and speed in its border."""

from __future__ import annotations

from collections import deque

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import var
from textual.widget import Widget

from model.sampling import Sampling
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Written
from tui.launch import Speed
from tui.terminal.glyphs import ASCII, UNICODE
from tui.views import quantities
from tui.widgets.writing.token_stream import TokenStream

_MEASURED_SECONDS = 2.0
"""Over which the speed is measured."""
_SHOWN_SECONDS = 0.5
"""Between two speeds that are shown, so that the number can be read."""
_BORDER_CELLS = 2
"""Of the width inside that a text in the border leaves to the border's line."""


class WritingPane(Widget):
    """Give it items with `feed`; set `sampling`, `paused` and `speed` to the current values.

    Args:
        ascii_only: draw with ASCII.
    """

    DEFAULT_CSS = """
    WritingPane {
        border: round $border;
        border-title-color: $foreground;
        border-subtitle-color: $text-muted;
        padding: 0 1;
        &.-ascii { border: ascii $border; }
    }
    """

    sampling: var[Sampling] = var(Sampling(), init=False)
    """How the next character is drawn."""
    paused: var[bool] = var(False, init=False)
    """Whether writing is paused."""
    speed: var[Speed] = var(80.0, init=False)
    """Characters a second that are asked for."""
    best: var[bool] = var(False, init=False)
    """Whether the next sample is to be written with the best weights rather than the newest."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._dot = f" {(ASCII if ascii_only else UNICODE).dot} "
        self._stream = TokenStream(ascii_only=ascii_only)
        self._meter = _Meter()
        self._measured: float | None = None
        self._measured_at = 0.0
        self._waiting = "the first weights"
        """What the writer waits for; empty while it writes."""
        self._failed = False
        """Whether no new weights will come."""
        self._sample: SampleStart | None = None
        """The beginning of the one on show."""
        self._border = ("", "")

    def compose(self) -> ComposeResult:
        """The text is all there is inside."""
        yield self._stream

    def on_mount(self) -> None:
        """Say that nothing is written yet."""
        self._show_state()

    def feed(self, items: list[Item], now: float) -> None:
        """Show what was written, as the buffer gave it at `now`, in seconds."""
        self._stream.append(items)
        for item in items:
            if isinstance(item, SampleEnd):
                self._waiting = item.waiting
            elif isinstance(item, SampleStart | Written):
                self._waiting = ""
            if isinstance(item, SampleStart) and not item.elsewhere:
                self._sample = item
        self._measure(sum(isinstance(item, Written) for item in items), now)
        self._show_state()

    @property
    def sample_text(self) -> str:
        """Seed and text of the sample on show, without marks; empty before the first."""
        return self._stream.transcript.newest_text

    @property
    def has_text(self) -> bool:
        """Whether there is any text."""
        return self._stream.transcript.height > 0

    @property
    def writing(self) -> bool:
        """Whether a sample is in progress."""
        return self._stream.transcript.writing

    def look(self, where: str) -> bool:
        """Scroll the text as `TokenStream.look` does; whether that changed anything."""
        return self._stream.look(where)

    def fail(self) -> None:
        """Show that no more weights will come: the engine has failed."""
        self._failed = True
        self._show_state()

    def watch_sampling(self) -> None:
        """Show it."""
        self._show_state()

    def watch_paused(self) -> None:
        """Show it and measure the speed again."""
        self._forget_speed()
        self._show_state()

    def watch_best(self) -> None:
        """Show it."""
        self._show_state()

    def watch_speed(self) -> None:
        """Show it and measure the speed again."""
        self._forget_speed()
        self._show_state()

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self._show_state()

    @on(TokenStream.FollowChanged)
    def _show_state(self) -> None:
        """Bring the border up to date; it is drawn only when its words change."""
        border = (self._title(), self._subtitle())
        if border != self._border and self.is_mounted:
            self._border = border
            self.border_title, self.border_subtitle = (Content(text) for text in border)

    def _title(self) -> str:
        states = [""]
        if self._failed and not self.has_text:
            states = ["not started"]
        elif self.paused:
            states = ["paused"]
        elif self._waiting:
            states = [f"waits for {'a key (g)' if self._failed else self._waiting}", "waits"]
        choices = [[weights, state] for weights in dict.fromkeys((self._weights(), "")) for state in states]
        return self._fitting([self._dot.join(filter(None, ("Writing", *choice))) for choice in choices])

    def _weights(self) -> str:
        """Which weights write, where it is not simply the newest."""
        sample = self._sample
        if sample is None or (not sample.best and not self.best):
            return ""
        if sample.best and self.best:
            return f"best, epoch {quantities.epochs(sample.epoch)}"
        return f"next: {'best' if self.best else 'newest'} weights"

    def _subtitle(self) -> str:
        parts = [f"temperature {self.sampling.short}"]
        speed = quantities.speed(self.speed)
        if new := self._stream.new_lines:
            lines = "line" if new == 1 else "lines"
            choices = [[f"{new} new {lines} below", "End"], [f"{new} new", "End"]]
        elif self._stream.following:
            now = [] if self._measured is None or self.paused or self._waiting else [f"now {self._measured:.0f}/s"]
            choices = [[", ".join([speed, *now])], [speed]]
        else:
            choices = [["End follows the text"], ["End"]]
        return self._fitting([self._dot.join(parts + choice) for choice in choices])

    def _fitting(self, texts: list[str]) -> str:
        """The first of `texts` that the border has room for; Textual would cut it with a sign that is not ASCII."""
        room = self.size.width - _BORDER_CELLS
        return next((text for text in texts if len(text) <= room), texts[-1])

    def _measure(self, characters: int, now: float) -> None:
        if self._waiting:
            self._forget_speed()
            return
        self._meter.add(characters, now)
        if now - self._measured_at >= _SHOWN_SECONDS:
            self._measured, self._measured_at = self._meter.rate, now

    def _forget_speed(self) -> None:
        self._meter = _Meter()
        self._measured = None


class _Meter:
    """Characters a second over the last moments."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, characters: int, now: float) -> None:
        """`characters` came at `now`, in seconds."""
        self._counts.append((now, characters))
        while now - self._counts[0][0] > _MEASURED_SECONDS:
            self._counts.popleft()

    @property
    def rate(self) -> float | None:
        """None until enough time has passed."""
        if not self._counts:
            return None
        seconds = self._counts[-1][0] - self._counts[0][0]
        return (sum(count for _, count in self._counts) - self._counts[0][1]) / seconds if seconds >= 0.4 else None
