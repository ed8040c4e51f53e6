"""A checkpoint: everything that exact resuming and writing need, in one verified file.

It holds the arrays of the training state and a manifest: the recipe, the tokenizer, the corpus, and the place in the
corpus where training continues. It needs only NumPy, so that runs can be listed without JAX.
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

from corpora.errors import CharlstmError, is_full, system_reason
from corpora.safe_text import shown
from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import from_plain, to_plain
from model.recipe import Recipe, RecipeError
from model.runs.files import tensor_file
from model.runs.files.json_lines import plain
from model.runs.files.places import Place
from model.runs.files.tensor_file import TensorFileError
from model.tokens.batches import Cursor
from model.tokens.tokenizer import Tokenizer, TokenizerError
from model.tokens.tokenizer_kinds import class_of

FORMAT_VERSION = 1

NETWORK = ("network", "tokens", "hidden", "layers", "character_gates", "tied", "kernel", "dilations")
"""The recipe's fields that decide which weights fit, beside the tokens of the text."""


INSTEAD = " Use another checkpoint of the run, or train again."
"""Advice where a checkpoint cannot be used."""


class CheckpointError(CharlstmError):
    """A checkpoint cannot be read or written; the message says which, why, and what to do."""

    exit_code = 1


class MissingCheckpointError(CheckpointError):
    """What was asked for is not there, so that nothing could begin; the message says what is."""

    exit_code = 2


class CorpusFacts(NamedTuple):
    """The text of a run."""

    name: str
    digest: str
    """`Corpus.digest` of the text, which shows whether a run is resumed with the same one."""
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything in a checkpoint but its arrays."""

    recipe: dict[str, Any]
    """Every field of the recipe, as `recipe_file.to_plain` gives them."""
    tokenizer: Tokenizer
    corpus: CorpusFacts
    cursor: Cursor
    """Where in the text training continues."""
    step: int
    """Optimiser steps since the beginning of the run."""
    progress: dict[str, float | int | None]
    """What else resuming needs, such as `Totals` and the number of devices. Floats are restored bit by bit."""
    versions: dict[str, str]
    """As `current_versions` gives them. Resuming is bit-exact only with the same versions."""
    created: str
    """The time of creation, in ISO 8601 with the time zone."""
    run_id: str = ""
    """Of the run that it belongs to; empty in checkpoints of an earlier version."""
    format_version: int = FORMAT_VERSION

    def read_recipe(self) -> Recipe:
        """The recipe. `load` has checked it already.

        Raises:
            RecipeError: a field is unknown, of the wrong type or out of bounds.
        """
        return from_plain(self.recipe)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training state on the host."""

    arrays: dict[str, np.ndarray]
    """By their path in the state, such as `params.layers.0.wx`, `opt.…`, `memory.…`, `key` and `step`."""
    manifest: Manifest

    def let_go(self) -> None:
        """Free the memory of the arrays, once they are taken over."""
        self.arrays.clear()


def current_versions() -> dict[str, str]:
    """The versions of everything that changes the exact result of training. Nothing is imported."""
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
    """The manifest of a checkpoint that is made now."""
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
    """Why resuming is not bit-exact here, as a sentence; none if it is.

    Args:
        manifest: of the checkpoint that is resumed.
        devices: how many train now.
    """
    now = current_versions()
    before = manifest.versions
    changed = [
        f"{name} {before.get(name, 'unknown')} is now {now[name]}" for name in now if before.get(name) != now[name]
    ]
    if (then := manifest.progress.get("devices")) not in (None, devices):
        changed.append(f"the work of {then} devices is now done by {devices}")
    return (f"Training continues, but not bit-exactly: {', '.join(changed)}.",) if changed else ()


def network_of(recipe: Recipe) -> tuple[object, ...]:
    """What two recipes have in common where the weights of one may fit the other."""
    return tuple(getattr(recipe, name) for name in NETWORK)


def save(path: Path | Place, checkpoint: Checkpoint) -> None:
    """Write a checkpoint. Whatever happens, `path` holds the whole old file or the whole new one.

    Raises:
        CheckpointError: it could not be written, or `load` would refuse it. The old file is untouched.
    """
    try:
        facts = _to_facts(checkpoint.manifest)
        _check_agreement(checkpoint.arrays, _from_facts(facts))
        tensor_file.write(path, checkpoint.arrays, facts)
    except TensorFileError as error:
        raise CheckpointError(f"{_called(path)} was not written: {shown(str(error), 500)}.") from error
    except OSError as error:
        what = "Make room on its disk." if is_full(error) else "Check that its folder exists and is writable."
        raise CheckpointError(
            f"{_called(path)} could not be written: {system_reason(error)}. {what} Earlier checkpoints are untouched."
        ) from error


def load(path: Path) -> Checkpoint:
    """Read a checkpoint and verify all of it: digest, sizes, manifest, and whether the arrays fit the manifest.

    Raises:
        CheckpointError: it is missing, damaged, of a newer format, or not a checkpoint.
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
    """Read only the manifest. It is quick, because the digest is not verified.

    Raises:
        CheckpointError: as `load`, as far as the header shows it.
    """
    try:
        return _from_facts(tensor_file.read_facts(path))
    except TensorFileError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: TensorFileError) -> CheckpointError:
    # The error may quote the file, which can contain anything.
    return CheckpointError(f"{_called(path)} cannot be used: {shown(str(error), 500)}.{INSTEAD}")


def _called(path: Path | Place) -> str:
    return f"The checkpoint {shown(str(Place.of(path).path), 1000)}"


def _to_facts(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON can hold it."""
    facts = {field.name: getattr(manifest, field.name) for field in fields(manifest)}
    facts["tokenizer"] = manifest.tokenizer.to_plain()
    facts["corpus"] = manifest.corpus._asdict()
    facts["cursor"] = manifest.cursor._asdict()
    whole: dict[str, Any] = plain(facts)
    return whole


def _from_facts(facts: Mapping[str, Any]) -> Manifest:
    """The manifest in these values, which may be anything.

    Raises:
        TensorFileError: they are not a manifest.
    """
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
            run_id=facts.get("run_id", ""),
        )
    except (TokenizerError, RecipeError) as error:
        raise TensorFileError(f"its manifest is wrong: {str(error).rstrip('.')}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TensorFileError("its manifest is incomplete or has a value of the wrong type") from error
    counts = (manifest.step, *manifest.cursor, manifest.corpus.characters)
    names = (manifest.created, manifest.run_id, manifest.corpus.name, manifest.corpus.digest)
    words = (*names, *manifest.versions.values())
    if not all(type(each) is int and 0 <= each < 1 << 63 for each in counts):
        raise TensorFileError("its manifest has an impossible count")
    if not all(type(each) is str for each in words):
        raise TensorFileError("its manifest has a name of the wrong type")
    return manifest


def _number(value: object) -> float | int | None:
    """A number as it was before `json_lines.plain`, which writes infinities and NaN as words."""
    if isinstance(value, str) and not math.isfinite(float(value)):
        return float(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise TypeError("not a number")


def _check_agreement(arrays: Mapping[str, np.ndarray], manifest: Manifest) -> None:
    """Check that the arrays are those of the manifest's network and step.

    Raises:
        TensorFileError: they are not.
    """
    expected = parameter_shapes(manifest.read_recipe(), len(manifest.tokenizer))
    found = {name: array for name, array in arrays.items() if name.startswith("params.")}
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise TensorFileError(f"its manifest disagrees with it: {name} is missing")
        if name not in expected:
            raise TensorFileError(f"its manifest disagrees with it: the network of its recipe has no {name}")
        array = found[name]
        if array.shape != expected[name] or array.dtype != np.float32:
            raise TensorFileError(
                f"its manifest disagrees with it: {name} is {array.dtype} {array.shape}, "
                f"and its recipe and vocabulary need float32 {expected[name]}"
            )
    if "step" in arrays and not np.array_equal(arrays["step"], manifest.step):
        raise TensorFileError(f"its manifest disagrees with it: {manifest.step} is not the step of its arrays")
