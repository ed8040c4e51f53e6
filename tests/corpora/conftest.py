"""What the tests of texts share: a cache of their own, no network, and a server on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from corpora.opening import FOLDER_VARIABLE
from corpora.web import download, receiving
from tests.patience import PATIENCE

HERE = "127.0.0.1"


@dataclass
class Answer:
    """What the server says at one path."""

    body: bytes = b""
    status: int = 200
    kind: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    """Send the headers, then nothing more."""
    drips: float = 0.0
    """Seconds between two bytes of the body."""


class Server(ThreadingHTTPServer):
    """Answers from `answers` by path, and remembers what was asked for."""

    daemon_threads = True
    answers: dict[str, Answer]
    asked: list[str]
    closing: Event

    @property
    def base(self) -> str:
        return f"http://{HERE}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path, Answer(status=404))
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.end_headers()
        if answer.hangs:
            self.server.closing.wait(PATIENCE)
        elif answer.drips:
            with suppress(OSError):
                for byte in answer.body:
                    self.wfile.write(bytes([byte]))
                    if self.server.closing.wait(answer.drips):
                        break
        else:
            with suppress(OSError):  # the other side may have heard enough
                self.wfile.write(answer.body)

    def log_message(self, *args: object) -> None:
        """Keep the tests' output to themselves."""


def kept(folder: Path) -> list[str]:
    """Names of all files below `folder`."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", HERE)
    # This server answers; a busy machine may be slow to pass it on.
    patient = replace(receiving.POLICY, connect_seconds=PATIENCE, piece_seconds=PATIENCE)
    monkeypatch.setattr(receiving, "POLICY", patient)
    server = Server((HERE, 0), _Handler)
    server.answers, server.asked, server.closing = {}, [], Event()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for each test, and no folder of the user's."""
    folder = tmp_path / "cache" / "corpora"
    monkeypatch.setattr(download, "cache_folder", lambda: folder)
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    return folder


@pytest.fixture(autouse=True)
def _this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches the network."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: tuple[str, int]) -> None:
        if address[0] != HERE:
            raise OSError(101, "Network is unreachable")
        connect(self, address)

    def resolved(host: str, port: int, *rest: object, **options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE if host == HERE else "192.0.2.1", port))]

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
