"""EpochKeys: a walk through the epochs, each with what it wrote from the same seed and noise."""

from __future__ import annotations

from textual import on

from model.recipe import MOST_STREAMS
from tui.engine.messages import CopiesFound, EpochRead, EpochSamples
from tui.keys.key_commands import WriteEpochs
from tui.screens.key_actions.odds_keys import OddsKeys
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.loss_plot import LossPlot
from tui.widgets.training.training_pane import TrainingPane
from tui.widgets.writing.colour_legend import ColourLegend
from tui.widgets.writing.writing_pane import WritingPane

_KEYS = {"before": "epoch-before", "after": "epoch-after", "first": "first-epoch", "last": "last-epoch"}


class EpochKeys(OddsKeys):
    """The keys of the group "Epochs", and what other keys do while an epoch is looked at."""

    def action_walk(self, where: str) -> None:
        """Go to the epoch 'before' or 'after', to the 'first' or the 'last'."""
        if not self._works(_KEYS[where]):
            return
        view, was_live = self.time_lapse, self.time_lapse.epoch is None
        if not view.walk(where, [end.epoch for end in self.view.epoch_ends]):
            live = "This is the live text." + (" Press , for what the epochs wrote." if self.view.epoch_ends else "")
            self.notify(live if was_live else f"This is the {'last' if where == 'last' else 'first'} epoch.")
            return
        self._show_walk(was_live)

    def action_select_stream(self, steps: int) -> None:
        """Select the next stream or the one before; behind the last are the texts that there was no room for."""
        past = self.query_one(WritingPane).past
        stream, streams = self.session.selected + steps, len(self.session.samplings)
        if past is None or past.texts <= MOST_STREAMS or 0 <= stream < min(streams, len(past.parts)):
            super().action_select_stream(steps)
            return
        texts = min(streams, self.time_lapse.turn(steps, past.texts))
        self._select(0 if steps > 0 else texts - 1)
        self._show_epoch()

    @on(LossPlot.Clicked)
    def _look_at_clicked_place(self, message: LossPlot.Clicked) -> None:
        """Go to the epoch whose end is nearest to a place in the chart."""
        ends, steps = self.view.epoch_ends, self.view.steps_per_epoch or 1
        if ends:
            self._go_to(min(ends, key=lambda end: abs(end.step / steps - message.epochs)).epoch)

    @on(EventLog.Clicked)
    def _look_at_clicked_row(self, message: EventLog.Clicked) -> None:
        """Go to an epoch by its row in the table; from there, back to the live text."""
        if message.epoch == self.time_lapse.epoch:
            self.leave_epochs()
        elif any(end.epoch == message.epoch for end in self.view.epoch_ends):
            self._go_to(message.epoch)

    def _go_to(self, epoch: int) -> None:
        if self._works("epoch-before"):
            was_live, self.time_lapse.epoch = self.time_lapse.epoch is None, epoch
            self._show_walk(was_live)

    def _show_walk(self, was_live: bool) -> None:
        self._look_at(None)
        if was_live and self.session.pinned is not None:
            self.write_with_all_epochs(self.session.pinned)
        else:
            self._show_epoch()

    def action_live(self) -> None:
        """Return to the live text, or take the cursor away."""
        if self.time_lapse.epoch is None:
            super().action_live()
        else:
            self.leave_epochs()

    def _look_at(self, offset: int | None) -> None:
        """Place the cursor, which is of the live text alone."""
        if offset is None or self.time_lapse.epoch is None:
            super()._look_at(offset)

    def leave_epochs(self) -> None:
        """Show the live text, if the user looks at an epoch."""
        if self.time_lapse.walk("live", []):
            self._show_epoch()

    def write_with_all_epochs(self, seed: str) -> None:
        """Have every epoch that is kept write this seed, and show what they write."""
        self.time_lapse.ask(seed)
        self._engine.send(WriteEpochs(seed))
        self._show_epoch()

    @on(EpochSamples)
    def _take_samples(self, message: EpochSamples) -> None:
        if self.time_lapse.take(message.epochs, message.seed):
            self._show_epoch()

    def colour_epoch(self) -> None:
        """Have the epoch's texts read by its weights, if they are to have the colours of a unit."""
        unit = self.session.watched if self.session.colouring == "unit" else None
        if asked := self.time_lapse.to_read(unit):
            self._engine.send(asked)

    @on(EpochRead)
    def _take_reading(self, message: EpochRead) -> None:
        if self.time_lapse.take_reading(message.asked, message.activations):
            self._show_epoch()
            if message.problem:
                self.notify(message.problem)

    @on(CopiesFound)
    def _take_copies(self, message: CopiesFound) -> None:
        if self.time_lapse.take_novelty(message.asked, message.novelty):
            self._show_epoch()

    def _show_epoch(self) -> None:
        """Show the epoch that is looked at, in the text, the table and the chart."""
        if asked := self.time_lapse.to_seek():
            self._engine.send(asked)
        past = self.time_lapse.looked_at(self.view.epochs)
        if past is None and self.query_one(WritingPane).past is not None:
            self._engine.send(WriteEpochs(None))
        self.query_one(WritingPane).past = past
        self.query_one(ColourLegend).past = past is not None
        self.query_one(TrainingPane).choose_epoch(self.time_lapse.epoch)
        self.show_session()
