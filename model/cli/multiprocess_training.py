"""`charlstm train` by many processes: they join, agree on what is learned, and end together."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from corpora.corpus import Corpus, CorpusError
from model.cli.console import complain, say
from model.cli.exit_codes import exit_code
from model.cli.guarded_process import LOST, guarded
from model.devices.rendezvous import RollCallError, call_roll
from model.options.options import chosen_recipe
from model.recipe import Recipe, RecipeError
from model.recipe_file import from_plain, to_plain
from model.runs.folder import Run
from model.tokens.batches import DeviceError, check_split
from model.training_commands import Stop

if TYPE_CHECKING:
    from model.devices.multiprocess import Group, LeadingLearner
    from model.training.trainer import Trainer

_ADVICE = "Training has broken off; go on with what process 0 has saved: charlstm train --resume"

_SAVING_SECONDS = 30.0
"""For what is still to be saved when training breaks off; a disk that does not answer must not keep it from ending."""

_NO_DIGEST = "00" * 32
"""What a process says that could not open the text."""


class Leader:
    """Process 0 of a training.

    Args:
        group: all processes.
        devices: of each; 0 chooses.
        ending: told of the trainer whose states are to be saved if the training breaks off.
    """

    def __init__(self, group: Group, devices: int, ending: Ending) -> None:
        self._group, self._devices, self._ending = group, devices, ending
        self._learner: LeadingLearner | None = None

    def learner(self, corpus: Corpus, recipe: Recipe, spec: Sequence[str]) -> LeadingLearner:
        """Somebody who learns by all processes.

        Raises:
            RecipeError: another process could not open the text, or it has another one.
        """
        from model.devices.multiprocess import LeadingLearner

        self._group.tell({"recipe": to_plain(recipe), "corpus": list(spec), "devices": self._devices})
        if strangers := self._group.strangers(corpus.digest()):
            raise RecipeError(
                f"The text that process {strangers[0]} reads is not the one of process 0, or it has none: give the "
                "same text to all."
            )
        self._learner = LeadingLearner(corpus, recipe, self._devices, self._group)
        return self._learner

    def leads(self, trainer: Trainer, run: Run) -> None:
        """Take note of the training, once it can be stopped and saved."""
        self._ending.trainer, self._ending.run = trainer, run
        if self._learner:
            self._learner.asked_to_stop = lambda: trainer.send(Stop())

    def end(self, code: int) -> None:
        """Let the other processes end, where they follow by now."""
        if self._learner:
            self._learner.end(code)
            leave_together()


class Ending:
    """What is done when the training breaks off: save what there is, say what happened, and leave at once."""

    def __init__(self) -> None:
        self.trainer: Trainer | None = None
        self.run: Run | None = None

    def __call__(self, sentence: str) -> None:
        """End the process with code LOST. Python's own way out would wait for those who are gone."""
        try:
            advice = _ADVICE
            if self.trainer and self.run:
                self.trainer.finish_saving(_SAVING_SECONDS)
                name = shlex.quote(self.run.name)
                advice = f"Training has broken off and is kept; go on with it: charlstm train --resume {name}"
            complain(f"{sentence} {advice}")
            sys.stdout.flush()
        finally:
            os._exit(LOST)


def leave_together() -> None:
    """Leave the processes, which all do at once: who goes alone counts as lost."""
    import jax

    jax.distributed.shutdown()


def train_together(options: argparse.Namespace, lead: Callable[[Leader], int]) -> int:
    """Train as one of many processes; the exit code.

    Args:
        options: of the command line.
        lead: trains, where this is the process that leads.
    """
    if options.processes and options.resume is None:
        try:
            check_split(chosen_recipe(options.parser, options).batch, options.processes * (options.devices or 1))
        except DeviceError as error:
            raise RecipeError(str(error)) from error
    return guarded(options.process, _ADVICE, lambda: exit_code(lambda: _join_and_work(options, lead)))


def _join_and_work(options: argparse.Namespace, lead: Callable[[Leader], int]) -> int:
    try:
        _join(options)
    except RollCallError as error:
        complain(str(error))
        return LOST
    import jax

    from model.devices.multiprocess import Group, PeerLost

    ending = Ending()
    group = Group(options.step_timeout, ending)
    try:
        leads = jax.process_index() == 0
        # The processes connect at their first exchange, and wait for each other less long then than ever after.
        group.tell({} if leads else None)
        group.exchange()
        code = _lead(Leader(group, options.devices, ending), lead) if leads else _follow(options, group)
    except PeerLost as error:
        ending(str(error))
        raise  # in vain: the process has ended
    return code


def _join(options: argparse.Namespace) -> None:
    """Meet the other processes, and have JAX join them.

    Raises:
        RollCallError: they are not all there.
    """
    from model.devices import local_devices

    devices = options.devices or local_devices.cores()
    if not options.cluster:
        devices = call_roll(options.coordinator, options.processes, options.process, devices, options.join_timeout)
    local_devices.start(devices, options.device)
    import jax

    try:
        jax.distributed.initialize(
            options.coordinator,
            options.processes,
            options.process,
            initialization_timeout=math.ceil(options.join_timeout),
            heartbeat_timeout_seconds=math.ceil(options.heartbeat),
        )
    except (RuntimeError, ValueError, TypeError) as error:
        why = str(error).rstrip(".")
        if options.cluster:
            raise RecipeError(f"--cluster found no processes that it could join: {why}.") from error
        raise RollCallError(f"JAX could not join the processes at {options.coordinator}: {why}.") from error


def _lead(leader: Leader, lead: Callable[[Leader], int]) -> int:
    """Train; the others end as this process does. Where it fails on the way, its end tells them."""
    try:
        code = lead(leader)
    except OSError:  # training has come to its end; that nobody listens here any more is no concern of the others
        leader.end(0)
        raise
    leader.end(code)
    return code


def _follow(options: argparse.Namespace, group: Group) -> int:
    """Do what process 0 orders; the exit code. Where this process fails, its end tells the others."""
    import jax

    from model.cli.train import open_text, stopping
    from model.devices import local_devices
    from model.devices.multiprocess import follow
    from model.tokens.batches import BatchError
    from model.training.learner import Learner

    told = group.tell(None)
    recipe = from_plain(told["recipe"])
    corpus, failure = None, None
    try:
        corpus = open_text(options.corpus or told["corpus"], recipe)
    except CorpusError as error:
        failure = error
    strangers = group.strangers(corpus.digest() if corpus else _NO_DIGEST)
    if failure:
        raise failure
    me, all_of_us = jax.process_index(), jax.process_count()
    if corpus is None or strangers:
        raise RecipeError("The processes do not read the same text: process 0 says which does not.")
    try:
        local_devices.check_device(options.device)
        learner = Learner(corpus, recipe, told["devices"])
    except (BatchError, DeviceError) as error:
        raise RecipeError(str(error)) from error
    asked: list[int] = []
    with stopping(lambda: asked.append(1)) as received:
        if not options.json:
            with suppress(OSError):  # the others need this process, whether anybody reads of it or not
                say(f"process {me} of {all_of_us} learns with process 0, which keeps the run")
        code = follow(learner, group, lambda: bool(asked))
        leave_together()
    return 128 + received[0] if received else code
