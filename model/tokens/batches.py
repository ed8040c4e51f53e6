"""Windows and lanes over the tokens of a text, and the cursor that makes resuming exact. NumPy only.

Nothing is one-hot, and nothing is copied in advance: a chunk of batches is gathered from the ids when it is needed.
The order of a pass depends only on the recipe's random seed and the pass's number, so a cursor is all that is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from corpora.errors import CharlstmError
from model.devices.jax_setup import DeviceError
from model.options.fields import spelled_options
from model.recipe import Recipe
from model.tokens.shuffled import Shuffled


class BatchError(CharlstmError, ValueError):
    """The text is too short for the recipe.

    Args:
        sentence: that says so.
        changes: fields of the recipe with values for which the text is long enough; empty if there are none.
    """

    def __init__(self, sentence: str, changes: Mapping[str, int]) -> None:
        super().__init__(f"{sentence} Try {spelled_options(changes)}" if changes else sentence)
        self.sentence, self.changes = sentence, changes


_FEW = 4
"""Steps of an epoch, which are better than one."""

_LANES_PER_DEVICE = 8
"""Below this a device's matrix products are too thin to be worth it."""


def shared_by(batch: int, have: int, processes: int = 1) -> int:
    """How many of a process's devices share a batch, where the user chooses none: as many as still get enough lanes.

    Args:
        batch: lanes.
        have: devices of each process.
        processes: that train together.
    """
    counts = range(have, 0, -1)
    fits = (n for n in counts if batch % (n * processes) == 0 and batch // (n * processes) >= _LANES_PER_DEVICE)
    return next(fits, 1)


def check_split(batch: int, devices: int) -> None:
    """Check that a batch divides over this many devices.

    Raises:
        DeviceError: it does not; the message names the nearest batches that do, and, for a run whose batch cannot
            change, the nearest numbers of devices.
    """
    if batch % devices:
        sizes = [b for b in (batch // devices * devices, (batch // devices + 1) * devices) if b]
        fewer = next(n for n in range(min(devices, batch), 0, -1) if batch % n == 0)
        more = next((n for n in range(devices, batch + 1) if batch % n == 0), None)
        numbers = [fewer] if more is None else [fewer, more]
        raise DeviceError(
            f"A batch of {batch} does not divide over {devices} devices: take --batch {' or '.join(map(str, sizes))}, "
            f"or share it between {' or '.join(map(str, numbers))}."
        )


class Cursor(NamedTuple):
    """The place of training: complete epochs, and optimiser steps done in the current one."""

    epoch: int
    step: int


ALL = slice(None)
"""All lanes of a batch."""


class Batches(NamedTuple):
    """Batches of `n` optimiser steps, time-major."""

    inputs: np.ndarray
    """Tokens read, int32 (n, T, B)."""
    targets: np.ndarray
    """Tokens to predict: after every input, int32 (n, T, B), or after the last, (n, 1, B)."""
    weights: np.ndarray
    """The weight of each lane in the loss, float32 (n, B): 0 for the padding of a smaller last batch."""


class Reader(Protocol):
    """Serves the training text in batches."""

    steps_per_epoch: int
    steps_per_pass: int
    """Steps in which it reads the whole text. That is an epoch, unless the recipe says how many steps an epoch has."""
    carried: bool
    """Whether a batch continues where the one before ended, so that the network's memory is carried along."""
    targets: int
    """Targets of one lane in one step: T or 1."""

    def in_pass(self, at: Cursor) -> Cursor:
        """The same place in whole passes over the text, and steps done in the current one."""
        ...

    def tokens(self, steps: int) -> int:
        """How much of the training text so many steps read from the beginning of a pass: a pass reads it once."""
        ...

    def take(self, at: Cursor, n: int, lanes: slice = ALL) -> Batches:
        """These lanes of the batches of the `n` steps from `at`, all in one pass."""
        ...


class _Passes:
    """Counts in passes over the text: an epoch that is shorter or longer than one begins where the last one ended."""

    def __init__(self, steps_per_pass: int, recipe: Recipe) -> None:
        self.steps_per_pass = steps_per_pass
        self.steps_per_epoch = recipe.steps_per_epoch or steps_per_pass

    def in_pass(self, at: Cursor) -> Cursor:
        """The same place in whole passes over the text, and steps done in the current one."""
        return Cursor(*divmod(at.epoch * self.steps_per_epoch + at.step, self.steps_per_pass))


class Windows(_Passes):
    """Overlapping windows of T tokens every `stride`, shuffled; the target is the token after each.

    The reading of the reference exercise: every window begins with an empty memory.
    """

    carried = False
    targets = 1

    def __init__(self, ids: np.ndarray, recipe: Recipe) -> None:
        self._ids, self._recipe = ids, recipe
        self._starts = _windows(len(ids), recipe)
        super().__init__(_checked_steps(len(ids), recipe), recipe)
        self._order: tuple[int, Shuffled] | None = None

    def tokens(self, steps: int) -> int:
        """Overlapping windows read the text in proportion to how many of them have been read."""
        passes, rest = divmod(steps, self.steps_per_pass)
        windows = passes * self._starts + min(rest * self._recipe.batch, self._starts)
        return windows * len(self._ids) // self._starts

    def _shuffled(self, number: int) -> Shuffled:
        """The order of the windows in the pass of this number."""
        if self._order is None or self._order[0] != number:
            self._order = number, Shuffled(self._starts, (self._recipe.random_seed, number))
        return self._order[1]

    def take(self, at: Cursor, n: int, lanes: slice = ALL) -> Batches:
        """Gathered from the ids; the padding of a smaller last batch has weight 0."""
        batch, window, at = self._recipe.batch, self._recipe.window, self.in_pass(at)
        chosen = self._shuffled(at.epoch)[at.step * batch : (at.step + n) * batch]
        weights = np.zeros(n * batch, np.float32)
        weights[: len(chosen)] = 1
        starts = np.resize(chosen, (n, 1, batch))[:, :, lanes] * self._recipe.stride
        inputs = self._ids[starts + np.arange(window)[:, None]]
        targets = self._ids[starts + window]
        return Batches(inputs.astype(np.int32), targets.astype(np.int32), weights.reshape(n, batch)[:, lanes])


class Lanes(_Passes):
    """B contiguous stretches read in parallel, T tokens a step; every token is a target.

    The memory is carried from step to step, so the network reads each lane as one long text. With random offsets the
    text is a ring that begins elsewhere in each pass, so lanes and steps do not always begin at the same tokens.
    """

    carried = True

    def __init__(self, ids: np.ndarray, recipe: Recipe) -> None:
        self.targets = recipe.window
        self._ids, self._recipe = ids, recipe
        super().__init__(_checked_steps(len(ids), recipe), recipe)
        self._starts = np.arange(recipe.batch) * ((len(ids) - 1) // recipe.batch)
        """Where each lane begins; its last token is the first of the next."""

    def tokens(self, steps: int) -> int:
        """B * T a step."""
        return steps * self._recipe.batch * self._recipe.window

    def take(self, at: Cursor, n: int, lanes: slice = ALL) -> Batches:
        """Gathered from the ids."""
        window, starts, at = self._recipe.window, self._starts[lanes], self.in_pass(at)
        places = self._offset(at.epoch) + at.step * window + np.arange(n * window + 1)
        text = self._ids[(starts[:, None] + places) % len(self._ids)].astype(np.int32)
        inputs = text[:, :-1].reshape(len(starts), n, window).transpose(1, 2, 0)
        targets = text[:, 1:].reshape(len(starts), n, window).transpose(1, 2, 0)
        return Batches(inputs, targets, np.ones((n, len(starts)), np.float32))

    def _offset(self, number: int) -> int:
        """Where the pass of this number begins."""
        if not self._recipe.random_offsets:
            return 0
        return int(np.random.default_rng((self._recipe.random_seed, number)).integers(len(self._ids)))


def open_reader(ids: np.ndarray, recipe: Recipe) -> Reader:
    """A reader of these training ids, as the recipe says.

    Raises:
        BatchError: the text is shorter than one step needs.
    """
    ids = np.ascontiguousarray(ids)
    return Windows(ids, recipe) if recipe.reading == "windows" else Lanes(ids, recipe)


def _windows(length: int, recipe: Recipe) -> int:
    """How many windows a text of so many tokens has, each with the token after it."""
    return max(0, -(-(length - recipe.window) // recipe.stride))


def steps_in_pass(length: int, recipe: Recipe) -> int:
    """Steps of a pass over so many tokens; 0 if they are too few for one."""
    if recipe.reading == "windows":
        windows = _windows(length, recipe)
        return -(-windows // recipe.batch) if windows >= recipe.batch else 0
    return max(0, length - 1) // recipe.batch // recipe.window


def _checked_steps(length: int, recipe: Recipe) -> int:
    """Steps of a pass over so many tokens.

    Raises:
        BatchError: they are too few for one.
    """
    if steps := steps_in_pass(length, recipe):
        return steps
    needed = recipe.batch * recipe.window + 1
    if recipe.reading == "windows":
        needed = recipe.window + recipe.stride * (recipe.batch - 1) + 1
    share = f" (the last {recipe.held_out:.0%} is held out)" if recipe.held_out else ""
    are = "is" if length == 1 else "are"
    tokens, longer = recipe.token if length == 1 else f"{recipe.token}s", "a longer text"
    if recipe.tokens != "characters":
        tokens = f"{recipe.tokens} and single characters"
        longer = f"a text {-(-needed // max(1, length))} times as long"
    changes = _that_fit(length, recipe)
    raise BatchError(
        f"The text is too short: there {are} {length:,} {tokens} to train on{share}, and a batch of {recipe.batch} "
        f"with windows of {recipe.window} needs {needed:,}. "
        f"Give {longer}{', or a smaller --batch or --window' if changes else ''}.",
        changes,
    )


def _that_fit(length: int, recipe: Recipe) -> dict[str, int]:
    """The largest batch, and a window where one must be smaller, with which a text is long enough for a few steps."""
    for window in (recipe.window, 32, 16, 8, 4, 2):
        for batch in (recipe.batch, 32, 16, 8, 4, 2, 1):
            smaller: dict[str, Any] = {"batch": min(batch, recipe.batch), "window": min(window, recipe.window)}
            if steps_in_pass(length, replace(recipe, **smaller)) >= _FEW:
                return {name: value for name, value in smaller.items() if value != getattr(recipe, name)}
    return {}
