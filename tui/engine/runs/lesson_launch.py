"""The launch of a lesson: an ordinary new run with the lesson's text and recipe. It imports no NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tui.launch import Launch
from tui.views.lesson.lesson_state import LessonState

LESSON_RUN = "lesson-"
"""How the names of lessons' runs begin."""


def lesson_launch(launch: Launch, state: LessonState, changes: Mapping[str, Any] | None = None) -> Launch:
    """What begins a lesson, or its next run.

    Args:
        launch: for a new run; says where runs are kept and what trains them.
        state: where the user is in the lesson.
        changes: fields of the recipe that differ from the lesson's first run.
    """
    lesson = state.lesson
    return replace(
        launch,
        lesson_at=state.at,
        lesson_kept=tuple(state.kept.items()),
        corpus=(lesson.corpus,),
        recipe=lesson.recipe(changes),
        recipe_name=lesson.preset,
        free=frozenset(),
        stem=f"{LESSON_RUN}{lesson.name}",
        lesson=lesson.name,
        choose_run=False,
    )
