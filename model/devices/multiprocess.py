"""Training by several processes: process 0 leads, the others follow, and all end when one of them dies or hangs.

The leader runs the Trainer and owns the run's folder. Before everything that needs all processes it sends an order. An
order is one small exchange over JAX's collectives, in which every process also says whether it was asked to stop. Each
process holds its own lanes and the same parameters.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils

from corpora.corpus import Corpus
from corpora.errors import CharlstmError
from corpora.progress import Tell
from model.options.explaining.explained_errors import PEER_LOST
from model.recipe import Recipe
from model.tokens.batches import Cursor
from model.tokens.tokenizer import Tokenizer
from model.training.learner import Chunk, Learner
from model.training.train_step import TrainState

BEAT_SECONDS = 1.0
"""A leader without orders shows this often that it is alive."""


class PeerLost(CharlstmError):  # noqa: N818 - what happened, not an error of this process
    """Another process has died or hangs; the message says which."""

    exit_code = PEER_LOST


class Order(IntEnum):
    """What all processes do next."""

    WAIT = 0
    """Nothing: the leader only shows that it is alive."""
    LEARN = 1
    """Train; the argument is the number of steps."""
    END_EPOCH = 2
    SCALE_RATE = 3
    """The argument is the factor, as the bits of a float32."""
    GATHER = 4
    """Copy the whole state to the leader."""
    TAKE_OVER = 5
    """Continue from the leader's state."""
    END = 6
    """The argument is the exit code."""


class Orders(NamedTuple):
    """An exchange: the leader's order, and whether any process was asked to stop."""

    order: Order
    argument: int
    stop: bool


class Group:
    """The processes of a training, seen from one of them.

    Args:
        patience: seconds within which the others must answer.
        give_up: called in another thread, with a sentence, when they take longer; it must end the process, because
            waiting for them cannot be interrupted.
    """

    def __init__(self, patience: float, give_up: Callable[[str], None]) -> None:
        self._patience = patience
        self._give_up = give_up
        self._deadline = math.inf
        self._changed = threading.Condition()
        threading.Thread(target=self._watch, name="watching the other processes", daemon=True).start()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """For `with`, around everything that needs the other processes.

        Raises:
            PeerLost: one of them has died.
        """
        self._expect(time.monotonic() + self._patience)
        try:
            yield
        except (jax.errors.JaxRuntimeError, ValueError) as error:
            if not _is_loss(error):
                raise
            raise PeerLost(f"{_others()} has died or cannot be reached.") from error
        finally:
            self._expect(math.inf)

    def exchange(self, order: Order = Order.WAIT, argument: int = 0, stop: bool = False) -> Orders:
        """Send the order (the leader) or receive it (the others); all processes must call it together.

        Raises:
            PeerLost: one of them has died.
        """
        with self.waiting():
            own = np.array([order, argument, stop], np.int32)
            rows = np.asarray(multihost_utils.process_allgather(own))
        return Orders(Order(int(rows[0, 0])), int(rows[0, 1]), bool(rows[:, 2].any()))

    def share(self, tree: Any) -> Any:
        """The leader's arrays; every process passes a tree of the same structure, shapes and types."""
        with self.waiting():
            return jax.tree.map(np.array, multihost_utils.broadcast_one_to_all(tree))

    def tell(self, facts: dict[str, Any] | None) -> dict[str, Any]:
        """The leader's facts, plain as JSON; the others pass None."""
        data = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        length = int(self.share(np.array(len(data), np.int32)))
        told = self.share(np.zeros(length, np.uint8) if facts is None else data)
        whole: dict[str, Any] = json.loads(told.tobytes())
        return whole

    def strangers(self, digest: str) -> list[int]:
        """The processes whose digest, in hexadecimal, is not the leader's."""
        with self.waiting():
            rows = multihost_utils.process_allgather(np.frombuffer(bytes.fromhex(digest), np.uint8))
        return [process for process, row in enumerate(rows) if not np.array_equal(row, rows[0])]

    def _expect(self, deadline: float) -> None:
        with self._changed:
            self._deadline = deadline
            self._changed.notify_all()

    def _watch(self) -> None:
        while True:
            with self._changed:
                left = self._deadline - time.monotonic()
                if left > 0:
                    self._changed.wait(None if math.isinf(left) else left)
                    continue
                self._deadline = math.inf
            self._give_up(f"{_others()} hangs: it has not answered for {self._patience:g} s.")


def _others() -> str:
    """The other processes as the subject of a sentence: 'Process 1'."""
    if jax.process_count() == 2:
        return f"Process {1 - jax.process_index()}"
    return f"One of the other {jax.process_count() - 1} processes"


def _is_loss(error: Exception) -> bool:
    """Whether an error means a broken connection: JAX has no type of error for it."""
    return "gloo" in str(error).lower() or "nccl" in str(error).lower() or "UNAVAILABLE" in str(error)


class LeadingLearner(Learner):
    """A learner that orders the other processes to do what it does.

    Args:
        corpus: as for Learner.
        recipe: likewise.
        devices: of each process; 0 chooses.
        group: the processes.
        tokenizer: that all use.
        progress: as for Learner.
    """

    beat_seconds = BEAT_SECONDS

    def __init__(
        self,
        corpus: Corpus,
        recipe: Recipe,
        devices: int,
        group: Group,
        tokenizer: Tokenizer,
        progress: Tell | None,
    ) -> None:
        super().__init__(corpus, recipe, devices, tokenizer=tokenizer, progress=progress)
        self.asked_to_stop: Callable[[], object] = lambda: None
        """Called when another process was asked to stop."""
        self._group = group
        self._last_order = -math.inf
        # All processes draw the first weights from the same seed, but not all machines round alike.
        self.take_over(self.on_host(), self.cursor)

    def keep_in_touch(self) -> None:
        """Show the others that this process is alive, if the last order is a while ago."""
        if time.monotonic() - self._last_order >= BEAT_SECONDS:
            self._order(Order.WAIT)

    def learn(self, n: int) -> Chunk:
        """Do the next n steps together with all processes."""
        self._order(Order.LEARN, n)
        with self._group.waiting():
            return super().learn(n)

    def end_epoch(self) -> None:
        """Begin the next epoch, if this one is complete."""
        self._order(Order.END_EPOCH)
        super().end_epoch()

    def set_rate_scale(self, scale: float) -> None:
        """Multiply the schedule's learning rate by this from now on."""
        self._order(Order.SCALE_RATE, int(np.float32(scale).view(np.int32)))
        super().set_rate_scale(scale)

    def on_host(self) -> TrainState:
        """The state of all processes, readable in this one."""
        self._order(Order.GATHER)
        with self._group.waiting():
            return super().on_host()

    def take_over(self, state: TrainState, cursor: Cursor) -> None:
        """Continue from a state on the host; all processes take this one's."""
        self._order(Order.TAKE_OVER)
        super().take_over(*_share_state(self._group, state, cursor))

    def end(self, code: int) -> None:
        """End the others, with this exit code."""
        self._order(Order.END, code)

    def _order(self, order: Order, argument: int = 0) -> None:
        if self._group.exchange(order, argument).stop:
            self.asked_to_stop()
        self._last_order = time.monotonic()


def follow(learner: Learner, group: Group, asked_to_stop: Callable[[], bool]) -> int:
    """Follow the leader's orders to the end of the training.

    Args:
        learner: of the leader's corpus and recipe.
        group: the processes.
        asked_to_stop: whether this process was asked to stop; the leader then ends the training.

    Returns:
        The exit code.

    Raises:
        PeerLost: another process has died.
    """
    while True:
        order, argument, _ = group.exchange(stop=asked_to_stop())
        match order:
            case Order.WAIT:
                pass
            case Order.LEARN:
                with group.waiting():
                    learner.learn(argument)
            case Order.END_EPOCH:
                learner.end_epoch()
            case Order.SCALE_RATE:
                learner.set_rate_scale(float(np.int32(argument).view(np.float32)))
            case Order.GATHER:
                with group.waiting():
                    learner.on_host()
            case Order.TAKE_OVER:
                learner.take_over(*_share_state(group, learner.blank(), learner.cursor))
            case Order.END:
                return argument


def _share_state(group: Group, state: TrainState, cursor: Cursor) -> tuple[TrainState, Cursor]:
    """The leader's state and place in the text."""
    state, place = group.share((state, np.array(cursor, np.int32)))
    return state, Cursor(*place.tolist())
