"""TrainingKeys: what the trainer does, and how its chart is drawn."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.message import Message

from corpora.safe_text import shown
from model.runs.housekeeping.epoch_time import seconds_an_epoch
from model.training.steering.training_commands import Save, ScaleRate, StopAfterEpoch
from tui.keys.key_commands import HoldForShowing, PauseTraining
from tui.keys.keymap import BY_ID
from tui.keys.refusals import refusal
from tui.screens.key_actions.panel_keys import PanelKeys
from tui.views import quantities
from tui.views.runs.more_epochs import MoreEpochs
from tui.widgets.panels.chart_panel import ChartPanel
from tui.widgets.panels.chart_rows import ChartRows
from tui.widgets.training.loss_plot import LossPlot


class TrainingKeys(PanelKeys):
    """The keys of the group "Training", and the panel of the chart."""

    def action_pause_training(self) -> None:
        """Pause or resume training."""
        if not self._works("pause-training"):
            return
        if self.watching:  # the answer is an event of the run
            self._ask(PauseTraining(self.view.state != "paused"))
            return
        self.view.pause_asked = paused = self.session.toggle_training()
        self._ask(PauseTraining(paused))
        if not self.view.began:
            self.notify("Training will pause before its first step." if paused else "Training will not pause.")

    def action_hold(self) -> None:
        """Let training wait for each epoch's samples, or stop that."""
        if not self._works("hold"):
            return
        self.session.hold = self.view.hold_asked = hold = not self.session.hold
        self._ask(HoldForShowing(hold))
        self.notify("Training waits for each epoch's samples." if hold else "Training no longer waits.")
        self._say_if_both_wait()

    def action_scale_rate(self, identifier: str, factor: float) -> None:
        """Multiply the learning rate; the log tells from which step on."""
        if self._works(identifier):
            self._ask(ScaleRate(factor))
            if not self.view.began and not self.watching:
                self.notify(
                    f"The learning rate will be {'halved' if factor < 1 else 'doubled'} from the first step on."
                )

    def action_stop_after_epoch(self) -> None:
        """Let training stop after the epoch in progress, or take that back."""
        if not self._works("stop-after-epoch"):
            return
        if self.watching:
            self._ask(StopAfterEpoch(self.view.steering.last_epoch is None))
            return
        self.session.stop_planned = planned = not self.session.stop_planned
        self._ask(StopAfterEpoch(planned))
        if not self.view.began:
            self.notify("Training will stop after its first epoch." if planned else "Training will not stop early.")

    class LearnOn(Message):
        """The run is to take more epochs."""

        def __init__(self, run: MoreEpochs) -> None:
            self.run = run
            super().__init__()

    def action_learn_on(self) -> None:
        """Ask for more epochs."""
        view = self.view
        if self._works("learn-on") and view.run:
            name, pace = Path(view.run).name, seconds_an_epoch(view)
            run = MoreEpochs(view.run, name, view.whole_epochs, view.epochs, pace, view.epochs_done)
            self.post_message(self.LearnOn(run))

    def action_checkpoint(self) -> None:
        """Save a checkpoint; a notice follows when it is on the disk."""
        view, failure = self.view, shown(self.view.save_failure or "", 500)
        if view.phase == "finished" and failure:
            self._complain(f"The last save failed. {failure}")
        elif view.phase == "finished" and not self.watching:
            self.notify(f"{refusal(BY_ID['checkpoint'], self.situation)} Its last checkpoint is saved.")
        elif not self._works("checkpoint"):
            return
        elif not view.began or view.progress is None:
            self.notify("There is nothing new to save yet.")
        elif view.run is None:
            self._complain(f"This run cannot be saved. {failure}")
        else:
            if view.save_failure is not None:
                self._complain(f"Saving fails: {shown(quantities.reason(view.save_failure))}. It is retried.")
            self.save_asked = view.progress.step
            self._ask(Save())

    def action_unit(self) -> None:
        """Show losses in the next unit."""
        unit = self.session.step_unit()
        self.show_session()
        self.notify(f"Losses are shown {quantities.unit_words(unit)}.")

    @on(LossPlot.Rolled)
    def _zoom_chart(self, message: LossPlot.Rolled) -> None:
        """Show a shorter or longer last part of the run."""
        self.session.chart = self.session.chart.zoomed(message.steps)
        self.show_session()

    def action_chart(self) -> None:
        """Open the panel of the chart, or close it."""
        self.toggle_panel(ChartPanel, "chart")

    @on(ChartRows.Changed)
    def _draw_otherwise(self, message: ChartRows.Changed) -> None:
        self.session.chart, self.session.unit = message.settings, message.unit
        self.show_session()
