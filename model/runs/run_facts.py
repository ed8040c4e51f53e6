"""RunFacts: what a run is trained on and how, as recipe.toml keeps it. Nothing here imports JAX."""

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import CharlstmError, system_reason
from corpora.safe_text import shown
from model.options.recipe_file import from_plain, to_toml, toml_value
from model.options.recipe_options import FITTED
from model.recipe import FAST, PRESETS, Recipe, RecipeError, preset
from model.runs.continuing.begun_from import BegunFrom
from model.runs.files.atomic_files import read_file, write_file
from model.runs.files.places import Place

RECIPE = "recipe.toml"
"""The file of a run with its facts."""


class RunError(CharlstmError):
    """A run cannot be made, found, read or written to. The message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The content of recipe.toml."""

    corpus: str
    """The corpus's name."""
    corpus_spec: tuple[str, ...]
    """What names the corpus, as `corpora.open_corpus` takes it; empty if it is not known."""
    recipe_name: str
    """The preset that the recipe started from."""
    recipe: Recipe
    created: datetime
    begun_from: BegunFrom | None = None
    """Whose weights it began with; None for its own."""
    id: str = ""
    """The run's own, in its checkpoints and lines as well; empty in runs of an earlier version."""
    fitted: tuple[str, ...] = ()
    """Fields of the recipe that were fitted to the size of the text, not set; none in runs of an earlier version."""

    @property
    def kind(self) -> tuple[str, ...]:
        """Its network and its tokens, where they are not those of its preset: `('gru', 'words')`."""
        usual = PRESETS.get(self.recipe_name, FAST)
        both = ((self.recipe.network, usual.network), (self.recipe.tokens, usual.tokens))
        return tuple(own for own, other in both if own != other)

    @property
    def unfitted(self) -> Recipe:
        """The recipe as it was before it was fitted to the text, for another text."""
        if self.recipe_name not in PRESETS:
            return self.recipe
        usual = preset(self.recipe_name, self.recipe.network, self.recipe.tokens)
        return replace(self.recipe, **{name: getattr(usual, name) for name in self.fitted if name in FITTED})


@dataclass(frozen=True, slots=True)
class _RunTable:
    recipe: str
    created: datetime
    id: str = ""
    fitted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _CorpusTable:
    name: str
    spec: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _RecipeFile:
    """The tables of recipe.toml that are read; others are ignored."""

    run: _RunTable
    corpus: _CorpusTable
    recipe: dict[str, Any]
    begun_from: BegunFrom | None = None


def read_facts(path: Path) -> RunFacts:
    """Read recipe.toml.

    Raises:
        RunError: it is missing or wrong.
    """
    try:
        file = msgspec.convert(tomllib.loads(read_file(path).decode("utf-8")), _RecipeFile)
        recipe = from_plain(file.recipe)
    except OSError as error:
        raise cannot_read(path, error) from error
    except RecipeError as error:
        raise RunError(f"{shown_path(path)} is wrong: {error}") from error
    except msgspec.ValidationError as error:
        reason = f"a value is missing or of the wrong type: {shown(str(error))}"
        raise RunError(f"{shown_path(path)} is damaged: {reason}.") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{shown_path(path)} is damaged: {shown(str(error))}.") from error
    run = file.run
    return RunFacts(
        file.corpus.name, file.corpus.spec, run.recipe, recipe, run.created, file.begun_from, run.id, run.fitted
    )


def id_in(text: bytes) -> str:
    """The run's id in a recipe.toml; empty where there is none, or it cannot be read."""
    try:
        found = tomllib.loads(text.decode("utf-8"))["run"].get("id", "")
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def set_epochs(path: Place, epochs: int) -> None:
    """Write another number of epochs into recipe.toml, if it is another.

    Raises:
        RunError: it cannot be read or written.
    """
    try:
        text = read_file(path).decode()
        changed = re.sub(r"(?m)^([ \t]*epochs[ \t]*=[ \t]*)[+\w]+", rf"\g<1>{epochs}", text)
        if changed != text:
            write_file(path, [changed.encode()])
    except (OSError, UnicodeError) as error:
        raise RunError(f"{shown_path(path.path)} cannot be changed: {system_reason(error)}.") from error


def to_text(name: str, facts: RunFacts) -> str:
    """The text of recipe.toml for a run of this name."""
    return f"""\
# A run of charlstm: what it is trained on, and how. The epochs and all about samples may be edited here, and count
# when the run is resumed. To change anything else, begin another run from its weights: --from.

[run]
name = {toml_value(name)}
recipe = {toml_value(facts.recipe_name)}
{_id(facts.id)}created = {facts.created.isoformat(timespec="seconds")}
fitted = {toml_value(facts.fitted)}  # to the size of the text; the other settings were set, or are the recipe's

[corpus]
name = {toml_value(facts.corpus)}
spec = {toml_value(facts.corpus_spec)}
{_begun_from(facts.begun_from)}
[recipe]
{to_toml(facts.recipe)}"""


def _id(of_run: str) -> str:
    return f"id = {toml_value(of_run)}\n" if of_run else ""


def _begun_from(begun: BegunFrom | None) -> str:
    """The table that names another run whose weights this one began with; empty if there is none."""
    if begun is None:
        return ""
    facts = {"run": begun.run, "weights": begun.weights, "epoch": begun.epoch, "step": begun.step}
    lines = "\n".join(f"{name} = {toml_value(value)}" for name, value in facts.items())
    return f"\n[begun_from]  # its first weights, of which it has a copy\n{lines}\n"


def shown_path(path: Path) -> str:
    """A path that is safe to show in a terminal."""
    return shown(str(path))


def cannot_read(path: Path, error: OSError) -> RunError:
    """The error for a file or folder of a run that the system does not let be read."""
    return RunError(f"{shown_path(path)} cannot be read: {system_reason(error)}.")


def cannot_write(path: Path, error: OSError) -> RunError:
    """The error for a file or folder of a run that the system does not let be written to."""
    return RunError(f"{shown_path(path)} cannot be written to: {system_reason(error)}.")
