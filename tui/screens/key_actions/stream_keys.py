"""StreamKeys: which stream the keys steer, and whether it is seen alone."""

from __future__ import annotations

from time import monotonic

from textual import on

from tui.keys.key_commands import SelectStream, SetSampling, WriteNow
from tui.screens.key_actions.key_screen import KeyScreen
from tui.widgets.writing.stream_panel import StreamPanel


class StreamKeys(KeyScreen):
    """The keys of the group "Streams"."""

    def action_select_stream(self, steps: int) -> None:
        """Select the next stream (1) or the one before (-1)."""
        if self._works("next-stream"):
            self._select((self.session.selected + steps) % len(self.session.samplings))

    @on(StreamPanel.Chosen)
    def _select_clicked(self, message: StreamPanel.Chosen) -> None:
        if message.stream < len(self.session.samplings):  # a chained recipe's epochs have more texts than streams
            self._select(message.stream)

    def _select(self, stream: int) -> None:
        if stream != self.session.selected:
            self.session.selected = stream
            self._ask(SelectStream(stream))

    def action_same_for_all(self) -> None:
        """Draw all streams as the selected one is drawn."""
        session = self.session
        if not self._works("same-for-all"):
            return
        others = [stream for stream, sampling in enumerate(session.samplings) if sampling != session.sampling]
        for stream in others:
            self._ask(SetSampling(session.set_sampling(stream, session.sampling, monotonic()), stream))
        have = "have this sampling now" if others else "have this sampling already"
        self.notify(f"All streams {have}. They share seed and noise, so equal settings write equal text.")

    def _take_back_temperatures(self) -> bool:
        """Draw all streams at the recipe's temperatures, in new texts; whether keys had changed any."""
        recipes = self.session.recipe.temperatures
        changed = [
            (stream, sampling.changed("temperature", recipe))
            for stream, (sampling, recipe) in enumerate(zip(self.session.samplings, recipes, strict=False))
            if sampling.temperature != recipe
        ]
        for stream, sampling in changed:
            self._ask(SetSampling(self.session.set_sampling(stream, sampling, monotonic()), stream))
        if changed:
            self.leave_epochs()
            self._ask(WriteNow())
        return bool(changed)

    def action_zoom(self) -> None:
        """Show the selected stream alone, or all."""
        if self._works("zoom"):
            self.session.zoomed = not self.session.zoomed
            self.show_session()
