"""The real exporter in a process of its own: started on a free port, asked over sockets, stopped by its signal."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
PATIENCE = 20.0  # seconds in which anything must have happened; nothing is measured by it
KEY_LINE = re.compile(r"/ping/([^/\s]+)/<id>\?create=1\nAPI key  (\S+)")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Program:
    """A running exporter. `folder` holds exporter.yml, `storage` and the log."""

    folder: Path
    process: subprocess.Popen[bytes]
    tokens: dict[str, str] = field(default_factory=dict)
    ping_key: str = ""
    api_key: str = ""
    port: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "exporter.yml"

    @property
    def storage(self) -> Path:
        return self.folder / "storage"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def manage(self, method: str, path: str = "", content: object = None) -> Answer:
        """A request to the management API, with its key; `content` goes as JSON."""
        body = None if content is None else json.dumps(content)
        return self.ask(method, f"/api/v1/heartbeats{path}", body, {"Authorization": f"Bearer {self.api_key}"})

    def raw(self, request: bytes) -> bytes:
        """Whatever comes back for these bytes until the other side closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: received(connection), b""))

    def sample(self, line: str) -> float:
        """The value of one sample of /metrics, by its name and labels as they are written there."""
        for found in self.get("/metrics/heartbeats").text.splitlines():
            if found.startswith(line + " "):
                return float(found[len(line) + 1 :])
        raise AssertionError(f"no sample {line}")

    def receipts(self, id: str) -> list[dict[str, Any]]:
        """The latest receipts of a heartbeat, newest first."""
        found: list[dict[str, Any]] = self.manage("GET", f"/{id}/receipts").json["receipts"]
        return found

    def until(self, text: str) -> None:
        """Wait for a text in the log."""
        end = time.monotonic() + PATIENCE
        while text not in self.log:
            assert time.monotonic() < end, f"the log never said {text!r}:\n{self.log}"
            time.sleep(0.02)

    def urls(self, *more: str) -> str:
        """What `exporter urls` prints beside the running program."""
        return ran(self.folder, "urls", f"--web.listen-address=127.0.0.1:{self.port}", *more).stdout

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def received(connection: socket.socket) -> bytes:
    """What comes next; a connection that is reset has nothing more to say."""
    try:
        return connection.recv(65_536)
    except ConnectionError:
        return b""


def command(folder: Path, *more: str) -> list[str]:
    flags = [f"--config.file={folder / 'exporter.yml'}", f"--storage.path={folder / 'storage'}"]
    return [sys.executable, "-m", "exporter", *flags, *more]


def ran(folder: Path, *more: str, environ: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """The program run to its end."""
    return subprocess.run(
        command(folder, *more), cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def running(folder: Path, config: str, *more: str, ready: bool = True) -> Iterator[Program]:
    """An exporter of this configuration on 127.0.0.1, loaded and listening; terminated in the end."""
    (folder / "exporter.yml").write_text(config)
    with open(folder / "log", "ab") as log:
        arguments = command(folder, "--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", *more)
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=log, stderr=log)
    program = Program(folder, process)
    began = len(program.log)
    try:
        _started(program, began)
        if ready:
            _loaded(program, began)
            _learn_keys(program)
        yield program
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _started(program: Program, began: int) -> None:
    end = time.monotonic() + PATIENCE
    while (found := LISTENING.search(program.log, began)) is None:
        assert program.process.poll() is None, program.log
        assert time.monotonic() < end, program.log
        time.sleep(0.02)
    program.port = int(found[1])


def _loaded(program: Program, began: int) -> None:
    end = time.monotonic() + PATIENCE
    while "heartbeats loaded" not in program.log[began:]:
        assert program.process.poll() is None, program.log
        assert time.monotonic() < end, program.log
        time.sleep(0.02)


def _learn_keys(program: Program) -> None:
    printed = program.urls("--keys")
    keys = KEY_LINE.search(printed)
    assert keys is not None, printed
    program.ping_key, program.api_key = keys[1], keys[2]
    program.tokens = dict(re.findall(r"^(\S+)  \S+/ping/(\S+)$", printed, re.MULTILINE))
