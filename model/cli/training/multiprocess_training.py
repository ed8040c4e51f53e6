"""`charlstm train` by several processes: they join, agree on what is trained, and end at the same time."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from corpora.corpus import CorpusError
from corpora.progress import Tell
from model.cli.console import complain, say, text_bar
from model.cli.exit_codes import exit_code, stopping
from model.cli.training.guarded_process import guarded
from model.devices.rendezvous import RollCallError, call_roll, own_address
from model.options.explaining.explained_errors import PEER_LOST
from model.options.process_options import ProcessOptions
from model.options.recipe_file import from_plain, to_plain
from model.options.shell_command import typed
from model.options.training_options import TrainingOptions
from model.preparing.prepare import Opened, open_text
from model.recipe import RecipeError
from model.runs.folder import Run
from model.tokens.batches import check_split
from model.tokens.tokenizer_kinds import class_of
from model.training.steering.training_commands import Stop

if TYPE_CHECKING:
    from model.devices.multiprocess import Group, LeadingLearner
    from model.training.trainer import Trainer

_SAVING_SECONDS = 30.0
"""The most time for the last save when training is interrupted, because a disk may never answer."""

_NO_DIGEST = "00" * 32
"""The digest that a process sends if it could not open the text."""


class Leader:
    """Process 0 of a training.

    Args:
        group: all processes.
        ending: told of the trainer whose states are to be saved if the training breaks off.
    """

    def __init__(self, group: Group, ending: Ending) -> None:
        self._group, self._ending = group, ending
        self._learner: LeadingLearner | None = None

    def learner(self, opened: Opened, progress: Tell | None) -> LeadingLearner:
        """A learner that trains with all processes; `progress` as for `Learner`.

        Raises:
            RecipeError: another process could not open the text, or it has another one.
        """
        from model.devices.multiprocess import LeadingLearner

        corpus, recipe, devices = opened.corpus, opened.recipe, opened.options.devices
        self._group.tell({"recipe": to_plain(recipe), "corpus": list(opened.spec), "devices": devices})
        if strangers := self._group.strangers(corpus.digest()):
            raise RecipeError(
                f"Process {strangers[0]} reads another text than process 0, or none: give the same text to all."
            )
        tokenizer = opened.tokenizer or class_of(recipe.tokens).train(corpus, recipe, progress)
        self._group.tell({"tokenizer": tokenizer.to_plain()})
        self._learner = LeadingLearner(corpus, recipe, devices, self._group, tokenizer, progress)
        return self._learner

    def leads(self, trainer: Trainer, run: Run) -> None:
        """Remember the training, once it can be stopped and saved."""
        self._ending.trainer, self._ending.run = trainer, run
        if self._learner:
            self._learner.asked_to_stop = lambda: trainer.send(Stop())

    def end(self, code: int) -> None:
        """Let the other processes end, if they follow orders already."""
        if self._learner:
            self._learner.end(code)
            leave()


class Ending:
    """Ends an interrupted training: saves, prints what happened, and ends the process at once."""

    def __init__(self) -> None:
        self.trainer: Trainer | None = None
        self.run: Run | None = None

    def __call__(self, sentence: str) -> None:
        """End the process with code PEER_LOST. Python's own way out would wait for the lost processes."""
        try:
            advice = _advice()
            if self.trainer and self.run:
                self.trainer.finish_saving(_SAVING_SECONDS)
                advice = f"Training has stopped and is saved. Resume it: {_resuming(self.run.reference)}"
            complain(f"{sentence} {advice}")
            sys.stdout.flush()
        finally:
            os._exit(PEER_LOST)


def leave() -> None:
    """Leave the group. All processes must do so together: one that leaves alone counts as lost."""
    import jax

    jax.distributed.shutdown()


def train_in_group(
    options: TrainingOptions, group: ProcessOptions, lead: Callable[[Leader], int], *, quiet: bool
) -> int:
    """Train as one of several processes. Returns the exit code.

    Args:
        options: what to train.
        group: the processes.
        lead: trains, if this is process 0.
        quiet: whether the other processes print nothing.
    """
    if group.processes and options.resume is None and options.from_ is None:
        check_split(options.recipe.batch, group.processes * (options.devices or 1))

    def work() -> int:
        return exit_code(lambda: _join_and_work(options, group, lead, quiet))

    return guarded(group.process, _advice(), work)


def _advice() -> str:
    return f"Training has stopped. Resume what process 0 has saved: {_resuming()}"


def _resuming(*run: str) -> str:
    return typed("charlstm", "train", "--resume", *run)


def _join_and_work(options: TrainingOptions, group: ProcessOptions, lead: Callable[[Leader], int], quiet: bool) -> int:
    _join(options, group)
    import jax

    from model.devices.multiprocess import Group, PeerLost

    ending = Ending()
    joined = Group(group.step_timeout, ending)
    try:
        leads = jax.process_index() == 0
        # The processes connect at their first exchange, and wait for each other less long then than later.
        joined.tell({} if leads else None)
        joined.exchange()
        return _lead(Leader(joined, ending), lead) if leads else _follow(options, joined, quiet)
    except PeerLost as error:
        ending(str(error))
        raise  # never reached: the process has ended


def _join(options: TrainingOptions, group: ProcessOptions) -> None:
    """Meet the other processes, and have JAX join them.

    Raises:
        RollCallError: some of them are missing.
    """
    from model.devices.jax_setup import cores, start_jax

    devices, listens_at = options.devices or cores(), None
    if group.coordinator is not None and group.processes is not None and group.process is not None:
        devices = call_roll(group.coordinator, group.processes, group.process, devices, group.join_timeout)
        if group.process == 0:
            listens_at = own_address(group.coordinator)
    start_jax(devices, options.device, joins=True)
    import jax

    try:
        jax.distributed.initialize(
            group.coordinator,
            group.processes,
            group.process,
            coordinator_bind_address=listens_at,
            initialization_timeout=math.ceil(group.join_timeout),
            heartbeat_timeout_seconds=math.ceil(group.heartbeat),
        )
    except (RuntimeError, ValueError, TypeError) as error:
        why = str(error).rstrip(".")
        if group.cluster:
            raise RecipeError(f"--cluster found no processes to join: {why}.") from error
        raise RollCallError(f"JAX could not join the processes at {group.coordinator}: {why}.") from error


def _lead(leader: Leader, lead: Callable[[Leader], int]) -> int:
    """Train; the others end when this process does. If it fails on the way, they notice its end."""
    try:
        code = lead(leader)
    except OSError:  # training has ended; that nothing reads this output any more does not concern the others
        leader.end(0)
        raise
    leader.end(code)
    return code


def _follow(options: TrainingOptions, group: Group, quiet: bool) -> int:
    """Follow the orders of process 0. Returns the exit code. If this process fails, the others notice its end."""
    import jax

    from model.devices.jax_setup import check_device
    from model.devices.multiprocess import follow
    from model.training.learner import Learner

    told = group.tell(None)
    recipe = from_plain(told["recipe"])
    corpus, failure = None, None
    try:
        with text_bar() as progress:
            corpus = open_text(options.corpus or told["corpus"], recipe, progress)
    except CorpusError as error:
        failure = error
    strangers = group.strangers(corpus.digest() if corpus else _NO_DIGEST)
    if failure:
        raise failure
    if corpus is None or strangers:
        raise RecipeError("The processes do not read the same text: process 0 says which does not.")
    check_device(options.device)
    tokenizer = class_of(recipe.tokens).from_plain(group.tell(None)["tokenizer"])
    with text_bar() as progress:
        learner = Learner(corpus, recipe, told["devices"], tokenizer=tokenizer, progress=progress)
    asked: list[int] = []
    with stopping(lambda: asked.append(1)) as received:
        if not quiet:
            with suppress(OSError):  # the others need this process even if nothing reads its output
                number, count = jax.process_index(), jax.process_count()
                say(f"process {number} of {count} trains with process 0, which keeps the run")
        code = follow(learner, group, lambda: bool(asked))
        leave()
    return 128 + received[0] if received else code
