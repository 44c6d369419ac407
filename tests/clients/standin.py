"""A server standing in for the receiver of pings: it remembers each and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from urllib.parse import parse_qs, urlsplit

OK: Mapping[str, str] = {}


@dataclass(frozen=True)
class Ping:
    """One request as it came in, and when (monotonic seconds)."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes
    at: float

    @property
    def word(self) -> str:
        """What stands after the heartbeat's own URL."""
        return self.path.rsplit("/", 1)[1]

    @property
    def rid(self) -> str:
        return self.query["rid"][0]


@dataclass
class Standin:
    """What has come in so far, and the answers still to give as (status, headers); then it is 200 for ever."""

    url: str
    pings: list[Ping] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    @property
    def words(self) -> list[str]:
        return [ping.word for ping in self.pings]


def _handler(standin: Standin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            standin.pings.append(Ping(self.command, parts.path, parse_qs(parts.query), body, monotonic()))
            status, headers = standin.answers.pop(0) if standin.answers else (200, OK)
            standin.free.wait()
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output free of request lines."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # the client has given up on a server that hangs

    return Handler


@contextmanager
def serve() -> Iterator[Standin]:
    """A stand-in on a free port of 127.0.0.1; clear its `free` to make it hang."""
    standin = Standin(url="")
    standin.free.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(standin)) as server:
        standin.url = f"http://127.0.0.1:{server.server_port}/ping/0a1b2c3d-secret"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield standin
        finally:
            standin.free.set()
            server.shutdown()
            thread.join()
