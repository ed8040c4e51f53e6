"""WritingPane: the streams of text, with the writer's state and speed in the border."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.reactive import var
from textual.widget import Widget

from model.recipe import FAST, Recipe
from model.sampling import Sampling
from tui.engine.messages import Part, StreamNovelty
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Seed, Written
from tui.launch import Speed
from tui.terminal.glyphs import UNICODE, Glyphs
from tui.text.colouring import Colouring
from tui.views.time_lapse_view import PastEpoch
from tui.views.writing_words import Standstill, in_border, state_words, subtitles, titles
from tui.widgets.explaining.asking import KEY, asking
from tui.widgets.panels.baseline_panel import BaselinePanel
from tui.widgets.writing.colour_legend import ColourLegend
from tui.widgets.writing.odds_panel import OddsPanel, rows_of
from tui.widgets.writing.seed_line import SeedLine
from tui.widgets.writing.speed_meter import SpeedMeter
from tui.widgets.writing.stream_grid import StreamGrid
from tui.widgets.writing.stream_panel import StreamPanel

_SEED_FROM_ROWS = 8
"""Inside the border, from which there is room for the seed."""


class WritingPane(Widget):
    """Give it items with `feed`; set what is marked as such to the current values.

    Args:
        recipe: tells how many streams there are.
        glyphs: the signs of the terminal.
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

    samplings: var[tuple[Sampling, ...]] = var((), init=False)
    """How the next character of each stream is drawn."""
    selected: var[int] = var(0, init=False)
    """The stream that keys steer."""
    zoomed: var[bool] = var(False, init=False)
    """Whether the selected stream is to be alone."""
    pinned: var[str | None] = var(None, init=False)
    """The seed that every showing continues."""
    paused: var[bool] = var(False, init=False)
    """Whether writing is paused."""
    speed: var[Speed] = var("auto", init=False)
    """Characters a second that are asked for."""
    odds_shown: var[bool] = var(False, init=False)
    """Whether what may come next is listed."""
    colouring: var[Colouring] = var("off", init=False)
    """What the colours of the text mean."""
    cursor: var[int | None] = var(None, init=False)
    """Characters of the selected stream's newest text before the cursor; None while it is not placed."""
    best: var[bool] = var(False, init=False)
    """Whether the next sample is to be written with the best weights rather than the newest."""
    standstill: var[Standstill] = var("", init=False)
    """Why no text comes yet, if there is a reason."""
    past: var[PastEpoch | None] = var(None, init=False)
    """What is shown instead of the live text, which goes on meanwhile."""

    def __init__(self, recipe: Recipe = FAST, glyphs: Glyphs = UNICODE) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii_only else None)
        self._dot = f" {glyphs.dot} "
        self._seed_line = SeedLine(glyphs)
        self._grid = StreamGrid(glyphs)
        self._past_grid = StreamGrid(glyphs, past=True)
        self.odds = OddsPanel(glyphs)
        """What may come next."""
        self.baseline = BaselinePanel(glyphs)
        """What counting writes."""
        self.legend = ColourLegend()
        self._streams, self._chained = 1, False
        self._meter = SpeedMeter()
        self._waiting = "the first weights"
        """What the writer waits for; empty while it writes."""
        self.failed: Part | None = None
        """What has stopped because of an error: no new weights come, or no more text."""
        self._border = ("", "")
        self.adopt(recipe)

    def compose(self) -> ComposeResult:
        """The seed of all streams, the streams, and what is known of them."""
        yield from (self._seed_line, self._grid, self.baseline, self.legend, self.odds)

    def on_mount(self) -> None:
        """Say that nothing is written yet."""
        self._arrange()
        self._show_state()

    def adopt(self, recipe: Recipe) -> None:
        """Have as many streams as a recipe asks for; before there is any text."""
        self._streams, self.odds.token = recipe.streams, recipe.token
        self.set_class(self._streams > 1, "-several")
        self._chained = recipe.chain_samples
        for panel, sampling in zip(self._grid.panels, recipe.samplings, strict=False):
            panel.header.sampling = sampling
        for panel in (*self._grid.panels, *self._past_grid.panels):
            panel.adopt(recipe)
        self._seed_line.of_a_line = recipe.lines
        self._arrange()

    def feed(self, items: Sequence[Item], now: float) -> None:
        """Show what was written, as the buffer gave it at `now`, in seconds."""
        of_streams: dict[int, list[Item]] = {}
        for item in items:
            of_streams.setdefault(item.stream, []).append(item)
            if isinstance(item, SampleStart | Written | SampleEnd):
                self._waiting = item.waiting if isinstance(item, SampleEnd) else ""
        for stream, its in of_streams.items():
            self._grid.panels[stream].feed(its)
        self._show_seed()
        if self._waiting:
            self._meter.forget()
        else:
            self._meter.take(items, now)
        self._show_state()

    def take_novelty(self, streams: Mapping[int, StreamNovelty]) -> None:
        """Show how new the texts of these streams are."""
        for stream, novelty in streams.items():
            self._grid.panels[stream].take_novelty(novelty)
        self._show_state()

    @property
    def panel(self) -> StreamPanel:
        """The selected stream's."""
        return self._grid_in_sight.panels[self.selected]

    @property
    def _grid_in_sight(self) -> StreamGrid:
        return self._grid if self.past is None else self._past_grid

    @property
    def seed(self) -> str | None:
        """That of the selected stream's newest sample; None before the first."""
        return self.panel.seed

    @property
    def sample_text(self) -> str:
        """Seed and text of the selected stream's newest sample, without marks; empty before the first."""
        return self.panel.text.transcript.newest_text

    @property
    def has_text(self) -> bool:
        """Whether there is any text, in any stream."""
        return any(panel.has_text for panel in self._grid.panels)

    @property
    def writing(self) -> bool:
        """Whether a sample is in progress, in any stream."""
        return any(panel.text.transcript.writing for panel in self._grid.panels)

    @property
    def several_fit(self) -> bool:
        """Whether there is room for more than one stream."""
        return self._grid_in_sight.several_fit

    def look(self, where: str) -> bool:
        """Scroll the selected text as `TokenStream.look` does; whether that changed anything."""
        return self.panel.text.look(where)

    def fail(self, part: Part) -> None:
        """Show that a part of the engine has failed."""
        if self.failed != "writing":
            self.failed = part
        self._show_state()

    def watch_samplings(self) -> None:
        """Show them."""
        for panel, sampling in zip(self._grid.panels, self.samplings, strict=False):
            panel.header.sampling = sampling
        self.odds.sampling = self.panel.header.sampling
        self._show_state()

    def watch_selected(self) -> None:
        """Mark it."""
        self.watch_cursor()
        self.odds.sampling = self.panel.header.sampling
        self._arrange()
        self._show_seed()
        self._show_state()

    def watch_zoomed(self) -> None:
        """Share the room anew."""
        self._arrange()

    watch_odds_shown = watch_zoomed

    def watch_pinned(self) -> None:
        """Show that it is pinned."""
        self._arrange()
        self._show_seed()

    def watch_colouring(self) -> None:
        """Colour all streams, and say what it means."""
        self.baseline.colouring = self.colouring
        for panel in (*self._grid.panels, *self._past_grid.panels):
            panel.text.colouring = self.colouring
        self.legend.colouring = self.colouring

    def watch_cursor(self) -> None:
        """Show it in the selected stream, and what can be chosen there."""
        for panel in self._grid.panels:
            panel.text.cursor = self.cursor if panel.number == self.selected else None
        self.odds.choosing = self.cursor is not None

    def watch_past(self) -> None:
        """Show an epoch's texts in the places of the live ones, or these again."""
        if self.past is not None:
            self._past_grid.show(self.past)
            self.call_next(self._mount_past)
        self._arrange()
        self._show_seed()
        self._show_state()

    async def _mount_past(self) -> None:
        if not self._past_grid.is_attached:
            async with self.batch():  # nothing is drawn before the texts are in their places
                await self.mount(self._past_grid, after=self._grid)

    def watch_paused(self) -> None:
        """Show it and measure the speed again."""
        self._meter.forget()
        self._show_state()

    watch_speed = watch_paused

    def watch_best(self) -> None:
        """Show it."""
        self._show_state()

    watch_standstill = watch_best

    def on_resize(self) -> None:
        """Show as much as there is room for."""
        self._arrange()
        self._show_state()

    def _arrange(self) -> None:
        past = self.past
        self._seed_line.chained = self._chained and past is None
        seeds = self._streams > 1 or self._chained or self.pinned is not None or past is not None
        self._seed_line.display = seeds and self.size.height >= _SEED_FROM_ROWS
        self.odds.display = self.odds_shown and past is None
        self.odds.styles.height = rows_of(self.size.height)
        self.baseline.fit(self.size.height - rows_of(self.size.height) * self.odds.display)
        self._grid.display, self._past_grid.display = past is None, past is not None
        self._grid.present(self._streams, self.selected, zoomed=self.zoomed)
        if past is not None:
            self._past_grid.present(past.streams, self.selected, zoomed=self.zoomed)

    def _show_seed(self) -> None:
        last, pinned = self.panel.text.transcript.last, self.pinned
        seed = Seed(self.past.seed, ()) if self.past else last.seed if last else None
        if pinned is not None and (self._streams == 1 or seed is None):
            seed = Seed(pinned, ())
        self._seed_line.seed, self._seed_line.pinned = seed, seed is not None and seed.asked == pinned

    def _show_state(self) -> None:
        """Bring the border up to date; it is drawn only when its words change."""
        border = (self._title(), self._subtitle())
        if border != self._border and self.is_mounted:
            self._border = border
            asked = ("time-lapse", KEY + "live") if self.past else ("best", "loop" if self.panel.advice else "speed")
            self.border_title, self.border_subtitle = map(asking, border, asked)

    def _title(self) -> str:
        if self.past is not None:
            return self._fitting(self.past.titles(self._dot, self.samplings))
        blank = self.writing and not self.panel.written
        why, paused, written = (self.failed, self._waiting, self.standstill), self.paused, self.has_text
        states = state_words(*why, paused=paused, written=written, blank=blank)
        return self._fitting(titles(states, self.panel.sample, self._dot, best=self.best))

    def _subtitle(self) -> str:
        if self.past is not None:
            return "esc: the live text"
        now = None if self.paused or self._waiting else self._meter.shown
        return self._fitting(subtitles(self.speed, now, self.panel.advice, self._dot))

    def _fitting(self, texts: list[str]) -> str:
        return in_border(texts, self.size.width)
