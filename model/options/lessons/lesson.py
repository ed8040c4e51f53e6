"""Lesson: a guided experiment as its TOML file in this folder tells it. To add one, add a file and its name to NAMES.

A lesson sets up a run. Its steps say what to watch and what to do, and ask before they show an answer. In their texts,
`{odds}` is the key of that action of the keymap, `{best}` and `{last}` are held-out losses of the run, and `{small}` is
the best one of a run that a step has kept under that name. A test holds every lesson to what there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from textwrap import wrap
from typing import Any, NamedTuple

from model.options.recipe_options import recipe_with
from model.recipe import Recipe

NAMES = (
    "temperature", "noise-to-words", "counting", "by-heart", "collapse", "bigger", "samplers", "one-unit", "gates",
    "far-back", "words",
)  # fmt: skip
"""In the order of the list, which is a good one for a beginner."""

_COLUMNS = 80
"""Of the list."""

CONDITIONS: Mapping[str, type[int] | type[str] | None] = {
    "epoch": int,
    "rises": int,
    "beats": int,
    "worse than guessing": None,
    "rolled back": None,
    "ended": None,
    "key": str,
}
"""What a step can wait for, and what it is told: that epoch N has ended; that held-out has risen for N epochs since its
best; that it has fallen below counting of order N; that it, or the loss, is worse than guessing every character alike;
a rollback; the end of the run; that a key was pressed, by its action."""


class Condition(NamedTuple):
    """What a step waits for."""

    kind: str
    """One of CONDITIONS."""
    number: int = 0
    action: str = ""

    @classmethod
    def of(cls, words: str) -> Condition:
        """The condition of these words: 'epoch 2', 'key odds', 'rolled back'.

        Raises:
            ValueError: there is none like it.
        """
        if words in CONDITIONS and CONDITIONS[words] is None:
            return cls(words)
        kind, _, value = words.rpartition(" ")
        wanted = CONDITIONS.get(kind)
        if wanted is None or not value:
            raise ValueError(f"A step cannot wait for {words!r}.")
        return cls(kind, number=int(value)) if wanted is int else cls(kind, action=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One text of a lesson: something said, or a question with its answer."""

    say: str = ""
    until: str = ""
    """What it waits for, in the words of `Condition.of`; empty for nothing. The user can always go on."""
    wait: str = ""
    """What is said behind `say` until that has happened in the run; afterwards, how to go on stands there."""
    pause: bool = False
    """Whether training pauses when that has happened, until a later step waits for training, so that a fast computer
    does not show the answer before the question."""
    odds: bool = False
    """Whether it needs the odds on the screen, which open if the user has skipped the step that asked for them."""
    temperatures: bool = False
    """Whether it is about texts at the recipe's temperatures. Those that the user has changed are set again when it
    begins, and the texts begin again."""
    ask: str = ""
    """A question; then `say` is empty."""
    choices: tuple[str, ...] = ()
    """Its answers to choose from; none for an open question."""
    right: int = 0
    """The number of the right choice, from 1; 0 for an open question, and where the next run will tell."""
    answer: str = ""
    """What is shown after the user has answered."""
    keep: str = ""
    """The name under which the run's best held-out loss is kept for later texts, when the step is left."""
    run: Mapping[str, Any] | None = None
    """Fields of the recipe that differ from the lesson's in another run, which begins when the step is left."""

    @property
    def condition(self) -> Condition | None:
        """What it waits for."""
        return Condition.of(self.until) if self.until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A guided experiment."""

    name: str
    """For the command line."""
    title: str
    purpose: str
    """What it shows, in a sentence."""
    minutes: int
    """How long it takes at most, on two cores."""
    corpus: str
    """A text that needs no network."""
    preset: str
    """The recipe that `options` change."""
    steps: tuple[Step, ...]
    terms: tuple[str, ...] = ()
    """Words of its texts that `charlstm explain` knows."""
    about: tuple[str, ...] = ()
    """What a user may call it instead of its name."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the recipe."""

    def recipe(self, changes: Mapping[str, Any] | None = None) -> Recipe:
        """The recipe of its first run, or of a step's other run.

        Raises:
            RecipeError, TypeError: a field is wrong.
        """
        chosen = {**self.options, **(changes or {})}
        lists = {name: tuple(value) for name, value in chosen.items() if isinstance(value, list)}
        return recipe_with(self.preset, chosen | lists)


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson by its name."""
    import tomllib
    from importlib.resources import files

    folder = files("model.options.lessons")
    return {name: _lesson(name, tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8"))) for name in NAMES}


def lesson_names_near(name: str) -> list[str]:
    """Lessons that are called or about something like this, the nearest first."""
    sought = name.lower().replace(" ", "-")
    words = {word for each in lessons().values() for word in (each.name, *each.about)}
    near = [sought] if sought in words else get_close_matches(sought, words, n=2, cutoff=0.65)
    return [each.name for word in near for each in lessons().values() if word in (each.name, *each.about)][:2]


def lesson_list() -> list[str]:
    """A line or two for each lesson: its name, how long it takes, and what it shows."""
    lines = []
    for name, lesson in lessons().items():
        first, *others = wrap(lesson.purpose, _COLUMNS - 24)
        lines.append(f"{name:<16}{lesson.minutes:>2} min  {first}")
        lines += [" " * 24 + line for line in others]
    return lines


def _lesson(name: str, table: dict[str, Any]) -> Lesson:
    steps = tuple(Step(**_with_tuples(Step, step)) for step in table.pop("steps"))
    return Lesson(name=name, steps=steps, **_with_tuples(Lesson, table))


def _with_tuples(kind: type, table: dict[str, Any]) -> dict[str, Any]:
    lists = {each.name for each in fields(kind) if str(each.type).startswith("tuple")}
    return {name: tuple(value) if name in lists else value for name, value in table.items()}
