"""The wrapper under each POSIX shell at hand, with a receiver and a temporary directory of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.standin import Standin, serve

WRAPPER = Path(__file__).parents[2] / "clients" / "heartline-run"
SHELLS = [shell for shell in ("dash", "busybox", "bash") if shutil.which(shell)]


@dataclass(frozen=True)
class Host:
    """A watched machine: its PATH holds the shell under test as `sh`, its TMPDIR is empty before each run."""

    url: str
    environ: dict[str, str]
    tmp: Path

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL, **environ: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["sh", str(WRAPPER), *arguments],
            executable=f"{self.environ['PATH'].split(':')[0]}/sh",
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environ, **environ},
            start_new_session=True,
        )

    def run(self, *arguments: str, feed: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
        with self.start(*arguments, stdin=subprocess.PIPE, **environ) as process:
            stdout, stderr = process.communicate(feed, timeout=40)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def job(self, script: str, feed: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
        return self.run(self.url, "--", "sh", "-c", script, feed=feed, **environ)


def _path(shell: str, folder: Path) -> str:
    """A PATH with `shell` as sh; under busybox all its tools come first, as on Alpine, and curl is the only other."""
    folder.mkdir()
    binary = shutil.which(shell)
    assert binary
    if shell != "busybox":
        (folder / "sh").symlink_to(binary)
        return f"{folder}:{os.environ['PATH']}"
    for applet in subprocess.check_output([binary, "--list"], text=True).split():
        (folder / applet).symlink_to(binary)
    curl = shutil.which("curl")
    assert curl
    (folder / "curl").symlink_to(curl)
    return str(folder)


@pytest.fixture
def receiver() -> Iterator[Standin]:
    with serve() as standin:
        yield standin


@pytest.fixture(scope="session", params=SHELLS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _path(request.param, tmp_path_factory.mktemp("shell") / request.param)


@pytest.fixture
def host(path: str, receiver: Standin, tmp_path: Path) -> Host:
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    environ = {"PATH": path, "TMPDIR": str(tmp), "HEARTLINE_RUN_TIMEOUT": "6", "LC_ALL": "C"}
    return Host(receiver.url, environ, tmp)
