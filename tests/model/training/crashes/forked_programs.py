"""Programs that start at once: a process has imported everything and becomes one of them each time it is asked to.

It never uses JAX itself: what has started JAX cannot be forked. Run it with `python -m`; the class is for tests.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.model.environments.changed_world import enter

ROOT = Path(__file__).parents[4]


class ForkedPrograms:
    """Starts `charlstm` again and again, one at a time."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.model.training.crashes.forked_programs"]
        self._parent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parent.__exit__(kind, error, trace)  # it ends with its standard input

    def run(
        self,
        arguments: Sequence[str],
        output: Path,
        kill_after: float | None = None,
        world: Mapping[str, Any] | None = None,
    ) -> int:
        """Run a command line; what it prints goes into a file.

        Args:
            arguments: of `charlstm`.
            output: the file.
            kill_after: seconds after its start at which it is killed, if it is not over by then.

            world: what differs around it, as `changed_world.enter` takes it.

        Returns:
            Its exit code, or minus the signal that ended it.
        """
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(json.dumps([[*arguments], str(output), {**(world or {})}]).encode() + b"\n")
        process = int(self._parent.stdout.readline())
        if kill_after is not None and not select.select([self._parent.stdout], [], [], kill_after)[0]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return int(self._parent.stdout.readline())


def main() -> None:
    """Take command lines from standard input."""
    import model.training.trainer  # noqa: F401 - and with it JAX
    from model.cli import main as charlstm
    from model.cli.training import train  # noqa: F401

    for line in sys.stdin:
        arguments, output, world = json.loads(line)
        if not (process := os.fork()):
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(os.open(f"{output}.errors", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
            enter(world)
            code = charlstm(arguments)
            sys.stdout.flush()
            os._exit(code)
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
