"""Roll call: the processes of one training find one another before JAX joins them. Sockets alone; no JAX.

JAX's own start waits for everybody and, where somebody does not come, ends the process without saying who it was.
So process 0 first listens at the address that JAX will then take, and every other process says its number there.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress

from corpora.errors import CharlstmError
from model.errors import PEER_LOST

_GREETING = b"charlstm"
_LONGEST_LINE = 200
_LINE_SECONDS = 5.0
"""For whoever has connected to say who he is."""
_AGAIN_SECONDS = 0.1
"""Between two tries to reach process 0."""


class RollCallError(CharlstmError):
    """Not everybody has come; the message says who, where, and what to do."""

    exit_code = PEER_LOST


def call_roll(address: str, processes: int, process: int, devices: int, timeout: float) -> int:
    """Wait until all processes are there.

    Args:
        address: HOST:PORT of process 0.
        processes: how many there are.
        process: which one this is, from 0.
        devices: how many this one could train on.
        timeout: seconds to wait.

    Returns:
        How many devices each of them has for the training: as many as the one with the fewest, for JAX wants all alike.

    Raises:
        RollCallError: they are not all there in time, or do not agree on who they are.
    """
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + timeout
    if process == 0:
        return _call(address, int(port), processes, devices, deadline, timeout)
    me = b"%s %d %d %d\n" % (_GREETING, process, processes, devices)
    return _answer(address, (host.strip("[]"), int(port)), me, deadline, timeout)


def _call(address: str, port: int, processes: int, devices: int, deadline: float, timeout: float) -> int:
    """Take down who comes; let all go on when the last one is there, and nobody before."""
    come: dict[int, tuple[socket.socket, int]] = {}
    with ExitStack() as open_ones:
        listener = open_ones.enter_context(_listen(address, port))
        while len(come := _waiting(come)) < processes - 1:
            listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection = open_ones.enter_context(listener.accept()[0])
            except TimeoutError:
                raise RollCallError(_missing(come.keys(), processes, address, timeout)) from None
            except OSError:  # gone before it was greeted
                continue
            come.update(_greet(connection, processes, come, deadline))
        fewest = min(devices, *(theirs for _, theirs in come.values()))
        for number, (connection, _) in come.items():
            try:
                connection.sendall(b"%s %d\n" % (_GREETING, fewest))
            except OSError as error:
                raise RollCallError(
                    f"Process {number} came to {address} and has gone again: start all anew."
                ) from error
        for connection, _ in come.values():  # whoever is called hangs up first, which leaves the port free for JAX
            connection.settimeout(_LINE_SECONDS)
            with suppress(OSError):
                connection.recv(1)
    return fewest


def _listen(address: str, port: int) -> socket.socket:
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise RollCallError(
            f"Process 0 cannot listen at {address}: {error.strerror or error}. Take another port in --coordinator."
        ) from error


def _greet(
    connection: socket.socket, processes: int, come: dict[int, tuple[socket.socket, int]], deadline: float
) -> dict[int, tuple[socket.socket, int]]:
    """Whoever has connected, by his number; nobody for a stranger, and for one who is told that he is wrong here."""
    with suppress(OSError, ValueError):
        greeting, *numbers = _line(connection, min(deadline, time.monotonic() + _LINE_SECONDS)).split()
        number, of, devices = map(int, numbers)
        if greeting != _GREETING or not 0 < number < of or devices < 1:
            return {}
        wrong = ""
        if of != processes:
            wrong = (
                f"Process {number} was started with --processes {of}, and process 0 with {processes}: start all alike."
            )
        elif number in _waiting(come):
            wrong = f"There is a process {number} already: give each its own --process."
        if not wrong:
            return {number: (connection, devices)}
        connection.sendall(b"%s %s\n" % (_GREETING, wrong.encode()))
    return {}


def _waiting(come: dict[int, tuple[socket.socket, int]]) -> dict[int, tuple[socket.socket, int]]:
    """Those who have come and have not gone again."""
    return {number: each for number, each in come.items() if not _has_gone(each[0])}


def _has_gone(connection: socket.socket) -> bool:
    """Whether a process that waits has hung up: it was started again, say."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.setblocking(True)


def _answer(address: str, place: tuple[str, int], me: bytes, deadline: float, timeout: float) -> int:
    """Say who this is, as soon as process 0 listens, and wait until all are there."""
    while True:
        try:
            connection = socket.create_connection(place, max(0.01, deadline - time.monotonic()))
            break
        except OSError as error:
            if time.monotonic() >= deadline:
                raise RollCallError(
                    f"Nobody answers at {address} within {timeout:g} s ({error.strerror or error}): "
                    "see that process 0 was started, and that --coordinator is its address."
                ) from error
            time.sleep(_AGAIN_SECONDS)
    with connection:
        try:
            connection.sendall(me)
            answer = _line(connection, deadline + timeout)  # process 0 may have begun to wait later
        except OSError:
            answer = b""
    greeting, _, said = answer.strip().partition(b" ")
    if not answer:
        raise RollCallError(f"Process 0 at {address} gave up before all processes were there: see what it says.")
    if greeting != _GREETING:
        raise RollCallError(f"Something else than process 0 answers at {address}: take another port in --coordinator.")
    if not said.isdigit():
        raise RollCallError(said.decode(errors="replace"))
    return int(said)


def _line(connection: socket.socket, deadline: float) -> bytes:
    """What comes up to a line feed, or an end."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        byte = connection.recv(1)
        if not byte:
            break
        line += byte
    return line


def _missing(come: Collection[int], processes: int, address: str, timeout: float) -> str:
    missing = [number for number in range(1, processes) if number not in come]
    who = f"Process {missing[0]}" if len(missing) == 1 else f"Processes {', '.join(map(str, missing))}"
    return (
        f"{who} of {processes} did not come to {address} within {timeout:g} s: start what is missing, "
        "or begin again with fewer --processes."
    )
