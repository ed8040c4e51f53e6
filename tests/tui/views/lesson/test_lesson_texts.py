"""Every lesson says only what there is: keys, terms, options, losses; and it is short."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import model.options.lessons
from corpora.catalogue import built_in
from model.options.explaining.explanations import find_explanation
from model.options.lessons.lesson import NAMES, Lesson, lesson_list, lesson_names_near, lessons
from model.recipe import FAST
from tests.tui.fake_engine import epoch_end
from tests.tui.views.lesson.test_lesson_conditions import lesson_of
from tui.keys.keymap import BY_ID
from tui.views.lesson.lesson_state import LessonState
from tui.views.lesson.lesson_words import BRACES, FIGURES, head, height, pieces, rows
from tui.views.training_view import TrainingView

EVERY = pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
VIEW = TrainingView(FAST, "fast")
"""Of a run of which nothing is known."""
MOST_ROWS = 3
"""Of text at 80 columns, so that the panes keep their room in a window of 24 rows."""


def texts(lesson: Lesson) -> str:
    return " ".join(" ".join((step.say, step.wait, step.ask, *step.choices, step.answer)) for step in lesson.steps)


def said(state: LessonState, view: TrainingView) -> str:
    return "".join(piece.text for piece in pieces(state, view))


def test_every_file_is_a_lesson() -> None:
    folder = Path(model.options.lessons.__path__[0])
    assert {path.stem for path in folder.glob("*.toml")} == set(NAMES)


@EVERY
def test_a_lesson_names_keys_terms_and_losses_that_there_are(lesson: Lesson) -> None:
    kept: set[str] = set()
    for step in lesson.steps:
        names = {name for text in (step.say, step.ask, step.answer) for name in BRACES.findall(text)}
        assert names <= BY_ID.keys() | set(FIGURES) | kept
        if step.condition and step.condition.kind == "key":
            assert step.condition.action in BY_ID
        if step.keep:
            kept.add(step.keep)
    assert [term for term in lesson.terms if find_explanation(term) is None or term not in texts(lesson)] == []


@EVERY
def test_a_lesson_can_be_run_offline_and_its_recipes_are_right(lesson: Lesson) -> None:
    assert lesson.corpus in built_in()
    assert lesson.recipe().guard is lesson.options.get("guard", True)
    for step in lesson.steps:
        if step.run is not None:
            assert lesson.recipe(step.run) != lesson.recipe()


@EVERY
def test_a_lesson_is_short_and_asks_before_it_answers(lesson: Lesson) -> None:
    assert 5 <= len(lesson.steps) <= 9
    assert lesson.minutes <= 5
    assert lesson.purpose.endswith(".")
    assert len(lesson.purpose) <= 100
    assert height(lesson, 78) <= MOST_ROWS
    assert any(step.ask for step in lesson.steps)
    for step in lesson.steps:
        assert bool(step.ask) is bool(step.answer) is not bool(step.say)
        assert bool(step.wait) is (step.condition is not None and step.condition.kind != "key")
        judged = bool(step.choices) and "run will tell" not in step.answer
        assert judged is (1 <= step.right <= len(step.choices))


def test_keys_are_those_of_the_keymap_and_losses_those_of_the_run() -> None:
    lesson = lesson_of(*lessons()["counting"].steps[:0], lessons()["temperature"].steps[1])
    view = TrainingView(FAST, "fast")
    assert "tab selects one; z shows it alone" in said(LessonState(lesson), view)
    collapse = LessonState(lessons()["collapse"], 3, answered=True)
    assert "(not known) at best" in said(collapse, view)
    for number, loss in enumerate((2.03, 33.0), start=1):
        view.apply(epoch_end(number, loss))
    assert "2.0300 nats at best, and is 33.0000 nats now" in said(collapse, view)


@EVERY
def test_a_step_asks_to_wait_until_that_has_happened_and_the_head_alone_then_says_what_enter_does(
    lesson: Lesson,
) -> None:
    waiting = [LessonState(lesson, at) for at, step in enumerate(lesson.steps) if step.wait]
    assert waiting
    for state in waiting:
        done = said(replace(state, done=True), VIEW)
        assert said(state, VIEW).endswith(f" {state.step.wait}")
        assert "wait " not in done.lower()
        assert "enter" not in done
        assert head(replace(state, done=True)).hint.startswith("enter ")


def test_losses_of_a_run_that_was_not_waited_for_say_so_and_are_not_compared_with() -> None:
    gates, view = lessons()["gates"], TrainingView(FAST, "fast")
    view.apply(epoch_end(1, 2.03))
    question, second = 1, 3
    skipped = LessonState(gates).go_on(view)
    assert skipped is not None
    assert "Held-out is 2.0300 nats so far." in said(skipped, view)
    run = replace(skipped, at=second, answered=True)
    assert run.next_run is not None
    later = run.go_on(view)
    assert later is not None
    assert (later.early, dict(later.kept)) == (False, {}), "another run"
    assert "was (unknown: left early)" in said(replace(later, lesson=lessons()["far-back"], at=2), view)
    waited = LessonState(gates, done=True).go_on(view)
    assert waited == LessonState(gates, question)
    assert "Held-out is 2.0300 nats." in said(waited, view)


def test_a_question_shows_its_choices_and_then_whether_that_was_right() -> None:
    state, view = LessonState(lessons()["temperature"], 2), TrainingView(FAST, "fast")
    assert ["".join(piece.text for piece in row) for row in rows(pieces(state, view), 78)] == [
        "Which of the four texts has the fewest spelling mistakes?",
        "1) at 0.2   2) at 1   3) at 1.2",
    ]
    assert head(state).hint == "1-3 answer  enter show the answer"
    assert said(state.answer(1), view).startswith("Right. At 0.2")
    assert said(state.answer(2), view).startswith("Not quite. At 0.2")
    assert said(state.answer(), view).startswith("At 0.2")
    assert said(LessonState(lessons()["gates"], 3).answer(1), view).startswith("You say 1. The run will tell.")


def test_lines_are_as_wide_as_there_is_room_and_choices_stay_whole() -> None:
    state, view = LessonState(lessons()["temperature"], 2), TrainingView(FAST, "fast")
    narrow = ["".join(piece.text for piece in row).rstrip() for row in rows(pieces(state, view), 20)]
    assert narrow[-2:] == ["1) at 0.2   2) at 1", "3) at 1.2"]
    assert all(len(row) <= 20 for row in narrow)


def test_the_list_names_every_lesson_with_its_purpose() -> None:
    listed = " ".join(" ".join(lesson_list()).split())
    assert all(f"{each.name} {each.minutes} min {each.purpose}" in listed for each in lessons().values())
    assert all(len(line) <= 80 for line in lesson_list())


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Temprature", "temperature"), ("overfitting", "by-heart"), ("learning rate", "collapse"), ("ngram", "counting")],
)
def test_an_unknown_lesson_is_meant_by_its_name_or_by_what_it_is_about(said: str, meant: str) -> None:
    assert lesson_names_near(said)[0] == meant
