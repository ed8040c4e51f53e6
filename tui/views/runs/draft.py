"""Draft: a new run as the user has described it so far, with what is wrong in it. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from corpora.catalogue import DEFAULT
from model.options.field_types import choices_of, meaningless, type_of
from model.options.fields import read_value
from model.options.recipe_options import FITTED, with_changes
from model.options.training_options import TrainingOptions, short_command_line
from model.recipe import DEFAULT_RECIPE, PRESETS, Recipe, RecipeError, preset
from tui.launch import Launch
from tui.views.runs.form_fields import (
    FIELDS,
    LISTS,
    RECIPE_FIELDS,
    RUN_FIELDS,
    TEXT_FIELDS,
    WORDS,
    kind_of,
    spelled,
)
from tui.views.runs.found_run import FoundRun
from tui.views.runs.next_values import next_number, next_run

_KINDS = ("network", "tokens")
"""Fields that decide what others usually are."""
_FIRST_STEP = "600"
"""Where the arrows begin in a number of the run that is not set: seconds."""


@dataclass(frozen=True)
class Draft:
    """What a form holds. Values stay as they were typed until the run begins."""

    corpus: tuple[str, ...] = ()
    """As in TrainingOptions; empty for the default text."""
    preset: str = DEFAULT_RECIPE
    """Empty for the recipe of the run that this one begins from."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """What differs from the preset and from the usual options, by field."""
    found: FoundRun | None = None
    """What was found of the run that stands in `from_`, or stood there."""
    runs: tuple[str, ...] = ()
    """Names of the runs that a run can begin from."""
    fitted: Mapping[str, str] = field(default_factory=dict)
    """Values that fit the text, of fields that the user has not set."""
    called: frozenset[str] = frozenset()
    """The fields of BESIDE_TEXT that were found to matter to the text; its name may tell of more."""

    @classmethod
    def of(
        cls, corpus: tuple[str, ...], preset: str, recipe: Recipe, base: Launch, fitted: Collection[str] = ()
    ) -> Draft:
        """The draft of another run like this one.

        Args:
            corpus: its text.
            preset: the one that its recipe started from.
            recipe: its recipe.
            base: what the command line says of every run.
            fitted: the fields that were fitted to its text.
        """
        preset = preset if preset in PRESETS else DEFAULT_RECIPE
        empty = cls(corpus, preset).set("network", recipe.network).set("tokens", recipe.tokens)
        texts = {name: spelled(getattr(recipe, name)) for name in RECIPE_FIELDS if name not in fitted}
        texts |= {name: spelled(value) for name in RUN_FIELDS if (value := getattr(base, name)) is not None}
        return replace(empty, typed={name: text for name, text in texts.items() if text != empty.usual(name)})

    @property
    def origin(self) -> FoundRun | None:
        """The run that this one begins from, as far as it has been found and can serve."""
        found = self.found if self.typed.get("from_") and self._is_looked_up else None
        return found if found and found.recipe else None

    @property
    def _is_looked_up(self) -> bool:
        """Whether it is known if the run in `from_` can serve, if there is one."""
        if not (reference := self.typed.get("from_", "")):
            return True
        return self.found is not None and (self.found.reference, self.found.weights) == (reference, self._weights)

    @property
    def to_look_up(self) -> tuple[str, Literal["best", "newest"]] | None:
        """The run in `from_` and which of its weights, if they are still to be found."""
        return None if self._is_looked_up else (self.typed["from_"], self._weights)

    @property
    def _weights(self) -> Literal["best", "newest"]:
        return "newest" if self.typed.get("from_weights") == "newest" else "best"

    @property
    def presets(self) -> tuple[str, ...]:
        """The presets to choose from; the empty one is the recipe of the run in `from_`."""
        return ("", *PRESETS) if self.typed.get("from_") else (*PRESETS,)

    @cached_property
    def base(self) -> Recipe:
        """The recipe that what is set changes."""
        origin = self.origin
        if origin is None or origin.recipe is None:
            kinds = {name: self.typed[name] for name in _KINDS if name in self.typed}
            return preset(self.preset or DEFAULT_RECIPE, **kinds)
        network = {name: getattr(origin.recipe, name) for name in origin.settled}
        if not self.preset:
            return replace(origin.recipe, encoding="")  # that of its own text
        return replace(preset(self.preset, origin.recipe.network, origin.recipe.tokens), **network)

    def settled(self, name: str) -> bool:
        """Whether the weights that the run begins with decide a field."""
        return self.origin is not None and name in self.origin.settled

    @property
    def free(self) -> frozenset[str]:
        """The fields that fit themselves to the text."""
        return self._fitting - self.typed.keys()

    @property
    def _fitting(self) -> frozenset[str]:
        """The fields that would if they were not set; of another run's recipe, those that were fitted there."""
        if self.preset or not self.typed.get("from_"):
            return frozenset(FITTED)
        return self.origin.fitted if self.origin else frozenset()

    def fits(self, name: str) -> bool:
        """Whether what stands in a field was fitted to the text."""
        return name in self.fitted and name in self.free

    def usual(self, name: str) -> str:
        """A field as the recipe has it, for the kinds of network and tokens that are chosen, as it fits the text, or as
        it is without the option.
        """
        if name in self.fitted and name in self._fitting:
            return self.fitted[name]
        if name in _KINDS and self.origin is None:
            return getattr(PRESETS[self.preset or DEFAULT_RECIPE], name)
        if name in RECIPE_FIELDS:
            return spelled(getattr(self.base, name))
        default = getattr(TrainingOptions(), name)
        return "" if default is None else spelled(default)

    def text(self, name: str) -> str:
        """A field as it stands in the form."""
        return self.usual(name) if self.settled(name) else self.typed.get(name, self.usual(name))

    @cached_property
    def recipe_fields(self) -> tuple[str, ...]:
        """The fields of the recipe that mean something to what is chosen in others."""
        without = meaningless(Recipe, self.text)
        return tuple(name for name in RECIPE_FIELDS if name not in without)

    def changed(self, name: str) -> bool:
        """Whether the user has set a field; one that means nothing to what is chosen waits for another choice."""
        means = name not in RECIPE_FIELDS or name in self.recipe_fields
        return means and name in self.typed and not self.settled(name)

    def choices(self, name: str) -> tuple[str, ...]:
        """What a field may be, if it is one of a few words."""
        if self.settled(name):
            return ()
        kind = kind_of(name)
        return ("off", "on") if type_of(kind, name) is bool else choices_of(kind, name)

    def takes(self, name: str, character: str) -> bool:
        """Whether a character can be typed into a field."""
        if not character.isprintable() or self.choices(name) or self.settled(name):
            return False
        if name in WORDS:
            return True
        return character in "0123456789.-+e" or (character in " ," and name in LISTS)

    def set(self, name: str, text: str) -> Draft:
        """With another text in a field; an empty one stands for the usual value."""
        if self.settled(name):
            return self
        others = {each: its for each, its in self.typed.items() if each != name}
        same = text == self.usual(name) or (not text and name not in WORDS)
        draft = replace(self, typed=others if same else {**others, name: text})
        if name in _KINDS:  # which decide what else is usual
            return draft._without_usual()
        if name != "from_" or bool(text) == bool(self.typed.get(name)):
            return draft
        return draft.with_preset("" if text else self.preset or DEFAULT_RECIPE)

    def with_preset(self, preset: str) -> Draft:
        """With another preset; what the user has set stays, as on the command line."""
        other = replace(self, preset=preset)
        if not preset and other.origin is None:  # what is usual is not known yet
            return other
        return other._without_usual()

    def _without_usual(self) -> Draft:
        return replace(self, typed={name: text for name, text in self.typed.items() if text != self.usual(name)})

    def of_text(self, corpus: tuple[str, ...]) -> Draft:
        """With another text, whose encoding is its own."""
        typed = {name: text for name, text in self.typed.items() if name != "encoding" or corpus == self.corpus}
        return replace(self, corpus=corpus, typed=typed, fitted={}, called=frozenset())

    def with_fitted(self, values: Mapping[str, object]) -> Draft:
        """With what fits the text where the user has set nothing."""
        return replace(self, fitted={name: spelled(value) for name, value in values.items()})

    def with_values(self, values: Mapping[str, object]) -> Draft:
        """With other values in some fields."""
        draft = self
        for name, value in values.items():
            draft = draft.set(name, spelled(value))
        return draft

    def stepped(self, name: str, steps: int) -> Draft:
        """With the next choice, or a larger (1) or smaller (-1) number in a field; in `from_`, with the next run."""
        if name == "from_":
            return self.set(name, next_run(self.text(name), self.runs, steps))
        if choices := self.choices(name):
            place = choices.index(self.text(name)) if self.text(name) in choices else 0
            return self.set(name, choices[(place + steps) % len(choices)])
        kind = type_of(kind_of(name), name)
        if kind not in (int, float) or self.settled(name) or self.problem(name):
            return self
        if not self.text(name):
            return self.set(name, _FIRST_STEP)
        bounds = FIELDS[name].metadata
        value = read_value(kind_of(name), name, self.text(name))
        step = next_number(value, kind, steps, bounds.get("low"), bounds.get("high"))
        return self.set(name, spelled(step))

    def problem(self, name: str) -> str | None:
        """What is wrong with a field, in the words of the command line."""
        if self.settled(name) or (name in RUN_FIELDS and not self.text(name)):  # as without the option
            return None
        if name == "from_":
            return self.found.words if self.found and self._is_looked_up and self.found.recipe is None else None
        try:
            value = self._value(name)
            if name in RECIPE_FIELDS:
                replace(self.base, **{name: value})
        except argparse.ArgumentTypeError as error:
            return f"{str(error)[0].upper()}{str(error)[1:]}."
        except RecipeError as error:
            return str(error)
        return None

    @property
    def problems(self) -> dict[str, str]:
        """All that is wrong, by field."""
        found = {name: self.problem(name) for name in self.typed if self.changed(name)}
        return {name: problem for name, problem in found.items() if problem}

    @property
    def recipe(self) -> Recipe | None:
        """The recipe; None while a field is wrong, or the run that it begins from is looked up."""
        if self.problems or not self._is_looked_up:
            return None
        set_here = [name for name in self.typed if name in RECIPE_FIELDS and self.changed(name)]
        return with_changes(self.base, {name: self._value(name) for name in set_here})

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
        origin, corpus = self.origin, self.corpus
        if origin is None:
            others |= {"from_": None, "from_weights": "best"}
        elif not corpus:
            corpus = (DEFAULT,)  # without a text, that run's would be read
        preset = self.preset or (origin.recipe_name if origin else DEFAULT_RECIPE)
        return replace(base, corpus=corpus, recipe_name=preset, recipe=recipe, free=self.free, **others)

    def words(self, base: Launch) -> list[str]:
        """What begins the run, as the words behind the program's name; none while a field is wrong."""
        launch = self.launch(base)
        if launch is None:
            return []
        base_recipe = None if self.origin is None else self.base
        free = frozenset(FITTED) - self.typed.keys()
        return short_command_line(replace(launch, recipe_name=self.preset, free=free), base_recipe)

    def _value(self, name: str) -> Any:
        return read_value(kind_of(name), name, self.text(name))
