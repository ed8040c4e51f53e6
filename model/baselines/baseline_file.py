"""baselines.json in a run's folder: the baselines of its text, with what tells that they are those of this text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from corpora.corpus import Corpus
from model.recipe import Recipe
from model.runs.files.atomic_files import read_file, write_file
from model.runs.files.places import Place
from model.training.events import Baselines, Compiled, CorpusReady, TimedEvent

BASELINES = "baselines.json"

_MODELS = "interpolated Witten-Bell"
"""Figures of other models are not read."""


@dataclass(frozen=True, slots=True)
class TextIdentity:
    """A text, its split and its tokens: two runs with the same have the same baselines."""

    digest: str
    training_characters: int
    held_out_characters: int
    tokens: str
    """The kind of tokenizer."""

    @classmethod
    def of(cls, corpus: Corpus, recipe: Recipe) -> TextIdentity:
        """The identity of what a recipe makes of a text."""
        training, held_out = map(len, corpus.split(recipe.held_out))
        return cls(corpus.digest(), training, held_out, recipe.tokens)


@dataclass(frozen=True, slots=True)
class _File:
    models: str
    text: TextIdentity
    losses: Baselines


def write_baselines(folder: Path | Place, text: TextIdentity, baselines: Baselines) -> None:
    """Write the file, as a whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    file = asdict(_File(_MODELS, text, baselines))
    write_file(Place.of(folder) / BASELINES, [(json.dumps(file, indent=2) + "\n").encode()])


def read_baselines(folder: Path, text: TextIdentity | CorpusReady) -> Baselines | None:
    """The baselines of this text; None where there are none, or only a damaged file or those of another text.

    Args:
        folder: of the run.
        text: what the run is trained on. By an event, only the size of both parts can be compared.
    """
    try:
        file = msgspec.json.decode(read_file(folder / BASELINES), type=_File)
    except (OSError, ValueError, RecursionError):  # it is made again
        return None
    there = file.text
    if isinstance(text, CorpusReady):
        sizes = text.training_characters, text.held_out_characters
        same = sizes == (there.training_characters, there.held_out_characters)
    else:
        same = text == there
    return file.losses if same and file.models == _MODELS and file.losses.orders else None


def with_kept_baselines(folder: Path, events: Sequence[TimedEvent]) -> list[TimedEvent]:
    """The events of a run and, where its first step was done and they were looked for, the baselines that it keeps."""
    begun = next((event for event, _ in reversed(events) if isinstance(event, CorpusReady)), None)
    found = read_baselines(folder, begun) if begun else None
    if not found:
        return list(events)
    first = next((place for place, (event, _) in enumerate(events, start=1) if isinstance(event, Compiled)), 0)
    return [*events[:first], TimedEvent(found, None), *events[first:]]
