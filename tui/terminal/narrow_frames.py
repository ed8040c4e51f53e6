"""A frame draws only what has changed: Textual draws all widgets between the first change and the last anew."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class NarrowCompositor(Compositor):
    """Asks a widget only for rows that have changed and that no widget in front of it covers."""

    _changed: dict[int, list[tuple[int, int]]] | None = None
    """Of each row, the spans of columns that no widget has drawn yet; None while the whole screen is drawn."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed since the last frame."""
        self._changed = {}
        for y, start, end in self._regions_to_spans(self._dirty_regions):
            self._changed.setdefault(y, []).append((start, end))
        try:
            return super().render_partial_update()
        finally:
            self._changed = None

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if self._changed is None:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():  # those in front come first
            left, top, right, bottom = region.intersection(clip).corners
            rows = []
            for y, spans in self._changed.items():
                if top <= y < bottom and any(start < right and end > left for start, end in spans):
                    rows.append(y)
                    sides = [(start, min(end, left)) for start, end in spans]
                    sides += [(max(start, right), end) for start, end in spans]
                    self._changed[y] = [(start, end) for start, end in sides if start < end]
            if rows:
                part = Region(left, min(rows), right - left, max(rows) - min(rows) + 1)
                yield region, part, widget.render_lines(part.translate(-region.offset))
