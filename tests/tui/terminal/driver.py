"""A program on a real pty and its screen decoded, for tests and benchmarks of what people see."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pyte

from tests.patience import PATIENCE
from tests.signals import heeded_signals

ROOT = Path(__file__).resolve().parents[3]

_LONGEST_FRAME = 5.0
"""Seconds that the end of a frame is waited for."""

_SWITCH = re.compile(rb"\x1b\[\?1049([hl])")
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([<>])[0-9;]*u")
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]")
_UNFINISHED = re.compile(rb"\x1b(\[[<>=?0-9;$]*)?$")


class DecodedScreen:
    """What a terminal would show of the bytes it is fed, and the modes they put it into."""

    def __init__(self, columns: int, lines: int) -> None:
        self.modes: set[int] = set()
        """The private modes (DECSET) that are on, such as 1049, the alternate screen."""
        self.keyboard_protocol = 0
        """How often the kitty keyboard protocol was pushed and not popped."""
        self._screens = {mode: pyte.Screen(columns, lines) for mode in (b"h", b"l")}
        self._show(b"l")
        self._pending = b""

    @property
    def rows(self) -> list[str]:
        """The screen as it stands, without the spaces at the ends of rows."""
        return [line.rstrip() for line in self._visible.display]

    @property
    def looks(self) -> list[list[pyte.screens.Char]]:
        """Each cell of the screen as it stands, with its colours."""
        screen = self._visible
        return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        for screen in self._screens.values():
            screen.resize(lines, columns)

    def feed(self, data: bytes) -> None:
        """Take in what a program wrote; sequences may be cut anywhere."""
        data = self._pending + data
        unfinished = _UNFINISHED.search(data)
        self._pending = unfinished.group() if unfinished else b""
        data = data[: len(data) - len(self._pending)]
        for found in _MODE.finditer(data):
            numbers = {int(number) for number in found.group(1).split(b";") if number}
            self.modes = self.modes | numbers if found.group(2) == b"h" else self.modes - numbers
        for found in _KEYBOARD.finditer(data):
            self.keyboard_protocol += 1 if found.group(1) == b">" else -1
        parts = _SWITCH.split(_UNKNOWN_TO_PYTE.sub(b"", data))
        self._stream.feed(parts[0])
        for mode, text in zip(parts[1::2], parts[2::2], strict=True):
            self._show(mode)
            self._stream.feed(text)

    def _show(self, mode: bytes) -> None:
        self._visible = self._screens[mode]
        if mode == b"h":
            self._visible.reset()
        self._stream = pyte.ByteStream(self._visible)


WHOLE_FRAMES = 2026
"""The private mode between a frame's beginning and its end: 'synchronized output'."""

_ASKS_FOR_WHOLE_FRAMES, _HAS_WHOLE_FRAMES = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Watched:
    """A screen that changes while one looks at it; terminals say how with `screen` and `pump`."""

    @property
    def screen(self) -> str:
        """The rows of the screen as they stand."""
        raise NotImplementedError

    def pump(self, seconds: float) -> bool:
        """Show what the program writes within `seconds`, returning at the first bytes; False if none came."""
        raise NotImplementedError

    def wait_until(self, holds: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> None:
        """Show what the program writes until `holds()`; AssertionError with the screen when it never does."""
        end = time.perf_counter() + seconds
        while not holds():
            left = end - time.perf_counter()
            if left <= 0:
                raise AssertionError(f"never within {seconds} s: {what or holds}\n{self.screen}")
            self.pump(min(left, 0.1))

    def wait_for(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until `text` stands on the screen."""
        self.wait_until(lambda: text in self.screen, seconds, repr(text))

    def wait_gone(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until `text` no longer stands on the screen."""
        self.wait_until(lambda: text not in self.screen, seconds, f"without {text!r}")

    def wait_for_end(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until `text` is the last that stands on the screen."""
        self.wait_until(lambda: self.screen.rstrip().endswith(text), seconds, f"{text!r} at the end")

    def watch(self, seconds: float) -> None:
        """Look on for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.pump(left)


class PseudoTerminal(Watched):
    """Runs `argv` on a pty of the given size and shows what a person would see of it.

    Nothing is read behind the test's back: time passes on the screen only in the `wait` methods and `pump`.
    Decoding takes milliseconds; what measures time looks at `raw` alone, with `decoded=False`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        lines: int = 40,
        environment: Mapping[str, str] | None = None,
        folder: Path = ROOT,
        decoded: bool = True,
    ) -> None:
        self.raw = bytearray()
        """Everything the program wrote."""
        self.arrived = 0.0
        """When the latest of it came, by `time.perf_counter`."""
        self._decoder = DecodedScreen(columns, lines) if decoded else None
        given = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        full = {**os.environ, **given, **(environment or {})}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "TMUX"):
            if name not in (environment or {}):
                full.pop(name, None)
        self.started = time.perf_counter()
        self.master, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        # Not pty.fork(): this process may have JAX's threads. The shell, first in a session of its own, makes the
        # terminal the session's by opening it, and then becomes the program.
        become = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>"$0"', os.ttyname(terminal), *argv]
        with heeded_signals():
            self._program = subprocess.Popen(become, env=full, cwd=folder, start_new_session=True)
        self.process = self._program.pid
        # Until the program has opened it, a terminal that nobody else holds open would count as closed.
        self._terminal = terminal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def decoded(self) -> DecodedScreen:
        """The screen and its modes."""
        assert self._decoder is not None, "started with decoded=False"
        return self._decoder

    @property
    def screen(self) -> str:
        """The rows of the screen as they stand; what was written last, where nothing is decoded."""
        return "\n".join(self.decoded.rows) if self._decoder else repr(bytes(self.raw[-400:]))

    def send(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self.master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size, as dragging the window's corner does."""
        self.decoded.resize(columns, lines)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def settings(self) -> list[Any]:
        """The terminal's settings, as `stty` would show them."""
        return termios.tcgetattr(self.master)

    def pump(self, seconds: float) -> bool:
        """Show what the program writes within `seconds`, returning at the first bytes; False if none came."""
        came = self._take(seconds)
        # As terminals do, show a frame only when all of it is there; not where the next always comes with its end.
        end = time.perf_counter() + _LONGEST_FRAME
        while came and seconds > 0 and self._decoder and WHOLE_FRAMES in self._decoder.modes:
            if time.perf_counter() > end or not self._take(seconds):
                break
        return came

    def _take(self, seconds: float) -> bool:
        """Read what has come, waiting up to `seconds` for it; whether anything has."""
        if self.master < 0:
            time.sleep(min(seconds, 0.01))
            return False
        readable, _, _ = select.select([self.master], [], [], max(0.0, seconds))
        if not readable:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            data = b""
        if not data:
            time.sleep(min(seconds, 0.01))
            return False
        self.arrived = time.perf_counter()
        self.raw += data
        if _ASKS_FOR_WHOLE_FRAMES in data:
            os.write(self.master, _HAS_WHOLE_FRAMES)
        if self._decoder:
            self._decoder.feed(data)
        return True

    def wait_exit(self, seconds: float = PATIENCE) -> int:
        """Wait for the program's end: its exit code, or minus the signal that killed it."""
        self.wait_until(self.ended, seconds, "the end of the program")
        while self.pump(0.05):
            pass
        return self._program.wait()

    def ended(self) -> bool:
        """Whether the program is over."""
        return self._program.poll() is not None

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.process, number)

    def hang_up(self) -> None:
        """Close the terminal under the program, as closing its window does."""
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        """End the program if it still runs, and close the terminal."""
        if not self.ended():
            self.kill(signal.SIGKILL)
            self._program.wait()
        os.close(self._terminal)
        if self.master >= 0:
            with suppress(OSError):
                os.close(self.master)
