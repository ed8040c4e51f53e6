"""The roll call: all processes wait for each other, in whatever order they come; missing ones are named."""

from __future__ import annotations

import socket
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from model.devices.rendezvous import RollCallError, _missing, call_roll, own_address
from tests.model.processes import free_port


def outcomes(calls: list[tuple[int, int]], timeout: float = 30.0, address: str | None = None) -> list[str]:
    """What became of processes, given as (how many there are, which one this is); empty for a good end."""
    address = address or f"127.0.0.1:{free_port()}"

    def call(processes: int, process: int) -> str:
        try:
            call_roll(address, processes, process, 1, timeout)
        except RollCallError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda each: call(*each), calls))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_all_continue_once_all_have_come(order: tuple[int, ...]) -> None:
    assert outcomes([(3, process) for process in order]) == ["", "", ""]


def test_missing_processes_are_named() -> None:
    for seconds in (0.5, 5.0, 30.0):  # on a busy machine, process 2 needs more of them to come
        leader, waiting = outcomes([(4, 0), (4, 2)], timeout=seconds)
        if not waiting.startswith("Process 0 did not answer") and "1, 2, 3" not in leader:
            break
    assert leader.startswith("Processes 1, 3 of 4 did not come to 127.0.0.1:")
    assert waiting.endswith("ended before all processes had come: read its message.")


def test_an_address_without_process_0_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    (said,) = outcomes([(2, 1)], timeout=0.3, address=address)
    assert said.startswith(f"Process 0 did not answer at {address} within 0.3 s")
    (said,) = outcomes([(2, 1)], timeout=0.3, address="nowhere.invalid:29500")
    assert said.startswith("Process 0 did not answer at nowhere.invalid:29500 within 0.3 s")


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("", 0)) as server:
        (said,) = outcomes([(2, 0)], address=f"127.0.0.1:{server.getsockname()[1]}")
    assert said.startswith("Process 0 cannot listen at 127.0.0.1:")
    assert said.endswith("Choose another port in --coordinator.")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of this machine")
def test_process_0_listens_only_at_the_address_that_it_was_given() -> None:
    address = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(call_roll, address, 2, 0, 1, 30.0)
        with socket.create_server(("127.0.0.2", int(address.rpartition(":")[2]))):  # free, so it takes only its own
            assert outcomes([(2, 1)], address=address) == [""]
        leader.result()


@pytest.mark.parametrize(
    ("address", "own"), [("127.0.0.1:29500", "127.0.0.1:29500"), ("0.0.0.0:29500", "0.0.0.0:29500")]
)
def test_where_process_0_listens_is_said_in_numbers(address: str, own: str) -> None:
    assert own_address(address) == own
    assert own_address("localhost:29500") in ("127.0.0.1:29500", "[::1]:29500")


def test_a_name_that_leads_to_loopback_first_is_listened_at_where_others_can_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look_up(*hosts: str) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 29500)) for host in hosts]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    look_up("127.0.0.1", "192.0.2.1", "0.0.0.0")  # the second is another machine's
    assert own_address("here:29500") == "0.0.0.0:29500"
    look_up("127.0.0.1")
    assert own_address("here:29500") == "127.0.0.1:29500"
    assert _missing([], 2, "here:29500", 1.0).endswith("give process 0 --coordinator 0.0.0.0:29500.")
    for host in ("localhost", "127.0.0.1"):
        assert _missing([], 2, f"{host}:29500", 1.0).endswith("fewer --processes.")


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid", "[2001:db8::1]"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(RollCallError, match=r"that is no address of this machine.*0\.0\.0\.0:29500"):
        own_address(f"{host}:29500")


def test_processes_with_contradicting_numbers_are_refused_and_others_may_still_come() -> None:
    address = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(call_roll, address, 2, 0, 1, 30.0)
        (said,) = outcomes([(3, 1)], address=address)
        assert said == "Process 1 has --processes 3, and process 0 has 2: use the same number."
        assert outcomes([(2, 1)], address=address) == [""]
        leader.result()
    address = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(3) as pool:
        leader = pool.submit(call_roll, address, 3, 0, 1, 30.0)
        twins = {pool.submit(outcomes, [(3, 1)], address=address) for _ in range(2)}
        (refused,), (waiting,) = wait(twins, return_when=FIRST_COMPLETED)
        assert refused.result() == ["There are two processes 1: give each another --process."]
        assert outcomes([(3, 2)], address=address) == [""]
        assert waiting.result() == [""]
        leader.result()


@pytest.mark.parametrize(
    "line", [b"", b"GET / HTTP/1.1\r\n\r\n", b"charlstm one two\n", b"charlstm 9 2 1\n", b"\xff" * 500]
)
def test_other_connections_do_not_disturb_the_rendezvous(line: bytes) -> None:
    address = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(call_roll, address, 2, 0, 1, 30.0)
        while True:
            try:
                stranger = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
                break
            except ConnectionRefusedError:
                continue
        with stranger:
            stranger.sendall(line)
            stranger.shutdown(socket.SHUT_WR)
            assert outcomes([(2, 1)], address=address) == [""]
        leader.result()


def test_all_take_as_many_devices_as_the_one_with_the_fewest() -> None:
    address = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(3) as pool:
        calls = [
            pool.submit(call_roll, address, 3, process, devices, 30.0) for process, devices in enumerate((8, 2, 5))
        ]
        assert [call.result() for call in calls] == [2, 2, 2]


def test_a_process_that_is_started_again_takes_its_place() -> None:
    address = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(call_roll, address, 3, 0, 1, 30.0)
        while True:
            try:
                first = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
                break
            except ConnectionRefusedError:
                continue
        with first:
            first.sendall(b"charlstm 1 3 1\n")
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as second:
            second.sendall(b"charlstm 2 3 1\n")  # now all have come, and one has gone
            assert outcomes([(3, 1)], address=address) == [""]
        assert leader.result() == 1


def test_another_program_at_the_address_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        process = pool.submit(outcomes, [(2, 1)], 30.0, address)
        with server.accept()[0] as connection:
            connection.sendall(b"SSH-2.0\r\n")
            (said,) = process.result()
    assert said == f"Another program answers at {address}: choose another port in --coordinator."
