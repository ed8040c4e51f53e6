"""OpeningLessons: the part of the app that begins a lesson, and its next run, as any other run is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from textual import on, work
from textual.app import SystemCommand

from corpora.safe_text import shown
from model.options.lessons.lesson import lessons
from tui.engine.runs.lesson_launch import lesson_launch
from tui.screens.key_actions.lesson_keys import LessonKeys
from tui.screens.shelf.opening_runs import OpeningRuns
from tui.views.lesson.lesson_state import LessonState


class OpeningLessons(OpeningRuns):
    """Lists the lessons in the command palette."""

    def lesson_commands(self) -> Iterator[SystemCommand]:
        """For the palette: the lessons, and leaving or going back to the one that was begun."""
        main = self.main
        if main.lesson_open:
            yield SystemCommand("Leave the lesson", "Close it; the run goes on.", main.leave_lesson)
        elif main.lesson is not None:
            title = main.lesson.lesson.title
            yield SystemCommand("Go on with the lesson", f"Return to: {title}.", main.return_to_lesson)
        ends = f" Saves and ends {shown(self.ending, 60)}." if self.ending else ""
        for lesson in lessons().values():
            yield SystemCommand(
                f"Lesson: {lesson.title}", lesson.purpose + ends, partial(self.begin_lesson, lesson.name)
            )

    def begin_lesson(self, name: str) -> None:
        """Begin a lesson with a run of its own."""
        self._open_lesson(LessonState(lessons()[name]), None)

    @on(LessonKeys.NextRun)
    def _go_on_with_lesson(self, message: LessonKeys.NextRun) -> None:
        self._open_lesson(message.state, message.changes)

    @work
    async def _open_lesson(self, state: LessonState, changes: Mapping[str, object] | None) -> None:
        from tui.screens.shelf.shelf_screen import ShelfScreen

        launch = lesson_launch(self.shelf.new_launch(), state, changes)
        if isinstance(self.screen, ShelfScreen):  # the list waits for a choice, perhaps at the start
            self.screen.dismiss(launch)
        elif not self._opening:
            await self._open(launch)
