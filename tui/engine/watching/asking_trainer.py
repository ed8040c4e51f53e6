"""AskingTrainer: passes on what keys ask of the program that trains a watched run, one request after another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.training.steering.answers import ANSWER_SECONDS, unanswered, why_not_asked
from model.training.steering.requests import KINDS, ask
from model.training.steering.training_commands import Command

_LOOK_SECONDS = 0.25


class AskingTrainer:
    """Any thread may call `ask`; one thread calls `run`. What the program does comes back as events of the run.

    Args:
        run: only its folder of requests is written to.
        warn: told in a sentence of a request without an answer.
    """

    def __init__(self, run: Run, warn: Callable[[str], object]) -> None:
        self._run, self._warn = run, warn
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def ask(self, command: Command) -> None:
        """Have the program asked for this, after what it was asked before."""
        self._commands.put(command)

    def run(self, stopping: threading.Event) -> None:
        """Ask until the screen is closing."""
        while not stopping.is_set():
            try:
                command = self._commands.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            name = next(name for name, (known, _) in KINDS.items() if known == command)
            try:
                if sentence := why_not_asked(self._run):
                    self._warn(sentence)
                    continue
                answer = ask(self._run, name, ANSWER_SECONDS, lambda: not stopping.is_set())
                if isinstance(answer, str) and not stopping.is_set():
                    self._warn(unanswered(self._run, answer))
            except RunError as error:
                self._warn(str(error))
