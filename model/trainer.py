"""The training loop: an iterator of events that takes commands between two chunks of steps.

The screen and the command line consume the same stream. The loop owns the state on the devices; what leaves it are
numbers, and copies of the parameters that nothing later overwrites.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from corpora.corpus import Corpus
from model import recipe_file
from model.batches import Cursor, open_reader
from model.checkpoint import Checkpoint, CheckpointError, CorpusFacts, Manifest, current_versions
from model.commands import Command, Pause, Resume, Save, SetRate, Stop
from model.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Progress,
    Saved,
    SaveFailed,
)
from model.network import Graph, Params, build, count
from model.parallel import make_mesh
from model.recipe import NOTEBOOK, Recipe
from model.records import event_record
from model.runs import Run, RunError
from model.training import (
    CHUNK,
    Metrics,
    evaluate,
    init_state,
    make_evaluate_block,
    make_train_chunk,
    place_batches,
)
from model.trees import to_arrays
from model.vocabulary import Vocabulary
from model.writing import Author

_CHUNK_SECONDS = 0.1
"""How long a chunk should take: commands are taken between chunks."""

_PUBLISH_SECONDS = 1.0
"""At most this often are parameters copied in mid-epoch."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Parameters as they were at one moment, on the host; nothing overwrites them."""

    params: Params
    epoch: int
    """Whole epochs they have seen."""
    step: int


@dataclass(slots=True)
class _Epoch:
    """Sums over the epoch in progress."""

    loss: float = 0.0
    count: float = 0.0
    seconds: float = 0.0
    untimed_steps: int = 0
    """How many of its first steps `seconds` leaves out."""

    def add(self, losses: np.ndarray, counts: np.ndarray, seconds: float) -> None:
        self.loss += float(np.sum(losses * counts, dtype=np.float64))
        self.count += float(np.sum(counts, dtype=np.float64))
        self.seconds += seconds

    @property
    def mean(self) -> float:
        return self.loss / self.count if self.count else math.nan


class Trainer:
    """One run: reads the corpus by the recipe, epoch after epoch.

    Args:
        corpus: the open text.
        recipe: every hyperparameter.
        devices: how many to train on; 0 chooses.
        max_seconds: end after this much training time, at the end of the chunk in progress.

    Raises:
        BatchError: the corpus is too short for the recipe.
        DeviceError: there are not as many devices, or the batch does not divide over them.
    """

    def __init__(
        self,
        corpus: Corpus,
        recipe: Recipe,
        *,
        devices: int = 0,
        max_seconds: float | None = None,
    ) -> None:
        self.recipe = recipe
        self.vocabulary = Vocabulary(corpus.alphabet, corpus.unknown, recipe.lowercase)
        self._corpus, self._max_seconds = corpus, max_seconds
        self._run: Run | None = None
        self._training_ids, self._held_out_ids = corpus.split(recipe.held_out)
        self._reader = open_reader(self._training_ids, recipe)
        self._mesh = make_mesh(recipe.batch, devices)
        params: Params
        self.graph: Graph
        self.graph, params = build(recipe, len(self.vocabulary))
        self.parameters = count(params)
        self._state = init_state(recipe, params, self._mesh)
        total_steps = recipe.epochs * self._reader.steps_per_epoch
        self._train_chunk = make_train_chunk(self.graph, recipe, self._reader.carried, total_steps, self._mesh)
        self._evaluate_block = make_evaluate_block(self.graph)
        self._cursor = Cursor(0, 0)
        self._epoch = _Epoch()
        self._seconds = 0.0
        self._chunk = 1
        self._best: tuple[float, int] | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._paused = self._stopped = self._save_asked = False
        self._next_publish = 0.0
        self._publish: Callable[[Snapshot], None]

    def send(self, command: Command) -> None:
        """Ask something of the run, from any thread."""
        self._commands.put(command)

    def author(self) -> Author:
        """The network as it stands, as somebody who writes."""
        return Author(self.graph, self._host_params(), self.recipe, self.vocabulary)

    def run(
        self, publish: Callable[[Snapshot], None] = lambda snapshot: None, *, keep: Run | None = None
    ) -> Iterator[Event]:
        """Train to the end, saying how it goes. To be iterated once.

        Args:
            keep: the folder for metrics and checkpoints; None keeps nothing.
            publish: called by whoever iterates, with the parameters at the start, at the end of each epoch before its
                event, and about every second between.
        """
        self._publish, self._run = publish, keep
        yield self._corpus_ready()
        self._publish_now()
        reason = "epochs"
        while self._cursor.epoch < self.recipe.epochs:
            while self._cursor.step < self._reader.steps_per_epoch:
                self._take_commands()
                if self._stopped or self._out_of_time:
                    break
                if self._save_asked:
                    yield from self._save(best=False)
                    continue  # what was asked meanwhile comes first: above all, a pause goes on
                yield from self._train()
            if self._stopped:
                reason = "stopped"
                break
            if self._epoch.count:
                yield from self._end_epoch()
            if self._out_of_time and self._cursor.epoch < self.recipe.epochs:
                reason = "time"
                break
        if self._stopped:
            yield from self._save(best=False)
        best, epoch = self._best or (None, None)
        yield Finished(
            reason=reason,
            epoch=self._cursor.epoch,
            step=int(self._state.step),
            seconds=self._seconds,
            best_held_out=best if len(self._held_out_ids) > 1 else None,
            best_epoch=epoch,
            run=self._run_folder,
        )

    @property
    def _out_of_time(self) -> bool:
        return self._max_seconds is not None and self._seconds >= self._max_seconds

    @cached_property
    def _digest(self) -> str:
        return self._corpus.digest()

    @property
    def _run_folder(self) -> str | None:
        return str(self._run.folder) if self._run else None

    def _corpus_ready(self) -> CorpusReady:
        corpus = self._corpus
        # Lanes know no windows: what is counted then are the exercise's.
        windows = self.recipe if self.recipe.reading == "windows" else NOTEBOOK
        return CorpusReady(
            name=corpus.name,
            title=corpus.title,
            characters=len(corpus),
            sequences=corpus.sequences(windows.window, windows.stride),
            distinct=len(corpus.alphabet),
            training_characters=len(self._training_ids),
            held_out_characters=len(self._held_out_ids),
            notes=corpus.notes,
        )

    def _take_commands(self, wait: bool = True) -> None:
        """Do what was asked; while paused, wait for more if told to."""
        while not self._stopped:
            try:
                command = self._commands.get(block=wait and self._paused and not self._save_asked)
            except queue.Empty:
                return
            match command:
                case Pause():
                    self._paused = True
                case Resume():
                    self._paused = False
                case SetRate(scale):
                    scaled = jax.device_put(np.float32(scale), self._state.rate_scale.sharding)
                    self._state = self._state._replace(rate_scale=scaled)
                case Save():
                    self._save_asked = True
                case Stop():
                    self._stopped = True

    def _train(self) -> Iterator[Event]:
        """One chunk of steps."""
        at, first = self._cursor, self._seconds == 0
        if at.step == 0 and self._reader.carried:
            self._state = self._state._replace(carries=jax.tree.map(jnp.zeros_like, self._state.carries))
        n = min(self._chunk, self._reader.steps_per_epoch - at.step)
        begun = time.perf_counter()
        metrics: Metrics
        self._state, metrics = self._train_chunk(self._state, place_batches(self._reader.take(at, n), self._mesh), n)
        # Waiting for each chunk is also what keeps several CPU devices from blocking one another on older JAX.
        losses, counts, rates = (np.array(each)[:n] for each in metrics)
        spent = time.perf_counter() - begun
        self._cursor = Cursor(at.epoch, at.step + n)
        self._seconds += spent
        self._epoch.add(losses, counts, spent)
        if first:
            yield Compiled(
                seconds=spent,
                parameters=self.parameters,
                devices=self._mesh.size,
                steps_per_epoch=self._reader.steps_per_epoch,
                epochs=self.recipe.epochs,
                run=self._run_folder,
            )
            # The compiler's time is no measure of training speed.
            self._epoch.seconds, self._epoch.untimed_steps = 0.0, n
        else:
            self._chunk = max(1, min(CHUNK, round(_CHUNK_SECONDS * n / spent)))
        yield Progress(
            epoch=at.epoch + 1,
            step=int(self._state.step),
            step_in_epoch=self._cursor.step,
            steps_per_epoch=self._reader.steps_per_epoch,
            loss=float(np.average(losses, weights=counts)),
            epoch_loss=self._epoch.mean,
            rate=float(rates[-1]),
            characters_per_second=self._characters_per_second,
            seconds=self._seconds,
        )
        if time.perf_counter() >= self._next_publish:
            self._publish_now()

    @property
    def _characters_per_second(self) -> float:
        characters = self._reader.characters
        read = characters(self._cursor.step) - characters(self._epoch.untimed_steps)
        return read / self._epoch.seconds if self._epoch.seconds else 0.0

    def _end_epoch(self) -> Iterator[Event]:
        """Judge the weights on the held-out text, keep them, and say so. An epoch cut short by time ends here too."""
        epoch, step = self._cursor.epoch + 1, int(self._state.step)
        loss, speed = self._epoch.mean, self._characters_per_second
        held_out = self._held_out_loss()
        if self._stopped:
            return
        judged = loss if held_out is None else held_out
        best = not math.isnan(judged) and (self._best is None or judged < self._best[0])
        if best:
            self._best = judged, epoch
        if self._cursor.step == self._reader.steps_per_epoch:
            self._cursor = Cursor(epoch, 0)
        self._epoch = _Epoch()
        self._publish_now()
        event = EpochEnd(
            epoch=epoch,
            step=step,
            loss=loss,
            held_out=held_out,
            bpc=None if held_out is None else held_out / math.log(2),
            seconds=self._seconds,
            characters_per_second=speed,
        )
        yield event
        yield from self._save(best=best, metrics=event)

    def _held_out_loss(self) -> float | None:
        if len(self._held_out_ids) < 2:
            return None

        def stopped() -> bool:
            self._take_commands(wait=False)
            return self._stopped

        params = jax.device_put(self._host_params(), self._mesh.devices.flat[0])
        return evaluate(self._evaluate_block, self.recipe, params, self._held_out_ids, stopped)

    def _host_params(self) -> Params:
        params: Params = jax.tree.map(np.array, self._state.params)
        return params

    def _publish_now(self) -> None:
        begun = time.perf_counter()
        self._publish(Snapshot(self._host_params(), self._cursor.epoch, int(self._state.step)))
        now = time.perf_counter()
        # A large network is copied less often: never more than a twentieth of the time.
        self._next_publish = now + max(_PUBLISH_SECONDS, 20 * (now - begun))

    def _save(self, *, best: bool, metrics: EpochEnd | None = None) -> Iterator[Event]:
        self._save_asked = False
        if self._run is None:
            return
        if metrics:
            try:
                self._run.append_metrics(event_record(metrics))
            except RunError as error:
                yield SaveFailed(str(error))
        try:
            path = self._run.save(self._checkpoint(), best=best)
        except CheckpointError as error:
            yield SaveFailed(str(error))
        else:
            yield Saved(str(path), int(self._state.step))

    def _checkpoint(self) -> Checkpoint:
        best, best_epoch = self._best or (None, None)
        return Checkpoint(
            arrays=to_arrays(self._state),
            manifest=Manifest(
                recipe=recipe_file.to_plain(self.recipe),
                vocabulary=self.vocabulary,
                corpus=CorpusFacts(self._corpus.name, self._digest, len(self._corpus)),
                cursor=self._cursor,
                step=int(self._state.step),
                progress={
                    "epoch_loss": self._epoch.loss,
                    "epoch_count": self._epoch.count,
                    "epoch_seconds": self._epoch.seconds,
                    "seconds": self._seconds,
                    "best": best,
                    "best_epoch": best_epoch,
                },
                versions=current_versions(),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )
