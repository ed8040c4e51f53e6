"""The engine of a training by several processes: process 0 is a second program, and the screen watches its run.

JAX ends a process at once when another one is lost. In the program that owns the terminal, that would leave the
terminal in a mess.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import IO

from textual.message import Message

from corpora.safe_text import shown
from model.options.training_options import command_line
from model.runs.files.json_lines import event_of, from_lines
from model.training.events import Compiled, CorpusReady
from tui.engine.messages import EngineFailed, Note
from tui.engine.watching.watching_engine import WatchingEngine
from tui.launch import Launch

_PROGRAM = "from model.cli import main; raise SystemExit(main())"


class MultiprocessEngine(WatchingEngine):
    """Starts process 0 of a training without a screen, and watches the run that it keeps.

    Args:
        environment: of that process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__()
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None
        self._listener = threading.Thread()
        self._complaint = ""
        """The last line of the child's standard error."""

    def start(self, launch: Launch, post: Callable[[Message], object]) -> None:
        """Begin the training; `post` takes a message for the screen from any thread without blocking."""
        self._launch, self._threads.post = launch, post
        self._threads.begin(self._train, "following", "training")

    def stop(self, timeout: float) -> bool:
        """Have the other program save and end within `timeout` seconds; it does so even after this one has left.

        Returns:
            Whether it has ended.
        """
        with self._lock:
            first = not self._threads.stopping.is_set()
            self._threads.stopping.set()
        if first and self._child:
            self._child.terminate()
        super().stop(timeout)
        return self._child is None or self._child.poll() is not None

    # What follows runs in the threads.

    def _train(self) -> None:
        self._threads.stage("waiting for the other processes")
        with self._lock:  # so that `stop` either prevents the child or ends it
            self._threads.go_on()
            # In a session of its own, so that the terminal's signals reach only the screen.
            self._child = child = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, "train", "--json", *command_line(self._launch)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        assert child.stdout is not None
        assert child.stderr is not None
        self._listener = threading.Thread(target=self._listen, args=(child.stderr,), daemon=True)
        self._listener.start()
        run = self._run_of(child.stdout)
        if run is None:
            child.stdout.close()
            self._end(child, began=False)
            return
        output = child.stdout
        self._threads.begin(lambda: self._await_end(child, output), "awaiting the end of the training", "training")
        self._launch = replace(self._launch, watch=run)
        self._follow()

    def _run_of(self, output: IO[bytes]) -> str | None:
        """The run's folder, once the child names it; None if the child ends before."""
        for line in output:
            event = next(map(event_of, from_lines(line)), None)
            if isinstance(event, CorpusReady):
                self._threads.stage("compiling the training step")
            if isinstance(event, Compiled):
                return event.run
        return None

    def _listen(self, errors: IO[bytes]) -> None:
        with errors:
            for line in errors:
                self._complaint = line.decode(errors="replace").strip().removeprefix("charlstm: ")

    def _await_end(self, child: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        with output:
            for _ in output:  # all of it is in the run as well
                pass
        self._end(child, began=True)

    def _end(self, child: subprocess.Popen[bytes], *, began: bool) -> None:
        code = child.wait()
        self._listener.join()
        if code == 0 or self._threads.stopping.is_set():
            return
        sentence = shown(self._complaint, 500) or f"The training ended with exit code {code} and no message."
        self._threads.post(Note(sentence) if began else EngineFailed(sentence, ""))
