"""A checkpoint: everything that exact resuming and writing need, in one verified file.

It holds the training state's arrays and a manifest: the recipe, the tokenizer, the corpus it was trained on, and
where in that corpus training continues. NumPy only, so that runs can be listed without JAX.
"""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpora.errors import CharlstmError
from corpora.safe_text import shown
from model.networks.network_kinds import parameter_shapes
from model.recipe import Recipe, RecipeError
from model.recipe_file import from_plain, to_plain
from model.runs import tensor_file
from model.runs.json_lines import plain
from model.runs.tensor_file import TensorFileError
from model.tokens.batches import Cursor
from model.tokens.tokenizer import Tokenizer, TokenizerError
from model.tokens.tokenizer_kinds import class_of

FORMAT_VERSION = 1


class CheckpointError(CharlstmError):
    """A checkpoint cannot be read or written; the message says which, why, and what to do."""

    exit_code = 1


class CorpusFacts(NamedTuple):
    """The text that a checkpoint was trained on."""

    name: str
    digest: str
    """Of the text as it was read, so that resuming with another text is noticed."""
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a checkpoint says of itself."""

    recipe: dict[str, Any]
    """Every field of the recipe, as `recipe_file.to_plain` has them."""
    tokenizer: Tokenizer
    corpus: CorpusFacts
    cursor: Cursor
    """Where in the text training continues."""
    step: int
    """Optimiser steps done since the beginning of the run."""
    progress: dict[str, float | int | None]
    """What else resuming needs: sums of losses, seconds, the best so far. Floats come back bit by bit."""
    versions: dict[str, str]
    """From `current_versions`: resuming is exact for these alone."""
    created: str
    """When, as ISO 8601 with the time zone."""
    format_version: int = FORMAT_VERSION

    def read_recipe(self) -> Recipe:
        """The recipe itself; a loaded checkpoint's is proven sound.

        Raises:
            RecipeError: a field is unknown, of the wrong kind or out of its bounds.
        """
        return from_plain(self.recipe)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training state on the host."""

    arrays: dict[str, np.ndarray]
    """By path in the state: `params.layers.0.wx`, `opt.…`, `memory.…`, `key`, `step`."""
    manifest: Manifest


def current_versions() -> dict[str, str]:
    """Versions of the packages that decide the exact result of training, without importing them."""
    versions = {"python": platform.python_version()}
    for package in ("charlstm", "jax", "jaxlib", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def describe(
    recipe: Recipe,
    tokenizer: Tokenizer,
    corpus: CorpusFacts,
    cursor: Cursor,
    step: int,
    progress: dict[str, float | int | None],
) -> Manifest:
    """What a checkpoint made now, by this program, says of itself."""
    return Manifest(
        recipe=to_plain(recipe),
        tokenizer=tokenizer,
        corpus=corpus,
        cursor=cursor,
        step=step,
        progress=progress,
        versions=current_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def differences(manifest: Manifest, devices: int) -> tuple[str, ...]:
    """Why a run that is resumed here, on this many devices, will not continue bit by bit, a sentence each."""
    now = current_versions()
    before = manifest.versions
    changed = [
        f"{name} {before.get(name, 'unknown')} is now {now[name]}" for name in now if before.get(name) != now[name]
    ]
    if (then := manifest.progress.get("devices")) not in (None, devices):
        changed.append(f"the work of {then} devices is now done by {devices}")
    return (f"Training continues, but not bit-exactly: {', '.join(changed)}.",) if changed else ()


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint so that, whatever happens, `path` holds the old one or this one, whole.

    Raises:
        CheckpointError: it could not be written, or it is one that could not be read again; what was at `path` is
            untouched.
    """
    try:
        facts = _to_facts(checkpoint.manifest)
        _check_agreement(checkpoint.arrays, _from_facts(facts))
        tensor_file.write(path, checkpoint.arrays, facts)
    except TensorFileError as error:
        raise CheckpointError(f"{_called(path)} was not written: {shown(str(error), 500)}.") from error
    except OSError as error:
        raise CheckpointError(
            f"{_called(path)} could not be written: {error.strerror or error}. "
            "See that its folder is there, writable and not full; earlier checkpoints are untouched."
        ) from error


def load(path: Path) -> Checkpoint:
    """Read a checkpoint and verify all of it: digest, sizes, manifest, and that weights and manifest agree.

    Raises:
        CheckpointError: it is missing, damaged, of a newer format, or no checkpoint at all.
    """
    try:
        arrays, facts = tensor_file.read(path)
        # The LSTM's memory was called `carries` once.
        arrays = {re.sub(r"^carries\.", "memory.", name): array for name, array in arrays.items()}
        manifest = _from_facts(facts)
        _check_agreement(arrays, manifest)
    except TensorFileError as error:
        raise _unusable(path, error) from error
    return Checkpoint(arrays, manifest)


def load_manifest(path: Path) -> Manifest:
    """Read what a checkpoint says of itself, for a listing: quickly, and without verifying the digest.

    Raises:
        CheckpointError: as `load`, for what the header shows.
    """
    try:
        return _from_facts(tensor_file.read_facts(path))
    except TensorFileError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: TensorFileError) -> CheckpointError:
    # What a file says of itself is quoted in the error: it may be anything.
    return CheckpointError(
        f"{_called(path)} cannot be used: {shown(str(error), 500)}. Take another checkpoint of the run, or train again."
    )


def _called(path: Path) -> str:
    return f"The checkpoint {shown(str(path), 1000)}"


def _to_facts(manifest: Manifest) -> dict[str, Any]:
    """The manifest in plain values."""
    facts = {field.name: getattr(manifest, field.name) for field in fields(manifest)}
    facts["tokenizer"] = manifest.tokenizer.to_plain()
    facts["corpus"] = manifest.corpus._asdict()
    facts["cursor"] = manifest.cursor._asdict()
    whole: dict[str, Any] = plain(facts)
    return whole


def _from_facts(facts: Mapping[str, Any]) -> Manifest:
    """The manifest of these plain values, whatever they are."""
    if facts.get("format_version") != FORMAT_VERSION:
        raise TensorFileError(
            f"it has format {facts.get('format_version')!r} and this program reads {FORMAT_VERSION}; update charlstm"
        )
    try:
        recipe = from_plain(facts["recipe"])
        vocabulary = facts["tokenizer"] if "tokenizer" in facts else facts["vocabulary"]  # the name it had once
        manifest = Manifest(
            recipe=dict(facts["recipe"]),
            tokenizer=class_of(recipe.tokens).from_plain(vocabulary),
            corpus=CorpusFacts(**facts["corpus"]),
            cursor=Cursor(**facts["cursor"]),
            step=facts["step"],
            progress={name: _number(value) for name, value in facts["progress"].items()},
            versions=dict(facts["versions"]),
            created=facts["created"],
        )
    except (TokenizerError, RecipeError) as error:
        raise TensorFileError(f"its manifest is wrong: {str(error).rstrip('.')}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TensorFileError("its manifest is incomplete or of the wrong kind") from error
    counts = (manifest.step, *manifest.cursor, manifest.corpus.characters)
    words = (manifest.created, manifest.corpus.name, manifest.corpus.digest, *manifest.versions.values())
    if not all(type(each) is int and 0 <= each < 1 << 63 for each in counts):
        raise TensorFileError("its manifest has a count that cannot be")
    if not all(type(each) is str for each in words):
        raise TensorFileError("its manifest has a name of the wrong kind")
    return manifest


def _number(value: object) -> float | int | None:
    """A number as it was before `records.plain`."""
    if isinstance(value, str) and not math.isfinite(float(value)):
        return float(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise TypeError("no number")


def _check_agreement(arrays: Mapping[str, np.ndarray], manifest: Manifest) -> None:
    """Weights that are not those of the manifest's network would write nonsense, or nothing."""
    expected = parameter_shapes(manifest.read_recipe(), len(manifest.tokenizer))
    found = {name: array for name, array in arrays.items() if name.startswith("params.")}
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise TensorFileError(f"its manifest disagrees with it: {name} is missing")
        if name not in expected:
            raise TensorFileError(f"its manifest disagrees with it: {name} belongs to no network of its recipe")
        array = found[name]
        if array.shape != expected[name] or array.dtype != np.float32:
            raise TensorFileError(
                f"its manifest disagrees with it: {name} is {array.dtype} {array.shape}, "
                f"and its recipe and vocabulary need float32 {expected[name]}"
            )
    if "step" in arrays and not np.array_equal(arrays["step"], manifest.step):
        raise TensorFileError(f"its manifest disagrees with it: {manifest.step} is not the step of its arrays")
