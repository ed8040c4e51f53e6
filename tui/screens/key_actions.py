"""KeyActions: what each key of the main screen does. A key that can do nothing says why."""

from __future__ import annotations

import asyncio
from datetime import datetime
from time import monotonic

from textual import work
from textual.screen import Screen

from corpora.safe_text import shown
from model.training_commands import Save
from tui.engine.protocol import Engine
from tui.keys.key_commands import (
    ChooseWeights,
    Command,
    HoldForShowing,
    PauseTraining,
    PauseWriting,
    Reseed,
    SetSampling,
    SetSpeed,
    WriteNow,
    WriteOne,
)
from tui.keys.keymap import BY_ID, actions_for
from tui.keys.refusals import Situation, refusal
from tui.keys.session import Session
from tui.launch import Launch
from tui.text.sample_files import save_sample, short_path
from tui.views import quantities
from tui.views.training_view import TrainingView
from tui.widgets.loss_chart import LossChart
from tui.widgets.writing_pane import WritingPane

_REPEAT_SECONDS = 3.0
"""For so long the same sentence is not said again: a key may be held down."""


class KeyActions(Screen[None]):
    """A screen whose keys steer an engine.

    Args:
        engine: takes the commands.
        launch: the settings at the start.
        view: what is known of the run.
    """

    def __init__(self, engine: Engine, launch: Launch, view: TrainingView) -> None:
        super().__init__()
        self.watching = launch.watches
        self.actions = actions_for(launch.recipe.temperatures, watching=self.watching)
        self.session = Session(launch.recipe.temperatures, launch.speed)
        self.view = view
        self.save_asked: int | None = None
        """The step at which the user asked for a checkpoint; None when it is answered."""
        self._engine = engine
        self._said = ("", 0.0)

    def show_session(self) -> None:
        """Show what the keys have changed."""
        raise NotImplementedError

    @property
    def situation(self) -> Situation:
        """What decides whether a key can do something now."""
        view, pane, chart = self.view, self.query_one(WritingPane), self.query_one(LossChart)
        return Situation(
            phase=view.phase,
            ending=view.finished.reason if view.finished else "",
            watching=self.watching,
            charted=view.progress is not None,
            chart_shown=chart.display,
            written=pane.has_text,
            writing=pane.writing,
            writing_paused=self.session.writing_paused,
        )

    def _works(self, identifier: str) -> bool:
        """Whether an action works now; where it does not, the user is told why."""
        if sentence := refusal(BY_ID[identifier], self.situation):
            self._say(sentence)
        return not sentence

    def _say(self, sentence: str) -> None:
        before, when = self._said
        now = monotonic()
        if sentence != before or now - when >= _REPEAT_SECONDS:
            self._said = sentence, now
            self.notify(sentence)

    def _complain(self, sentence: str) -> None:
        self.notify(sentence, severity="error", markup=False)

    def _ask(self, command: Command) -> None:
        self._engine.send(command)
        self.show_session()

    # Sampling

    def action_temperature(self, index: int) -> None:
        """Set one of the recipe's temperatures."""
        temperatures = self.session.temperatures
        if index < len(temperatures):
            self._set_setting("temperature", temperatures[index])
        else:
            self._say(f"Key {index + 1} has no temperature: this recipe has {len(temperatures)}.")

    def action_step_sampling(self, name: str, steps: int) -> None:
        """Raise a setting by so many of its steps, or lower it."""
        sampling = self.session.sampling
        before, after = sampling.to_plain()[name], sampling.stepped(name, steps).to_plain()[name]
        if before == after:
            self._say(f"The {name.replace('_', '-')} cannot be {'lower' if steps < 0 else 'higher'} than {before:g}.")
        else:
            self._set_setting(name, after)

    def _set_setting(self, name: str, value: float) -> None:
        if self._works("cooler"):
            self._ask(SetSampling(self.session.set_setting(name, value, monotonic())))

    # Writing

    def action_pause_writing(self) -> None:
        """Pause or resume writing."""
        if self._works("pause-writing"):
            self.session.writing_paused = not self.session.writing_paused
            self._ask(PauseWriting(self.session.writing_paused))

    def action_write_one(self) -> None:
        """Write one character while writing is paused."""
        if self._works("write-one"):
            self._ask(WriteOne())

    def action_reseed(self) -> None:
        """Start again from another random seed."""
        self._ask_for_text("reseed", Reseed(), "The first sample will start from a random seed")

    @work
    async def action_seed(self) -> None:
        """Let the user type a seed."""
        from tui.screens.seed import SeedScreen  # a text area is heavy; the first paint does not wait for it

        if not self._works("seed"):
            return
        text = await self.app.push_screen_wait(SeedScreen())
        if text is not None:
            self._ask_for_text("seed", Reseed(text), "The first sample will continue this seed")

    def action_write_now(self) -> None:
        """Start a new sample."""
        self._ask_for_text("write-now", WriteNow(), "The first sample will start by itself")

    def _ask_for_text(self, identifier: str, command: Command, promise: str) -> None:
        """Send a command for a sample; before the first one, say what it will do."""
        if not self._works(identifier):
            return
        if not self.query_one(WritingPane).has_text:
            self._say(f"{promise} when the first weights are ready.")
        self._ask(command)

    def action_weights(self) -> None:
        """Switch between best and newest weights."""
        if not self._works("weights"):
            return
        self.session.best_weights = best = not self.writes_best
        self._ask(ChooseWeights(best))
        if best and self.view.epoch_end is None:
            self.notify("The best weights are known after the first epoch. Until then, the newest write.")
        else:
            self.notify(f"From the next sample on, the {'best' if best else 'newest'} weights write.")

    @property
    def writes_best(self) -> bool:
        """Whether the next sample is written with the best weights."""
        chosen = self.session.best_weights
        return self.view.phase == "finished" if chosen is None else chosen

    def action_slower(self) -> None:
        """Set the next lower speed."""
        self._step_speed(-1, "This is the slowest speed.")

    def action_faster(self) -> None:
        """Set the next higher speed."""
        self._step_speed(+1, "The speed is unlimited already.")

    def _step_speed(self, step: int, at_the_end: str) -> None:
        if not self._works("slower"):
            return
        before = self.session.speed
        if self.session.step_speed(step) == before:
            self._say(at_the_end)
        else:
            self._ask(SetSpeed(self.session.speed))

    # Training

    def action_pause_training(self) -> None:
        """Pause or resume training."""
        if not self._works("pause-training"):
            return
        self.session.training_paused = self.view.pause_asked = paused = not self.session.training_paused
        self._ask(PauseTraining(paused))
        if not self.view.began:
            self._say("Training will pause before its first step." if paused else "Training will not pause.")

    def action_hold(self) -> None:
        """Let training wait for each epoch's samples, or stop that."""
        if not self._works("hold"):
            return
        self.session.hold = self.view.hold_asked = hold = not self.session.hold
        self._ask(HoldForShowing(hold))
        self.notify("Training waits for each epoch's samples." if hold else "Training no longer waits.")

    def action_checkpoint(self) -> None:
        """Save a checkpoint; a notice follows when it is on the disk."""
        view, failure = self.view, shown(self.view.save_failure or "", 500)
        if view.phase == "finished" and failure:
            self._complain(f"The last save failed. {failure}")
        elif view.phase == "finished" and not self.watching:
            self._say(f"{refusal(BY_ID['checkpoint'], self.situation)} Its last checkpoint is saved.")
        elif not self._works("checkpoint"):
            return
        elif not view.began or view.progress is None:
            self._say("There is nothing new to save yet.")
        elif view.run is None:
            self._complain(f"This run cannot be saved. {failure}")
        else:
            if view.save_failure is not None:
                self._complain(f"Saving fails: {shown(quantities.reason(view.save_failure))}. It is retried.")
            self.save_asked = view.progress.step
            self._ask(Save())

    def action_log_loss(self) -> None:
        """Change the scale of the chart."""
        if self._works("log-loss"):
            chart = self.query_one(LossChart)
            chart.logarithmic = not chart.logarithmic

    # The text

    def action_look(self, where: str) -> None:
        """Scroll the text: 'up', 'down', 'page_up', 'page_down', 'home' or 'end'."""
        if not self._works(where.replace("_", "-")):
            return
        if not self.query_one(WritingPane).look(where):
            self._say(f"This is the {'oldest' if where in ('up', 'page_up', 'home') else 'newest'} text.")
        self.show_session()

    def action_copy(self) -> None:
        """Copy the sample to the clipboard, by OSC 52."""
        if self._works("copy"):
            text = self.query_one(WritingPane).sample_text
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {quantities.count(len(text))} characters.")

    @work
    async def action_save(self) -> None:
        """Save the sample to a new file."""
        if not self._works("save"):
            return
        run = None if self.watching else self.view.run  # only the program that trains a run writes into its folder
        try:
            path = await asyncio.to_thread(save_sample, self.query_one(WritingPane).sample_text, run, datetime.now())
        except OSError as error:
            reason = error.strerror or str(error)
            self._complain(f"Not saved: {reason}. Check that the disk has room and the folder is writable.")
        else:
            self.notify(f"Saved to {shown(short_path(path), 500)}", markup=False)
