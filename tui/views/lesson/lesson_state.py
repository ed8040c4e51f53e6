"""LessonState: where a user is in a lesson. Frozen; what happens makes another one of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from model.options.lessons.lesson import Lesson, Step
from tui.views.lesson.conditions import holds
from tui.views.training_view import TrainingView


@dataclass(frozen=True, slots=True)
class LessonState:
    """A step of a lesson, and what the user has done in it."""

    lesson: Lesson
    at: int = 0
    """The step's place, from 0."""
    done: bool = False
    """Whether what it waits for has happened; that stays so."""
    answered: bool = False
    """Whether its answer is shown."""
    chosen: int = 0
    """The number of the choice that was taken, from 1; 0 for none."""
    pressed: frozenset[str] = frozenset()
    """Ids of the actions whose keys have worked in this step."""
    warned: bool = False
    """Whether the user was told that what it waits for has not happened yet."""
    leaving: bool = False
    """Whether Escape was pressed, so that once more leaves the lesson."""
    kept: Mapping[str, float] = field(default_factory=dict)
    """Best held-out losses of earlier runs, by the names that steps gave them; none of runs that were left early."""
    early: bool = False
    """Whether the user did not wait for what a step waited for in this run, so that its losses may say something else
    than the lesson."""

    @property
    def step(self) -> Step:
        """The present one."""
        return self.lesson.steps[self.at]

    @property
    def asks(self) -> bool:
        """Whether a question stands that is not answered yet."""
        return bool(self.step.ask) and not self.answered

    @property
    def pauses(self) -> bool:
        """Whether training is to pause now."""
        return self.done and self.step.pause

    @property
    def waits_for_training(self) -> bool:
        """Whether training must go on now."""
        condition = self.step.condition
        return condition is not None and condition.kind != "key" and not self.done

    @property
    def skips_too_early(self) -> bool:
        """Whether going on now leaves out what the step waits for in the run, and nobody has said so."""
        return self.waits_for_training and not self.asks and not self.warned

    @property
    def choices(self) -> int:
        """How many answers can be chosen now."""
        return len(self.step.choices) if self.asks else 0

    @property
    def last(self) -> bool:
        """Whether this is the last step, and nothing of it is left to show."""
        return self.at == len(self.lesson.steps) - 1 and not self.asks

    def follow(self, view: TrainingView) -> LessonState:
        """After something has happened in the run."""
        condition = self.step.condition
        if self.done or condition is None or not holds(condition, view, self.pressed):
            return self
        return replace(self, done=True)

    def press(self, action: str) -> LessonState:
        """After the key of an action has worked."""
        return self if action in self.pressed else replace(self, pressed=self.pressed | {action})

    def answer(self, number: int = 0) -> LessonState:
        """After a choice was taken, or 0 where the user only wants to see the answer."""
        return replace(self, answered=True, chosen=number) if self.asks and number <= self.choices else self

    def go_on(self, view: TrainingView) -> LessonState | None:
        """What follows: the answer, the next step, or None after the last one."""
        if self.asks:
            return self.answer()
        if self.last:
            return None
        kept, early = self.kept, self.early or self.waits_for_training
        if self.step.keep and view.best and view.best.held_out is not None and not early:
            kept = {**kept, self.step.keep: view.best.held_out}
        return LessonState(self.lesson, self.at + 1, kept=kept, early=early and self.step.run is None)

    @property
    def next_run(self) -> Mapping[str, Any] | None:
        """What differs in the run that begins when this step is left; None if the run goes on."""
        return None if self.asks else self.step.run
