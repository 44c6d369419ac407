"""The real analyzer in a process of its own: started on a free port, asked over sockets, stopped by its signal."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.program import LISTENING, PATIENCE, ROOT

KEY = "a-key-of-this-test-alone"


@dataclass
class Program:
    """A running analyzer. `folder` holds analyzer.yml, `storage` and the log."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int = 0

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def get(self, path: str, key: str | None = KEY, method: str = "GET") -> tuple[int, str]:
        """Status and text of an answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        if key is not None:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read().decode()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path)[1])

    def sample(self, line: str) -> float | None:
        """The value of one sample of /metrics, by its name and labels as they are written there."""
        for found in self.get("/metrics")[1].splitlines():
            if found.startswith(line + " "):
                return float(found[len(line) + 1 :])
        return None

    def runs(self, host: str, most: int = 1) -> list[dict[str, Any]]:
        """The host's runs, newest first, once there are so many; the first of a machine looks at all of its files."""
        end = time.monotonic() + 3 * PATIENCE
        while len(found := self.json(f"/hosts/{host}/runs").get("runs", [])) < most:
            assert time.monotonic() < end, self.log
            time.sleep(0.05)
        return list(found)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def command(folder: Path, *more: str) -> list[str]:
    flags = [f"--config.file={folder / 'analyzer.yml'}", f"--storage.path={folder / 'storage'}"]
    return [sys.executable, "-m", "analyzer", *more[:1], *flags, *more[1:]] if more else [
        sys.executable, "-m", "analyzer", *flags
    ]  # fmt: skip


def ran(folder: Path, *more: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    """The program run to its end."""
    return subprocess.run(
        command(folder, *more), cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def running(folder: Path, config: str, *more: str) -> Iterator[Program]:
    """An analyzer of this configuration on 127.0.0.1, listening; terminated in the end."""
    (folder / "analyzer.yml").write_text(config)
    environ = os.environ | {"ANALYZER_API_KEY": KEY}
    with open(folder / "log", "ab") as log:
        arguments = [*command(folder), "--web.listen-address=127.0.0.1:0", *more]
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=log, stderr=log, env=environ)
    program = Program(folder, process)
    began = len(program.log)
    try:
        end = time.monotonic() + PATIENCE
        while (found := LISTENING.search(program.log, began)) is None:
            assert process.poll() is None, program.log
            assert time.monotonic() < end, program.log
            time.sleep(0.02)
        program.port = int(found[1])
        yield program
    finally:
        process.terminate()
        process.wait(PATIENCE)
