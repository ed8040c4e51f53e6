"""BaselineKeys: what counting writes, beside what the model writes from the same seed."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from tui.engine.messages import CountedText
from tui.keys.key_commands import WriteByCounts
from tui.screens.key_actions.key_screen import KeyScreen
from tui.views.baseline_words import baseline_titles
from tui.widgets.panels.baseline_panel import BaselinePanel
from tui.widgets.writing.writing_pane import WritingPane


class BaselineKeys(KeyScreen):
    """The key of the baselines."""

    _counted: WriteByCounts | None = None
    """What is shown, or was asked for; None while nothing is."""

    def action_baseline(self) -> None:
        """Show what the next order writes; after the last, none."""
        if self._works("baseline"):
            self.session.step_baseline()
            self.show_session()

    @on(BaselinePanel.Clicked)
    def _step_clicked(self) -> None:
        self.action_baseline()

    def show_counted(self) -> None:
        """Show the baseline that is chosen, from the seed and with the sampling of the selected stream in sight."""
        pane, order = self.query_one(WritingPane), self.session.baseline
        pane.baseline.shown = order is not None
        wanted = None
        if order is not None:
            pane.baseline.titles = baseline_titles(order, self.view.overtaking.baselines, self.session.unit)
            sampling, seed = replace(pane.panel.header.sampling, without_units=()), pane.panel.seed
            pane.baseline.sampling = sampling.short
            if seed is not None and pane.baseline.display:
                wanted = WriteByCounts(order, seed, sampling)
        if wanted == self._counted:
            return
        if wanted and self._counted is None:
            pane.baseline.say("The text is being counted.")
        self._engine.send(wanted or WriteByCounts(None, "", pane.panel.header.sampling))
        self._counted = wanted

    @on(CountedText)
    def _take_counted(self, message: CountedText) -> None:
        if message.asked != self._counted:
            return
        panel = self.query_one(WritingPane).baseline
        if message.problem:
            panel.say(message.problem)
        else:
            panel.show(message.items)
