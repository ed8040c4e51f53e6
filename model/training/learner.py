"""Learner: a network and the text that it is trained on, on this machine's devices, without clocks, threads or files.

It holds everything that training changes, so it can be captured as a checkpoint and restored from one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import jax
import numpy as np

from corpora.corpus import Corpus
from corpora.progress import Tell
from model.devices.local_devices import gather, make_mesh, own_lanes, replicate
from model.networks.cpu.availability import slower_with, unavailable
from model.networks.network import Graph, Params, assemble, count
from model.recipe import NOTEBOOK, Recipe
from model.runs.checkpoint import Checkpoint, CheckpointError, CorpusFacts, describe
from model.runs.continuing.begun_from import BegunFrom
from model.tokens.batches import Batches, Cursor, open_reader
from model.tokens.tokenizer import Tokenizer, few_words
from model.tokens.tokenizer_kinds import class_of
from model.training.evaluation import EVALUATION_BLOCK, Judgement, evaluate, judge
from model.training.events import CorpusReady
from model.training.guard.divergence import DivergenceDetector
from model.training.named_arrays import TreeError, from_arrays, to_arrays
from model.training.totals import Totals
from model.training.train_step import TrainState, init_state, make_train_chunk, place_batches, place_memory, place_state
from model.training.untrained import untrained
from model.writing.language_model import LanguageModel


class Chunk(NamedTuple):
    """The results of some optimiser steps, an entry a step."""

    losses: np.ndarray
    """In nats per character."""
    counts: np.ndarray
    """Characters behind each loss, divided by the targets of a lane."""
    norms: np.ndarray
    """Of the gradients, before clipping."""
    rates: np.ndarray


class Learner:
    """Trains on a corpus by a recipe, chunk after chunk of optimiser steps.

    Args:
        corpus: the open text.
        recipe: every hyperparameter.
        devices: how many to train on; 0 chooses.
        platform: of the devices, 'cpu' or 'gpu'; None chooses as JAX does.
        tokenizer: of the run that is resumed; None makes one for the corpus.
        progress: told how far a text is split into words.

    Raises:
        BatchError: the corpus is too short for the recipe.
        DeviceError: there are fewer devices, or the batch does not divide over them.
    """

    beat_seconds = math.inf
    """Seconds after which `keep_in_touch` must be called again, also during a pause."""

    def __init__(
        self,
        corpus: Corpus,
        recipe: Recipe,
        devices: int = 0,
        platform: str | None = None,
        tokenizer: Tokenizer | None = None,
        progress: Tell | None = None,
    ) -> None:
        self.recipe = recipe
        self.tokenizer = tokenizer or class_of(recipe.tokens).train(corpus, recipe, progress)
        self.training_characters, self.held_out_characters = map(len, corpus.split(recipe.held_out))
        self.training_ids, _ = self.tokenizer.read(corpus, 0, self.training_characters, progress)
        self.held_out_ids, _ = self.tokenizer.read(corpus, self.training_characters, progress=progress)
        self.reader = open_reader(self.training_ids, recipe)
        self.mesh = make_mesh(recipe.batch, devices, platform)
        self._own_lanes = own_lanes(self.mesh, recipe.batch)
        self._corpus = corpus
        params: Params
        self.graph: Graph
        on_cpu = self.platform == "cpu"
        missing, slower = (unavailable(), slower_with(recipe.precision, recipe.network)) if on_cpu else (None, None)
        without = f"Training is slower here, without CPU kernels: {missing}." if missing else None
        self.notices: tuple[str, ...] = tuple(filter(None, (without, slower)))
        cpu_kernels = on_cpu and not missing
        self.graph, params = untrained(recipe, self.tokenizer, lambda: self.training_ids, cpu_kernels=cpu_kernels)
        self.parameters = count(params)
        self._state = init_state(self.graph, recipe, params, self.mesh)
        total_steps = recipe.epochs * self.reader.steps_per_epoch
        self._train_chunk = make_train_chunk(self.graph, recipe, self.reader.carried, total_steps, self.mesh)
        self.cursor = Cursor(0, 0)
        self.totals = Totals()
        self.detector = DivergenceDetector()
        self._begun_from: BegunFrom | None = None

    @property
    def platform(self) -> str:
        """The devices' platform: 'cpu' or 'gpu'."""
        platform: str = self.mesh.devices.flat[0].platform
        return platform

    @property
    def step(self) -> int:
        """Optimiser steps done."""
        return int(self._state.step)

    @property
    def steps_left(self) -> int:
        """Steps left in the epoch in progress."""
        return self.reader.steps_per_epoch - self.cursor.step

    @property
    def steps_at_once(self) -> int:
        """Steps that `learn` can do next: to the end of the epoch, or of the text."""
        return min(self.steps_left, self.reader.steps_per_pass - self.reader.in_pass(self.cursor).step)

    @property
    def rate_scale(self) -> float:
        """What the schedule's learning rate is multiplied by."""
        return float(self._state.rate_scale)

    def set_rate_scale(self, scale: float) -> None:
        """Multiply the schedule's learning rate by this from now on."""
        self._state = self._state._replace(rate_scale=replicate(self.mesh, np.float32(scale)))

    def keep_in_touch(self) -> None:
        """Tell other processes of the same training, if there are any, that this one is alive."""

    def introduction(self) -> Iterator[CorpusReady | BegunFrom]:
        """What a run says first."""
        yield self._corpus_ready()
        if self._begun_from:
            yield self._begun_from

    def _corpus_ready(self) -> CorpusReady:
        """What a run says first: the text, how it is split, and what makes training slower here."""
        corpus = self._corpus
        # Where the recipe reads lanes, the windows of the exercise are counted.
        windows = self.recipe if self.recipe.reading == "windows" else NOTEBOOK
        return CorpusReady(
            name=corpus.name,
            title=corpus.title,
            characters=len(corpus),
            sequences=corpus.sequences(windows.window, windows.stride),
            distinct=len(corpus.alphabet),
            training_characters=self.training_characters,
            held_out_characters=self.held_out_characters,
            notes=tuple(filter(None, (*corpus.notes, few_words(self.tokenizer.learned, self.recipe), *self.notices))),
            vocabulary=len(self.tokenizer) if self.tokenizer.parts else 0,
            parts=self.tokenizer.parts,
        )

    def characters(self, steps: int) -> int:
        """How much of the training text so many steps read from the beginning of a pass, in characters."""
        return self.reader.tokens(steps) * self.training_characters // len(self.training_ids)

    def learn(self, n: int) -> Chunk:
        """Do the next n steps, at most `steps_at_once`."""
        at = self.cursor
        if self.reader.in_pass(at).step == 0 and self.reader.carried:
            begin = assemble(self.graph, self._state.params).begin(self.recipe.batch)
            self._state = self._state._replace(memory=place_memory(begin, self.mesh))
        batches = self.reader.take(at, n, self._own_lanes)
        self._state, metrics = self._train_chunk(self._state, place_batches(batches, self.mesh), n)
        # Waiting for each chunk is also what keeps several CPU devices from blocking one another on older JAX.
        losses, counts, norms, rates = (np.array(each)[:n] for each in metrics)
        lengths = self._characters_of_targets(at, batches)
        chunk = Chunk(losses / lengths, counts * lengths, norms, rates)
        self.cursor = Cursor(at.epoch, at.step + n)
        self.totals.add(chunk.losses, chunk.counts)
        return chunk

    def _characters_of_targets(self, at: Cursor, batches: Batches) -> np.ndarray:
        """The mean number of characters of a target in each of the n steps from `at`, in all lanes, float32 (n,)."""
        n = len(batches.weights)
        if self.recipe.tokens == "characters":  # so that a process reads only its share of the text
            return np.ones(n, np.float32)
        if jax.process_count() > 1:
            batches = self.reader.take(at, n)
        by_lane = self.tokenizer.lengths[batches.targets].mean(axis=1)
        means: np.ndarray = np.average(by_lane, axis=1, weights=batches.weights).astype(np.float32)
        return means

    def end_epoch(self) -> None:
        """Begin the next epoch, if this one is complete."""
        if not self.steps_left:
            self.cursor = Cursor(self.cursor.epoch + 1, 0)
            self.totals.begin_epoch()

    def host_params(self) -> Params:
        """The parameters copied to the host."""
        params: Params = jax.tree.map(np.array, self._state.params)
        return params

    def params_of(self, state: Checkpoint) -> Params:
        """The parameters that a checkpoint of this run holds.

        Raises:
            CheckpointError: they are those of another network or of other tokens.
        """
        try:
            return from_arrays(state.arrays, self._state.params, "params.")
        except TreeError as error:
            raise CheckpointError(f"The checkpoint of step {state.manifest.step:,} does not fit: {error}") from error

    def language_model(self) -> LanguageModel:
        """A language model with the parameters as they are now."""
        return LanguageModel(self.graph, self.host_params(), self.recipe, self.tokenizer)

    def judge(self, stop: Callable[[], bool]) -> Judgement | None:
        """The loss on the held-out text, NaN where `stop` ended the reading; None without such a text."""
        if len(self.held_out_ids) < 2:
            return None
        return judge(self.graph, self._placed(self.host_params()), self.held_out_ids, self.tokenizer.lengths, stop)

    def probe(self, params: Params | None = None) -> float:
        """Mean loss of these parameters, or of the current ones, on the beginning of the training text."""
        ids = self.training_ids[: EVALUATION_BLOCK + 1]
        params = self._placed(self.host_params() if params is None else params)
        return evaluate(self.graph, params, ids, self.tokenizer.lengths)

    def _placed(self, params: Params) -> Params:
        placed: Params = jax.device_put(params, self.mesh.local_devices[0])
        return placed

    @cached_property
    def _digest(self) -> str:
        return self._corpus.digest()

    @property
    def sound(self) -> bool:
        """Whether every parameter is finite."""
        return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(self._state.params))

    def on_host(self) -> TrainState:
        """The state of all processes, readable in this one."""
        return self._state._replace(memory=gather(self._state.memory))

    def blank(self) -> TrainState:
        """A state of the same shapes and types on the host, all zeros."""
        blank: TrainState = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), self._state)
        return blank

    def take_over(self, state: TrainState, cursor: Cursor) -> None:
        """Continue from a state on the host, at this place in the text."""
        self._state = place_state(state, self.mesh)
        self.cursor = cursor

    def begin_from(self, parameters: Mapping[str, np.ndarray], begun_from: BegunFrom) -> None:
        """Begin with other parameters than the recipe's; the optimiser starts anew.

        Args:
            parameters: by their names in a checkpoint.
            begun_from: where they come from.
        """
        params = from_arrays(parameters, self._state.params, "params.")
        self.take_over(self.on_host()._replace(params=params), self.cursor)
        self._begun_from = begun_from

    def capture(self) -> Checkpoint | None:
        """The whole state, copied to the host; None where a number in it is not finite."""
        arrays = to_arrays(self.on_host())
        if not all(np.isfinite(array).all() for array in arrays.values()):
            return None
        corpus = CorpusFacts(self._corpus.name, self._digest, len(self._corpus))
        progress = {**self.totals.to_progress(), **self.detector.to_progress(), "devices": self.mesh.size}
        return Checkpoint(arrays, describe(self.recipe, self.tokenizer, corpus, self.cursor, self.step, progress))

    def restore(self, state: Checkpoint) -> None:
        """Continue bit by bit from a captured state.

        Raises:
            CheckpointError: the state does not fit this recipe's network and optimiser.
        """
        try:
            whole = from_arrays(state.arrays, self._state)
        except TreeError as error:
            raise CheckpointError(f"The checkpoint does not fit its own recipe: {error} Use another one.") from error
        self.take_over(whole, state.manifest.cursor)
        self.totals = Totals.from_progress(state.manifest.progress)
        self.detector = DivergenceDetector.from_progress(state.manifest.progress)
