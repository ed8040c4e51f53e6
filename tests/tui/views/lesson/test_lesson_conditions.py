"""When a step of a lesson is done: conditions on folds of events."""

from __future__ import annotations

import math

import pytest

from model.options.lessons.lesson import Condition, Lesson, Step
from model.recipe import FAST
from model.training.events import Baselines, Event, RolledBack
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, epoch_end, progress
from tui.views.lesson.conditions import holds
from tui.views.lesson.lesson_state import LessonState
from tui.views.training_view import TrainingView

BASELINES = Baselines(uniform=4.04, orders=(3.0, 2.4, 1.95, 1.6), counted=540_803, token="character")


def after(*events: Event) -> TrainingView:
    view = TrainingView(FAST, "fast")
    for event in (CORPUS, COMPILED, *events):
        view.apply(event)
    return view


def falls_and_rises(*held_out: float) -> TrainingView:
    return after(*(epoch_end(number, loss) for number, loss in enumerate(held_out, start=1)))


@pytest.mark.parametrize(
    ("words", "not_yet", "now"),
    [
        ("epoch 2", falls_and_rises(1.9), falls_and_rises(1.9, 1.8)),
        ("rises 2", falls_and_rises(1.9, 1.7, 1.8), falls_and_rises(1.9, 1.7, 1.8, 1.75)),
        ("beats 2", after(BASELINES, epoch_end(1, 2.0)), after(BASELINES, epoch_end(1, 1.9))),
        ("beats 3", after(epoch_end(1, 1.0)), after(BASELINES, epoch_end(1, 1.5))),
        ("worse than guessing", after(progress(1, 9, loss=9.0), epoch_end(1, 4.0)), falls_and_rises(2.0, 4.2)),
        ("worse than guessing", after(progress(1, 9)), falls_and_rises(2.0, math.nan)),
        ("rolled back", falls_and_rises(1.9, 9.0), after(RolledBack(400, 264, 1, "the loss jumped", 0.5))),
        ("ended", falls_and_rises(1.9), after(epoch_end(1, 1.9), FINISHED)),
    ],
)
def test_a_condition_on_the_run_holds_once_that_has_happened(
    words: str, not_yet: TrainingView, now: TrainingView
) -> None:
    condition = Condition.of(words)
    assert not holds(condition, after(), ())
    assert not holds(condition, not_yet, ())
    assert holds(condition, now, ())


def test_a_key_counts_when_it_has_worked_in_the_step() -> None:
    state = LessonState(lesson_of(Step(say="a", until="key odds"), Step(say="b", until="key odds")))
    assert not state.press("zoom").follow(after()).done
    done = state.press("odds").follow(after())
    assert done.done
    following = done.go_on(after())
    assert following is not None
    assert not following.follow(after()).done


@pytest.mark.parametrize("words", ["epoch", "epoch two", "ended 3", "key", "applause", ""])
def test_a_condition_that_there_is_not_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"wait|invalid"):
        Condition.of(words)


def lesson_of(*steps: Step) -> Lesson:
    return Lesson(name="x", title="X", purpose="To see x.", minutes=1, corpus="manual", preset="fast", steps=steps)


def test_what_has_happened_stays_done_and_a_question_comes_before_its_answer() -> None:
    lesson = lesson_of(Step(say="Wait.", until="rises 1", pause=True), Step(ask="?", choices=("a", "b"), right=2))
    state = LessonState(lesson).follow(falls_and_rises(1.9, 2.0))
    assert state.done
    assert state.pauses
    assert state.follow(falls_and_rises(1.9, 2.0, 1.8)).done
    asked = state.go_on(after())
    assert asked is not None
    assert (asked.asks, asked.choices) == (True, 2)
    assert asked.answer(3) == asked
    answered = asked.answer(1)
    assert (answered.asks, answered.chosen, answered.choices) == (False, 1, 0)
    assert answered.answer(2) == answered
    assert answered.go_on(after()) is None
    shown = asked.go_on(after())
    assert shown is not None
    assert (shown.answered, shown.chosen) == (True, 0)


def test_a_kept_loss_is_the_best_of_its_run() -> None:
    state = LessonState(lesson_of(Step(say="a", keep="small", run={"hidden": 8}), Step(say="{small}")))
    following = state.go_on(falls_and_rises(1.9, 1.7, 1.8))
    assert following is not None
    assert following.kept == {"small": 1.7}
    assert state.next_run == {"hidden": 8}
    assert following.next_run is None
