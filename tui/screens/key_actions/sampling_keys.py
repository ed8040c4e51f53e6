"""SamplingKeys: how the next character is drawn."""

from __future__ import annotations

from time import monotonic

from textual import on

from tui.keys.key_commands import SetSampling
from tui.screens.key_actions.panel_keys import PanelKeys
from tui.widgets.panels.sampler_panel import SamplerPanel
from tui.widgets.panels.sampler_rows import SamplerRows


class SamplingKeys(PanelKeys):
    """The keys of the group "Sampling", and the panel of samplers."""

    def action_temperature(self, index: int) -> None:
        """Set one of the recipe's temperatures."""
        temperatures = self.session.recipe.temperatures
        if index < len(temperatures):
            self._set_setting("temperature", temperatures[index])
        else:
            several = f"{len(temperatures)} temperatures: keys 1 to {len(temperatures)} set them."
            self.notify(f"This recipe has {several if len(temperatures) > 1 else 'one temperature: key 1 sets it.'}")

    def action_step_sampling(self, name: str, steps: int) -> None:
        """Raise a setting by so many of its steps, or lower it."""
        sampling = self.session.sampling
        before, after = getattr(sampling, name), getattr(sampling.stepped(name, steps), name)
        if before == after:
            self.notify(f"The {name.replace('_', '-')} cannot be {'lower' if steps < 0 else 'higher'} than {before:g}.")
        else:
            self._set_setting(name, after)

    def action_samplers(self) -> None:
        """Open the panel of samplers, or close it."""
        self.toggle_panel(SamplerPanel, "samplers")

    @on(SamplerRows.Changed)
    def _take_sampling(self, message: SamplerRows.Changed) -> None:
        stream = self.session.selected
        self._ask(SetSampling(self.session.set_sampling(stream, message.sampling, monotonic()), stream))

    def _set_setting(self, name: str, value: float) -> None:
        was_live = self.time_lapse.epoch is None
        if self._works("cooler"):
            sampling = self.session.set_setting(name, value, monotonic())
            self._ask(SetSampling(sampling, self.session.selected))
            if not was_live:
                self.notify(f"Back to the live text, which has {sampling.words} now.")
