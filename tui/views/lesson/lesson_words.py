"""What a lesson says now: its text with the keymap's own keys and the run's own numbers in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from model.options.lessons.lesson import Lesson
from model.recipe import DEFAULT_RECIPE, Recipe
from tui.keys.action import shown_key
from tui.keys.keymap import BY_ID
from tui.views import quantities
from tui.views.lesson.lesson_state import LessonState
from tui.views.quantities import Unit
from tui.views.training_view import TrainingView

BRACES = re.compile(r"\{([^{}]+)\}")
FIGURES = ("best", "last")
"""Names in braces that are held-out losses of the run."""
_WIDEST = 110
"""Cells of a line; longer ones are hard to read."""
_UNKNOWN = "(not known)"
_LEFT_EARLY = "(unknown: left early)"


class Piece(NamedTuple):
    """A part of what is said."""

    text: str
    kind: Literal["words", "key", "choice", "right", "wrong"] = "words"
    number: int = 0
    """Of the choice."""


def pieces(state: LessonState, view: TrainingView, unit: Unit = "nats") -> list[Piece]:
    """What the lesson says now."""
    step = state.step
    if not step.ask:
        said = list(_filled(step.say, state, view, unit))
        if step.wait and not state.done:
            said.append(Piece(f" {step.wait}"))
        return said
    if not state.answered:
        said = list(_filled(step.ask, state, view, unit))
        for number, choice in enumerate(step.choices, start=1):
            said += [Piece("   " if number > 1 else "\n"), Piece(f"{number}) {choice}", "choice", number)]
        return said
    return [*_verdict(state), *_filled(step.answer, state, view, unit)]


def _verdict(state: LessonState) -> list[Piece]:
    if not state.chosen:
        return []
    if not state.step.right:
        return [Piece(f"You say {state.chosen}. ")]
    return [Piece("Right. ", "right") if state.chosen == state.step.right else Piece("Not quite. ", "wrong")]


class Head(NamedTuple):
    """The line above the text."""

    title: str
    """Which lesson this is, and how far the user is in it."""
    done: bool
    """Whether what the step waits for has happened."""
    hint: str
    """What Enter does; empty while the user is about to leave."""
    next: bool
    """Whether it is time for that."""
    leaves: str
    """What Escape does."""


def head(state: LessonState) -> Head:
    """The line above the text."""
    title = f"{state.lesson.title}: step {state.at + 1} of {len(state.lesson.steps)}"
    is_time = state.done or not state.step.until
    if state.leaving:
        return Head(title, state.done, "", is_time, "esc once more leaves the lesson")
    return Head(title, state.done, _hint(state), is_time, "esc leaves")


def enter_does(state: LessonState) -> str:
    """What the key Enter does now."""
    if state.asks:
        return "show the answer"
    if state.last:
        return "end the lesson"
    if state.step.run is not None:
        return "begin the next run"
    return "skip" if state.step.until and not state.done else "go on"


def _hint(state: LessonState) -> str:
    return (f"1-{state.choices} answer  " if state.choices else "") + f"enter {enter_does(state)}"


def rows(said: Sequence[Piece], width: int) -> list[list[Piece]]:
    """Lines of at most `width` cells, and no longer than is good to read; keys and choices are not broken."""
    lines: list[list[Piece]] = [[]]
    room = width = min(width, _WIDEST)
    for piece in said:
        for word in re.findall(r"\n| +|[^ \n]+", piece.text) if piece.kind == "words" else [piece.text]:
            if word == "\n" or (len(word) > room and lines[-1]):
                lines.append([])
                room = width
            if word.isspace() and not lines[-1]:
                continue
            lines[-1].append(piece._replace(text=word))
            room -= len(word)
    return lines


def height(lesson: Lesson, width: int) -> int:
    """Lines that the longest text of a lesson takes, so that the panes above keep their size from step to step."""
    view = TrainingView(Recipe(), DEFAULT_RECIPE)
    states = [
        LessonState(lesson, at, done=done, answered=done and bool(step.ask), chosen=len(step.choices))
        for at, step in enumerate(lesson.steps)
        for done in (False, True)
    ]
    return max(len(rows(pieces(state, view), width)) for state in states)


def _filled(text: str, state: LessonState, view: TrainingView, unit: Unit) -> Iterator[Piece]:
    for place, part in enumerate(BRACES.split(text)):
        if place % 2 == 0:
            yield Piece(part)
        elif part in BY_ID:
            yield Piece(shown_key(BY_ID[part].keys[0]), "key")
        else:
            yield Piece(_figure(part, state, view, unit))


def _figure(name: str, state: LessonState, view: TrainingView, unit: Unit) -> str:
    if name in FIGURES:
        end = view.best if name == "best" else view.epoch_end
        nats = end.held_out if end else None
    elif (nats := state.kept.get(name)) is None:
        return _LEFT_EARLY
    if nats is None:
        return _UNKNOWN
    return quantities.loss_words(nats, unit) + " so far" * (state.early and name in FIGURES)
