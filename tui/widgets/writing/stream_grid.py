"""StreamGrid: up to four streams beside and above each other, as there is room for them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.layout import DockArrangeResult

from model.recipe import MOST_STREAMS
from model.sampling import Sampling
from tui.engine.writing.items import Activations
from tui.terminal.glyphs import Glyphs
from tui.views.time_lapse_view import PastEpoch, PastText
from tui.widgets.writing.arrangement import arrangement
from tui.widgets.writing.stream_panel import StreamPanel


class StreamGrid(Container):
    """Say with `present` what is to be seen.

    Args:
        glyphs: the signs of the terminal.
        past: whether it shows what was written before, rather than what is being written.
    """

    DEFAULT_CSS = """
    StreamGrid {
        height: 1fr;
        layout: vertical;
        &.-grid { layout: grid; grid-size: 2; grid-rows: 1fr; grid-gutter: 0 2; }
        & .-whole-row { column-span: 2; }
    }
    """

    def __init__(self, glyphs: Glyphs, *, past: bool = False) -> None:
        super().__init__()
        self.panels = [StreamPanel(number, glyphs, past=past) for number in range(MOST_STREAMS)]
        """One for each stream that there may be; some may be out of sight."""
        self._streams, self._selected, self._zoomed = 1, 0, False
        self._past: PastEpoch | None = None
        """What is shown, without what became known later."""

    def compose(self) -> ComposeResult:
        """All panels."""
        yield from self.panels

    def show(self, past: PastEpoch) -> None:
        """Show an epoch's texts, instead of those of another; what becomes known of them later moves nothing."""
        texts = past._replace(activations=(), novelty=())
        if texts != self._past:
            self._past, nothing = texts, [PastText(Sampling(), ())] * MOST_STREAMS
            for panel, part in zip(self.panels, [*past.parts, *nothing], strict=False):
                panel.show(part, past.seed)
        for panel, said in zip(self.panels, past.activations, strict=False):
            panel.text.append([Activations(said, panel.number)])
        for panel, novelty in zip(self.panels, past.novelty, strict=False):
            panel.take_novelty(novelty)

    def present(self, streams: int, selected: int, *, zoomed: bool) -> None:
        """Show so many streams, one of them selected; or that one alone."""
        self._streams, self._selected, self._zoomed = streams, selected, zoomed
        self._share(self.size)

    @property
    def several_fit(self) -> bool:
        """Whether there is room for more than one stream; so it is taken to be as long as nothing has been drawn."""
        return not self.size or arrangement(self._streams, self.size.width, self.size.height, zoomed=False) != "alone"

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Share the room as it is now, so that what is drawn next is in its place."""
        self._share(size)
        self._clear_arrangement_cache()  # Textual's knows the room, and not whether the streams form a grid
        return super().arrange(size, optimal)

    def _share(self, room: Size) -> None:
        """Give each stream a place in the room that there is."""
        if not room:  # out of sight
            return
        streams, selected = self._streams, self._selected
        how = arrangement(streams, room.width, room.height, zoomed=self._zoomed)
        self.set_class(how == "grid", "-grid")
        for panel in self.panels:
            number, chosen = panel.number, panel.number == selected
            panel.present(
                selected=chosen,
                brief=how == "lines" and not chosen,
                in_sight=chosen or (number < streams and how != "alone"),
            )
            panel.set_class(how == "grid" and number == streams - 1 and streams % 2 == 1, "-whole-row")
