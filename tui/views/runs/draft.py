"""Draft: a new run as the user has described it so far, with what is wrong in it. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from model.options.field_types import choices_of, spelled_out, type_of
from model.options.fields import options_of, read_value
from model.options.parser import escaped
from model.options.training_options import TrainingOptions
from model.recipe import DEFAULT_RECIPE, PRESETS, Recipe, RecipeError
from tui.launch import Launch

RECIPE_FIELDS = tuple(each.name for each in options_of(Recipe))
RUN_FIELDS = ("name", "seed_text", "max_seconds", "device")
"""Of TrainingOptions."""
FIELDS = {each.name: each for each in (*options_of(TrainingOptions), *options_of(Recipe))}
"""By name, with their help and bounds."""
TEXT_FIELDS = ("lowercase", "min_count", "text_length")
"""The recipe's fields with which the text is read."""
WORDS = ("name", "seed_text")
"""Fields in which any character may be typed."""
_FIRST_STEP = "600"
"""Where the arrows begin in a number of the run that is not set: seconds."""


@dataclass(frozen=True)
class Draft:
    """What a form holds. Values stay as they were typed until the run begins."""

    corpus: tuple[str, ...] = ()
    """As in TrainingOptions; empty for the default text."""
    preset: str = DEFAULT_RECIPE
    typed: Mapping[str, str] = field(default_factory=dict)
    """What differs from the preset and from the usual options, by field."""

    @classmethod
    def of(cls, corpus: tuple[str, ...], preset: str, recipe: Recipe, base: Launch) -> Self:
        """The draft of another run like this one.

        Args:
            corpus: its text.
            preset: the one that its recipe started from.
            recipe: its recipe.
            base: what the command line says of every run.
        """
        preset = preset if preset in PRESETS else DEFAULT_RECIPE
        empty = cls(corpus, preset)
        texts = {name: _spelled(getattr(recipe, name)) for name in RECIPE_FIELDS}
        texts |= {name: _spelled(value) for name in RUN_FIELDS if (value := getattr(base, name)) is not None}
        return replace(empty, typed={name: text for name, text in texts.items() if text != empty.usual(name)})

    def usual(self, name: str) -> str:
        """A field as the preset has it, or as it is without the option."""
        if name in RECIPE_FIELDS:
            return _spelled(getattr(PRESETS[self.preset], name))
        default = getattr(TrainingOptions(), name)
        return "" if default is None else _spelled(default)

    def text(self, name: str) -> str:
        """A field as it stands in the form."""
        return self.typed.get(name, self.usual(name))

    def changed(self, name: str) -> bool:
        """Whether the user has set a field."""
        return name in self.typed

    def choices(self, name: str) -> tuple[str, ...]:
        """What a field may be, if it is one of a few words."""
        kind = kind_of(name)
        return ("off", "on") if type_of(kind, name) is bool else choices_of(kind, name)

    def takes(self, name: str, character: str) -> bool:
        """Whether a character can be typed into a field."""
        if not character.isprintable() or self.choices(name):
            return False
        if name in WORDS:
            return True
        return character in "0123456789.-+e" or (character in " ," and name == "temperatures")

    def set(self, name: str, text: str) -> Draft:
        """With another text in a field; an empty one stands for the usual value."""
        others = {each: its for each, its in self.typed.items() if each != name}
        same = text == self.usual(name) or (not text and name not in WORDS)
        return replace(self, typed=others if same else {**others, name: text})

    def with_preset(self, preset: str) -> Draft:
        """With another preset; what the user has set stays, as on the command line."""
        other = Draft(self.corpus, preset)
        return replace(other, typed={name: text for name, text in self.typed.items() if text != other.usual(name)})

    def of_text(self, corpus: tuple[str, ...]) -> Draft:
        """With another text."""
        return replace(self, corpus=corpus)

    def with_values(self, values: Mapping[str, object]) -> Draft:
        """With other values in some fields."""
        draft = self
        for name, value in values.items():
            draft = draft.set(name, _spelled(value))
        return draft

    def stepped(self, name: str, steps: int) -> Draft:
        """With the next choice, or a larger (1) or smaller (-1) number in a field."""
        if choices := self.choices(name):
            place = choices.index(self.text(name)) if self.text(name) in choices else 0
            return self.set(name, choices[(place + steps) % len(choices)])
        kind = type_of(kind_of(name), name)
        if kind not in (int, float) or self.problem(name):
            return self
        if not self.text(name):
            return self.set(name, _FIRST_STEP)
        bounds = FIELDS[name].metadata
        value = read_value(kind_of(name), name, self.text(name))
        step = _step(value, kind, steps, bounds.get("low"), bounds.get("high"))
        return self.set(name, _spelled(step))

    def problem(self, name: str) -> str | None:
        """What is wrong with a field, in the words of the command line."""
        if name in RUN_FIELDS and not self.text(name):  # as without the option
            return None
        try:
            value = self._value(name)
            if name in RECIPE_FIELDS:
                replace(PRESETS[self.preset], **{name: value})
        except argparse.ArgumentTypeError as error:
            return f"{str(error)[0].upper()}{str(error)[1:]}."
        except RecipeError as error:
            return str(error)
        return None

    @property
    def problems(self) -> dict[str, str]:
        """All that is wrong, by field."""
        found = {name: self.problem(name) for name in self.typed}
        return {name: problem for name, problem in found.items() if problem}

    @property
    def recipe(self) -> Recipe | None:
        """The recipe; None while a field is wrong."""
        if self.problems:
            return None
        return replace(
            PRESETS[self.preset], **{name: self._value(name) for name in self.typed if name in RECIPE_FIELDS}
        )

    @property
    def reading(self) -> tuple[object, ...]:
        """What decides how the text is read."""
        return (self.corpus, *(self.text(name) for name in TEXT_FIELDS))

    def launch(self, base: Launch) -> Launch | None:
        """What begins the run; None while a field is wrong.

        Args:
            base: what is not in the form.
        """
        recipe = self.recipe
        if recipe is None:
            return None
        others: dict[str, Any] = {name: self._value(name) if self.text(name) else None for name in RUN_FIELDS}
        return replace(base, corpus=self.corpus, recipe_name=self.preset, recipe=recipe, **others)

    def _value(self, name: str) -> Any:
        return read_value(kind_of(name), name, self.text(name))


def kind_of(name: str) -> type:
    """The dataclass that a field belongs to."""
    return Recipe if name in RECIPE_FIELDS else TrainingOptions


def _spelled(value: object) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, tuple):
        return " ".join(map(_spelled, value))
    return escaped(value) if isinstance(value, str) else spelled_out(value)


def _step(value: float, kind: type, steps: int, low: float | None, high: float | None) -> float:
    """A share goes in tenths, any other number is doubled or halved."""
    if kind is float and high is not None and high <= 1:
        other = round(value + 0.1 * steps, 4)
    else:
        other = value * 2 if steps > 0 else value / 2
        other = max(1, int(other)) if kind is int and value else other or steps
    least, most = (-float("inf") if low is None else low), (float("inf") if high is None else high)
    return kind(min(most, max(least, other)))
