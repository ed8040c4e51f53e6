"""Roll call: the processes of one training find each other before JAX joins them. Sockets only, no JAX.

JAX waits for all processes too, but if one does not come, it ends the others without saying which is missing. So
process 0 first listens at the address that JAX will use later, and at no other, and every other process reports its
number there.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress

from corpora.errors import CharlstmError, system_reason
from model.options.explaining.explained_errors import PEER_LOST

_GREETING = b"charlstm"
_LONGEST_LINE = 200
_LINE_SECONDS = 5.0
"""A process that has connected must send its number within this time."""
_AGAIN_SECONDS = 0.1
"""Between two attempts to reach process 0."""


class RollCallError(CharlstmError):
    """Not all processes have come; the message says which are missing, where, and what to do."""

    exit_code = PEER_LOST


def call_roll(address: str, processes: int, process: int, devices: int, timeout: float) -> int:
    """Wait until all processes have come.

    Args:
        address: HOST:PORT of process 0.
        processes: how many there are.
        process: which one this is, from 0.
        devices: how many devices this process can train on.
        timeout: seconds to wait.

    Returns:
        How many devices each process uses: as many as the process with the fewest has, the same in all.

    Raises:
        RollCallError: not all come in time, or their numbers contradict each other.
    """
    deadline = time.monotonic() + timeout
    if process == 0:
        return _call(address, processes, devices, deadline, timeout)
    me = b"%s %d %d %d\n" % (_GREETING, process, processes, devices)
    return _answer(address, _host_and_port(address), me, deadline, timeout)


def own_address(address: str) -> str:
    """Where process 0 listens: the first address of this machine that HOST:PORT names, in numbers, with the port.

    One that other machines can reach comes before a loopback address, which Debian gives a machine's own name.

    Raises:
        RollCallError: it names none.
    """
    host, port = _host_and_port(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    for family, _, _, _, place in sorted(found, key=lambda each: _is_loopback(str(each[4][0]))):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as tried:
                tried.bind((place[0], 0, *place[2:]))
        except OSError:
            continue
        return f"[{place[0]}]:{port}" if family == socket.AF_INET6 else f"{place[0]}:{port}"
    raise RollCallError(
        f"Process 0 cannot listen at {address}: that is no address of this machine. Start process 0 on the "
        f"machine that --coordinator names, or give it --coordinator 0.0.0.0:{port}, which is all its addresses."
    )


def _is_loopback(host: str) -> bool:
    """Whether this is the number of a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _call(address: str, processes: int, devices: int, deadline: float, timeout: float) -> int:
    """Wait for the others' numbers; answer all of them when the last has come."""
    arrived: dict[int, tuple[socket.socket, int]] = {}
    with ExitStack() as open_ones:
        listener = open_ones.enter_context(_listen(address))
        while len(arrived := _waiting(arrived)) < processes - 1:
            listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection = open_ones.enter_context(listener.accept()[0])
            except TimeoutError:
                raise RollCallError(_missing(arrived.keys(), processes, address, timeout)) from None
            except OSError:  # disconnected before it sent anything
                continue
            arrived.update(_greet(connection, processes, arrived, deadline))
        fewest = min(devices, *(theirs for _, theirs in arrived.values()))
        for number, (connection, _) in arrived.items():
            try:
                connection.sendall(b"%s %d\n" % (_GREETING, fewest))
            except OSError as error:
                raise RollCallError(
                    f"Process {number} came to {address} and died before the others came: start all again."
                ) from error
        for connection, _ in arrived.values():  # the other side must hang up first, so that the port is free for JAX
            connection.settimeout(_LINE_SECONDS)
            with suppress(OSError):
                connection.recv(1)
    return fewest


def _listen(address: str) -> socket.socket:
    place = _host_and_port(own_address(address))
    try:
        return socket.create_server(place, family=socket.AF_INET6 if ":" in place[0] else socket.AF_INET)
    except OSError as error:
        raise RollCallError(
            f"Process 0 cannot listen at {address}: {system_reason(error)}. Choose another port in --coordinator."
        ) from error


def _greet(
    connection: socket.socket, processes: int, arrived: dict[int, tuple[socket.socket, int]], deadline: float
) -> dict[int, tuple[socket.socket, int]]:
    """The process that has connected, by its number; empty where it is none, or must be refused."""
    with suppress(OSError, ValueError):
        greeting, *numbers = _line(connection, min(deadline, time.monotonic() + _LINE_SECONDS)).split()
        number, of, devices = map(int, numbers)
        if greeting != _GREETING or not 0 < number < of or devices < 1:
            return {}
        wrong = ""
        if of != processes:
            wrong = f"Process {number} has --processes {of}, and process 0 has {processes}: use the same number."
        elif number in _waiting(arrived):
            wrong = f"There are two processes {number}: give each another --process."
        if not wrong:
            return {number: (connection, devices)}
        connection.sendall(b"%s %s\n" % (_GREETING, wrong.encode()))
    return {}


def _waiting(arrived: dict[int, tuple[socket.socket, int]]) -> dict[int, tuple[socket.socket, int]]:
    """The processes that have come and are still connected."""
    return {number: each for number, each in arrived.items() if not _has_hung_up(each[0])}


def _has_hung_up(connection: socket.socket) -> bool:
    """Whether a waiting process has disconnected, for example because it was started again."""
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
    """Send this process's number as soon as process 0 listens, and wait until all have come."""
    while True:
        try:
            connection = socket.create_connection(place, max(0.01, deadline - time.monotonic()))
            break
        except OSError as error:
            if time.monotonic() >= deadline:
                raise RollCallError(
                    f"Process 0 did not answer at {address} within {timeout:g} s ({system_reason(error)}): "
                    "check that it was started, and that --coordinator is its address."
                ) from error
            time.sleep(_AGAIN_SECONDS)
    with connection:
        try:
            connection.sendall(me)
            answer = _line(connection, deadline + timeout)  # process 0 may have started later
        except OSError:
            answer = b""
    greeting, _, said = answer.strip().partition(b" ")
    if not answer:
        raise RollCallError(f"Process 0 at {address} ended before all processes had come: read its message.")
    if greeting != _GREETING:
        raise RollCallError(f"Another program answers at {address}: choose another port in --coordinator.")
    if not said.isdigit():
        raise RollCallError(said.decode(errors="replace"))
    return int(said)


def _line(connection: socket.socket, deadline: float) -> bytes:
    """One line, or what comes before the connection ends."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        byte = connection.recv(1)
        if not byte:
            break
        line += byte
    return line


def _missing(arrived: Collection[int], processes: int, address: str, timeout: float) -> str:
    missing = [number for number in range(1, processes) if number not in arrived]
    who = f"Process {missing[0]}" if len(missing) == 1 else f"Processes {', '.join(map(str, missing))}"
    at = address if (own := own_address(address)) == address else f"{address} ({own})"
    said = (
        f"{who} of {processes} did not come to {at} within {timeout:g} s: start the missing ones, "
        "or start all again with fewer --processes."
    )
    host, port = _host_and_port(address)
    if _is_loopback(_host_and_port(own)[0]) and host != "localhost" and not _is_loopback(host):
        said += (
            f" Other machines cannot reach {own}: if some are to come from there, "
            f"give process 0 --coordinator 0.0.0.0:{port}."
        )
    return said
