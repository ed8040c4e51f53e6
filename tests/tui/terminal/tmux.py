"""A shell in a real tmux, as people have it, to run the program in."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from typing import Self

from tests.patience import PATIENCE
from tests.tui.terminal.driver import ROOT, Watched

PROMPT = "prompt>"


class Tmux(Watched):
    """A server of its own with one shell in it; both end with the block."""

    def __init__(self, environment: Mapping[str, str], *, columns: int = 120, lines: int = 40) -> None:
        self._socket = f"charlstm-test-{os.getpid()}"
        given = {**os.environ, "LC_ALL": "C.UTF-8", **environment}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "TMUX"):
            given.pop(name, None)
        command = ["new-session", "-d", "-x", str(columns), "-y", str(lines), "-c", str(ROOT)]
        self._tmux(*command, f"env PS1='{PROMPT} ' bash --norc --noprofile -i", environment=given)

    def __enter__(self) -> Self:
        try:
            self.wait_for(PROMPT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    @property
    def screen(self) -> str:
        """The rows of the pane."""
        return "\n".join(line.rstrip() for line in self._tmux("capture-pane", "-p").split("\n"))

    def pump(self, seconds: float) -> bool:
        """Let time pass; tmux reads by itself."""
        time.sleep(min(seconds, 0.05))
        return True

    def send(self, keys: str) -> None:
        """Type `keys`."""
        self._tmux("send-keys", "-l", keys)

    def run(self, command: str) -> None:
        """Type a command and Enter."""
        self._tmux("send-keys", "-l", command)
        self._tmux("send-keys", "Enter")

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def output_of(self, command: str) -> str:
        """What a command says, in a cleared terminal."""
        self.run(f"clear; {command}; echo fin | tr a-z A-Z")
        self.wait_for("\nFIN\n")
        return self.screen.partition("\nFIN\n")[0]

    def flags(self) -> dict[str, str]:
        """The modes of the terminal that a program may leave on by mistake."""
        names = ("alternate_on", "mouse_any_flag", "cursor_flag", "wrap_flag", "keypad_flag", "bracket_paste_flag")
        values = self._tmux("display-message", "-p", " ".join(f"#{{{name}}}" for name in names))
        return dict(zip(names, values.rstrip("\n").split(" "), strict=True))

    def _tmux(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        command = ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE
        ).stdout
