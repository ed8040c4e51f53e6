"""LessonKeys: what keys do while a lesson is open; all others do what they always do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from textual import events, on
from textual.message import Message

from model.options.lessons.lesson import Step, lessons
from tui.keys.keymap import BY_ID
from tui.keys.refusals import refusal
from tui.keys.screen_settings import KeptLesson
from tui.launch import Launch
from tui.screens.key_actions.epoch_keys import EpochKeys
from tui.screens.key_actions.training_keys import TrainingKeys
from tui.views.lesson.lesson_state import LessonState
from tui.views.lesson.lesson_words import enter_does
from tui.widgets.lesson_strip import LessonStrip
from tui.widgets.panels.unit_rows import UnitRows

_OPEN = "-lesson"
"""The screen's class while a lesson is open."""


def lesson_of(launch: Launch) -> LessonState | None:
    """Where a launch begins in a lesson, or is in that of the run that it opens again; None without one."""
    if launch.lesson is not None:
        return LessonState(lessons()[launch.lesson], launch.lesson_at, kept=dict(launch.lesson_kept))
    kept = None if launch.watches else launch.kept.lesson
    lesson = lessons().get(kept.name) if kept else None
    if kept is None or lesson is None or kept.at >= len(lesson.steps):  # another version's
        return None
    return LessonState(lesson, kept.at, kept=dict(kept.losses))


class LessonKeys(EpochKeys, TrainingKeys):
    """Enter goes on, digits answer a question, and Escape twice leaves, unless the cursor or an epoch takes them."""

    lesson: LessonState | None = None
    """Where the user is in a lesson; it stays when the lesson is left."""

    _holds_training = False
    """Whether the lesson has paused training."""

    class NextRun(Message):
        """A lesson goes on with another run."""

        def __init__(self, state: LessonState, changes: Mapping[str, Any]) -> None:
            super().__init__()
            self.state, self.changes = state, changes

    @property
    def lesson_open(self) -> bool:
        """Whether a lesson is on the screen."""
        return self.lesson is not None and self.has_class(_OPEN)

    @property
    def lesson_waits(self) -> bool:
        """Whether Enter and digits are the lesson's: nothing else is open that takes them."""
        return self.lesson_open and self.session.cursor is None

    @property
    def kept_lesson(self) -> KeptLesson | None:
        """What the run's folder keeps of it, so that the run goes on with it when it is opened again."""
        if self.lesson is None or not self.lesson_open:
            return None
        return KeptLesson(self.lesson.lesson.name, self.lesson.at, tuple(self.lesson.kept.items()))

    def open_lesson(self, state: LessonState | None) -> None:
        """Begin a lesson, or go back to it; None opens none."""
        self.lesson = state
        self.set_class(state is not None, _OPEN)
        self.show_session()

    def return_to_lesson(self) -> None:
        """Go back to the lesson that was left."""
        self.open_lesson(self.lesson)

    def leave_lesson(self) -> None:
        """Leave it; it can be gone back to."""
        self.remove_class(_OPEN)
        self._stay_in_lesson()
        self._hold_training(False)
        self.show_session()
        self.notify("The lesson is closed. To go back to it, press ctrl+p and choose: Go on with the lesson.")

    def follow_lesson(self) -> None:
        """Something has happened: see whether the step is done, and show it."""
        if self.lesson is not None:
            paused, self.lesson = self.lesson.pauses, self.lesson.follow(self.view)
            if self.lesson.pauses and not paused and self.lesson_open:
                self._hold_training(True)
            self.query_one(LessonStrip).show(self.lesson, self.view, self.session.unit)

    def with_lesson(
        self, labels: dict[str, str], hidden: frozenset[str], urgent: frozenset[str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """What the footer hides and what it must not leave out, with the lesson's keys, which get their labels."""
        if not (self.lesson_waits and self.lesson):
            return hidden, urgent
        labels["choose"] = enter_does(self.lesson)
        if self.lesson.step.choices:
            hidden |= {action.id for action in self.actions if action.id.startswith("temperature-")}
        return hidden - {"choose"}, urgent | {"choose"}

    def action_answer(self, number: int) -> None:
        """Take a choice."""
        if self.lesson_open and self.lesson is not None:
            self.lesson = self.lesson.answer(number)
            self.show_session()

    def action_choose(self) -> None:
        """Go on in the lesson, or from the cursor with the marked character."""
        if not (self.lesson_waits and self.lesson is not None):
            super().action_choose()
            return
        if self.lesson.skips_too_early:
            self.lesson = replace(self.lesson, warned=True)
            self.notify("This step is not done yet: wait for it, or press enter once more to skip it.")
            return
        run, state = self.lesson.next_run, self.lesson.go_on(self.view)
        if state is None:
            self.remove_class(_OPEN)
            self.notify("This is the end of the lesson. The run is yours now; ctrl+p lists the other lessons.")
        elif run is not None:
            self.post_message(self.NextRun(state, run))
            return
        if state is not None and state.at > self.lesson.at:
            self._set_up(state.step)
        self.lesson = state or self.lesson
        if state is None or state.waits_for_training:
            self._hold_training(False)
        self.show_session()

    def _set_up(self, step: Step) -> None:
        """Show what a step is about."""
        if step.odds:
            self._show_odds(True)
        if step.temperatures and self._take_back_temperatures():
            self.notify("The texts begin again, at the lesson's temperatures.")

    def _hold_training(self, hold: bool) -> None:
        """Pause training for the lesson, or resume what the lesson has paused."""
        works = refusal(BY_ID["pause-training"], self.situation) is None
        if works and hold != self.session.training_paused and (hold or self._holds_training):
            self.action_pause_training()
            self._holds_training = hold
        elif not hold:
            self._holds_training = False

    def action_temperature(self, index: int) -> None:
        """Answer a question, or what the key does otherwise. In a question that is answered it must not steer."""
        if not (self.lesson_waits and self.lesson is not None and index < len(self.lesson.step.choices)):
            super().action_temperature(index)
        elif self.lesson.asks:
            self.action_answer(index + 1)
        else:
            self.notify("This question is answered. Press enter to go on.")

    def action_live(self) -> None:
        """Leave the lesson, if nothing else is open. Its line says so first: one Escape is soon too many."""
        session, epoch = self.session, self.time_lapse.epoch
        nothing_else = session.cursor is None and session.baseline is None and epoch is None
        if not (self.lesson_open and self.lesson is not None and nothing_else):
            super().action_live()
        elif self.lesson.leaving:
            self.leave_lesson()
        else:
            self.lesson = replace(self.lesson, leaving=True)
            self.follow_lesson()

    def on_key(self, event: events.Key) -> None:
        """With any other key, the user stays in the lesson."""
        if event.key != "escape":
            self._stay_in_lesson()

    def _stay_in_lesson(self) -> None:
        if self.lesson is not None and self.lesson.leaving:
            self.lesson = replace(self.lesson, leaving=False)
            self.follow_lesson()

    def _works(self, identifier: str) -> bool:
        works = super()._works(identifier)
        if works and identifier != "units":  # they have yet to be found
            self._press(identifier)
        return works

    @on(UnitRows.Looked)
    def _note_units(self) -> None:
        self._press("units")
        self.show_session()

    def _press(self, identifier: str) -> None:
        if self.lesson is not None:
            self.lesson = self.lesson.press(identifier)
