"""SamplerRows: the samplers of a stream in the order in which they are applied."""

from __future__ import annotations

from dataclasses import replace

from textual.message import Message
from textual.reactive import reactive

from model.sampling import Sampling
from tui.terminal.glyphs import Glyphs
from tui.widgets.panels.panel_rows import WIDE, PanelRows, Row

ORDER = "temperature_last"
"""The switch of the order, in the last row."""
_NO_EFFECT = " no effect"


class SamplerRows(PanelRows):
    """A row for each sampler, and one for their order."""

    sampling: reactive[Sampling] = reactive(Sampling())
    """The selected stream's."""

    class Changed(Message):
        """The user has set another sampling."""

        def __init__(self, sampling: Sampling) -> None:
            super().__init__()
            self.sampling = sampling

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("temperature", glyphs)

    @property
    def rows(self) -> tuple[str, ...]:
        """What stands in each row, from the top."""
        return (*self.sampling.order, ORDER)

    def row(self, name: str) -> Row:
        """A sampler with its value, or the order."""
        if name == ORDER:
            last = self.sampling.temperature_last
            program = f", as {'llama.cpp' if last else 'Hugging Face'}" if self.size.width >= WIDE else ""
            program = f",{_NO_EFFECT}" if name in self.sampling.idle else program
            return Row("order", f"temperature {'last' if last else 'first'}", stepped=False, note=program)
        on = name == "temperature" or self.sampling.has(name)
        note = " greedy" if name == "temperature" and not self.sampling.temperature else ""
        note = _NO_EFFECT if name in self.sampling.idle else note
        return Row(name.replace("_", "-"), self._spelled(name, on=on), on, note=note)

    def _spelled(self, name: str, *, on: bool) -> str:
        value = getattr(self.sampling, name)
        return "off" if not on else f"{value}" if isinstance(value, int) else f"{value:.2f}"

    def action_step(self, steps: int) -> None:
        """Raise the chosen setting by so many steps; one that is off is turned on."""
        name = self.chosen
        if name == ORDER or (name != "temperature" and not self.sampling.has(name)):
            self.action_switch()
        else:
            self._set(self.sampling.stepped(name, steps))

    def action_switch(self) -> None:
        """Turn the chosen sampler on or off; for the temperature, off is greedy."""
        name, sampling = self.chosen, self.sampling
        if name == "temperature":
            self._set(replace(sampling, temperature=0.0 if sampling.temperature else 1.0))
        else:
            self._set(sampling.turned(name, not sampling.has(name)))

    def _set(self, sampling: Sampling) -> None:
        if sampling != self.sampling:
            self.sampling = sampling
            self.post_message(self.Changed(sampling))
