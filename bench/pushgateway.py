"""Pushgateway as a competitor: in memory, one gauge per group."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import programs
from bench.client import request, send_all
from stack import ports, tools
from stack.layout import HOST
from stack.problem import Problem

BODY = "heartbeat_last_success_timestamp_seconds 1.7e9\n"
NO_CHECK = "--push.disable-consistency-check"


@dataclass(frozen=True)
class Pushgateway:
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@contextmanager
def running(folder: Path, name: str, core: int, checked: bool) -> Iterator[Pushgateway]:
    """A Pushgateway that answers; `checked` with the consistency check, its default."""
    port = ports.free(1)[0]
    command = [str(tools.find("pushgateway")), f"--web.listen-address={HOST}:{port}", "--persistence.file="]
    command += [] if checked else [NO_CHECK]
    ready = f"http://{HOST}:{port}/-/ready"
    with programs.running(command, folder / f"{name}.log", core, ready) as process:
        yield Pushgateway(port, process.pid)


def paths(number: int) -> list[str]:
    """Paths of so many groups."""
    return [f"/metrics/job/job-{n:06d}" for n in range(number)]


def fill(gateway: Pushgateway, number: int) -> None:
    """Push one gauge to each of so many groups."""
    pushes = (request("PUT", path, BODY.encode()) for path in paths(number))
    taken = asyncio.run(send_all(gateway.port, pushes))
    if taken != number:
        raise Problem(f"Pushgateway took {taken} of {number} groups")
