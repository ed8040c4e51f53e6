"""Roll call: the processes of one training find one another before JAX joins them. Sockets alone; no JAX.

JAX's own start waits for everybody and, where somebody does not come, ends the process without saying who it was.
So process 0 first listens at the address that JAX will then take, and every other process says its number there.
"""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

_GREETING = b"charlstm"
_COME = b"come\n"
_LONGEST_LINE = 200
_LINE_SECONDS = 5.0
"""For whoever has connected to say who he is."""
_AGAIN_SECONDS = 0.1
"""Between two tries to reach process 0."""


class RollCallError(Exception):
    """Not everybody has come; the message says who, where, and what to do."""


def call_roll(address: str, processes: int, process: int, timeout: float) -> None:
    """Wait until all processes are there.

    Args:
        address: HOST:PORT of process 0.
        processes: how many there are.
        process: which one this is, from 0.
        timeout: seconds to wait.

    Raises:
        RollCallError: they are not all there in time, or do not agree on who they are.
    """
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + timeout
    if process == 0:
        _call(address, int(port), processes, deadline, timeout)
    else:
        _answer(address, (host.strip("[]"), int(port)), processes, process, deadline, timeout)


def _call(address: str, port: int, processes: int, deadline: float, timeout: float) -> None:
    """Take down who comes; let all go on when the last one is there, and nobody before."""
    come: dict[int, socket.socket] = {}
    with ExitStack() as open_ones:
        listener = open_ones.enter_context(_listen(address, port))
        while len(come) < processes - 1:
            listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection = open_ones.enter_context(listener.accept()[0])
            except TimeoutError:
                raise RollCallError(_missing(come, processes, address, timeout)) from None
            number = _greet(connection, processes, come)
            if number is not None:
                come[number] = connection
        for connection in come.values():
            connection.sendall(_COME)
        for connection in come.values():  # whoever is called hangs up first, which leaves the port free for JAX
            connection.settimeout(_LINE_SECONDS)
            connection.recv(1)


def _listen(address: str, port: int) -> socket.socket:
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise RollCallError(
            f"Process 0 cannot listen at {address}: {error.strerror or error}. Take another port in --coordinator."
        ) from error


def _greet(connection: socket.socket, processes: int, come: dict[int, socket.socket]) -> int | None:
    """The number of whoever has connected; None for a stranger, and for one who is told that he is wrong here."""
    connection.settimeout(_LINE_SECONDS)
    try:
        greeting, *numbers = _line(connection).split()
        number, of = map(int, numbers)
    except (OSError, ValueError):
        return None
    if greeting != _GREETING or not 0 < number < of:
        return None
    wrong = ""
    if of != processes:
        wrong = f"Process {number} was started with --processes {of}, and process 0 with {processes}: start all alike."
    elif number in come:
        wrong = f"There is a process {number} already: give each its own --process."
    if not wrong:
        return number
    connection.sendall(wrong.encode() + b"\n")
    return None


def _answer(
    address: str, place: tuple[str, int], processes: int, process: int, deadline: float, timeout: float
) -> None:
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
        # Process 0 may have begun to wait later, and then gives up later.
        connection.settimeout(max(0.01, deadline - time.monotonic()) + timeout)
        try:
            connection.sendall(b"%s %d %d\n" % (_GREETING, process, processes))
            answer = _line(connection)
        except OSError:
            answer = b""
    if answer == _COME:
        return
    raise RollCallError(
        answer.decode(errors="replace").strip()
        or f"Process 0 at {address} gave up before all {processes} processes were there: see what it says."
    )


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_LINE and (byte := connection.recv(1)):
        line += byte
    return line


def _missing(come: dict[int, socket.socket], processes: int, address: str, timeout: float) -> str:
    missing = [number for number in range(1, processes) if number not in come]
    who = f"Process {missing[0]}" if len(missing) == 1 else f"Processes {', '.join(map(str, missing))}"
    return (
        f"{who} of {processes} did not come to {address} within {timeout:g} s: start what is missing, "
        "or begin again with fewer --processes."
    )
