"""The writer's pen: the newest and the best weights, and a state it can take back character by character.

Meets JAX, so only the engine imports it, inside its threads.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from model.devices.local_devices import writing_device
from model.training.trainer import Snapshot
from model.writing.language_model import Drawn, LanguageModel, WritingState, make_write_chunk, noise_keys
from tui.engine.writing.generator_protocol import Weights
from tui.engine.writing.items import Seed, Written
from tui.engine.writing.seeds import Seeds

_REMEMBERED = 512
"""Chunks whose states are kept for taking back: more than the token buffer ever holds."""


class _Chunk(NamedTuple):
    """What was written in one call, and the way back."""

    before: WritingState
    after: WritingState
    """After each of its characters, (n, ...) a leaf."""
    n: int
    """How many of them still stand."""


class ModelGenerator:
    """Writes with the newest or the best weights that training has published.

    Args:
        language_model: the network; its parameters are replaced by the published ones.
        seeds: where random seeds come from; another source may take its place at any time.
        places: draws the random seeds and the noise.
    """

    def __init__(self, language_model: LanguageModel, seeds: Seeds, places: random.Random) -> None:
        self._language_model, self.seeds, self._places = language_model, seeds, places
        self._device = writing_device()
        self._newest: Snapshot | None = None
        self._best: Snapshot | None = None
        self._current: Snapshot | None = None
        self._write_chunk = make_write_chunk(language_model.graph)
        with jax.default_device(self._device):
            self._state = language_model.read(np.empty(0, np.int32))
        self._chunks: deque[_Chunk] = deque(maxlen=_REMEMBERED)
        self.noise_seed = 0
        """Where the sample's noise starts: with its seed and settings it can be written again."""

    @property
    def step(self) -> int:
        """Optimiser steps that the weights in use have seen."""
        return self._current.step if self._current else 0

    def publish(self, snapshot: Snapshot) -> None:
        """Offer newer weights, or better ones, from any thread."""
        if snapshot.best:
            self._best = snapshot
        else:
            self._newest = snapshot

    def pick_up(self, best: bool) -> Weights | None:
        """Take the best weights or the newest, which also serve where no others are known to be better."""
        chosen = (self._best if best else None) or self._newest
        if chosen is None:
            return None
        if chosen is not self._current:
            self._language_model = replace(self._language_model, params=jax.device_put(chosen.params, self._device))
            self._current = chosen
        return Weights(chosen.epoch, chosen.best)

    def warm_up(self, *counts: int) -> None:
        """Compile what `write` needs for these counts, so that no key waits for it later."""
        for count in counts:
            self._draw(1.0, count)

    def seed(self, text: str | None) -> Seed:
        """Read a text, or a random seed, and be ready to go on from it."""
        if text is None:
            text = self.seeds.draw(self._language_model.recipe.seed_length, self._places)
        encoded = self._language_model.encode(text)
        with jax.default_device(self._device):
            self._state = self._language_model.read(encoded.ids)
        self._chunks.clear()
        self.noise_seed = self._places.getrandbits(63)
        return Seed(encoded.text, encoded.replaced)

    def write(self, temperature: float, count: int) -> list[Written]:
        """The next `count` characters at this temperature."""
        before = self._state
        self._state, after, drawn = self._draw(temperature, count)
        self._chunks.append(_Chunk(before, after, count))
        ids, probability, entropy = (np.asarray(each)[:, 0] for each in drawn)
        characters = self._language_model.tokenizer.decode(ids)
        return [Written(*each) for each in zip(characters, probability.tolist(), entropy.tolist(), strict=True)]

    def take_back(self, count: int) -> None:
        """Stand where the pen stood before the last `count` characters, with the same noise to come."""
        while count:
            last = self._chunks.pop()
            if count >= last.n:
                self._state, count = last.before, count - last.n
                continue
            left = last.n - count
            self._state, count = jax.tree.map(lambda leaf, at=left - 1: leaf[at], last.after), 0
            self._chunks.append(last._replace(n=left))

    def _draw(self, temperature: float, count: int) -> tuple[WritingState, WritingState, Drawn]:
        temperatures, keys = np.array([temperature], np.float32), noise_keys(self.noise_seed)
        with jax.default_device(self._device):
            return self._write_chunk(self._language_model.params, self._state, temperatures, keys, n=count)
