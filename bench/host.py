"""What does a scrape of the host cost, beside node_exporter on the same machine?

Both answer over HTTP on loopback with the same collectors, in turns, so that both see the same machine.
"""

import http.client
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bench import programs
from bench.figures import Goal, conclude
from exporter.host import COLLECTORS, DEFAULT_OFF, Host, Root
from stack import tools
from toolkit.families import render

SCRAPES = 200
WARM_UP = 20
BUDGET = 10.0
MOST = 2.0
"""Times node_exporter's, which is compiled: the goal."""
ENABLED = sorted(set(COLLECTORS) - DEFAULT_OFF)
# Collectors that the stable suite's node_exporter (1.5) does not know.
NOT_THEIRS = frozenset(("kernel_hung",))


@dataclass
class Side:
    """One of the two: what its scrapes took, in seconds, and what they brought."""

    name: str
    pid: int
    port: int
    seconds: list[float] = field(default_factory=list)
    cpu_at_start: float = 0
    body: bytes = b""

    def scrape(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BUDGET)
        began = time.perf_counter()
        connection.request("GET", "/metrics")
        self.body = connection.getresponse().read()
        self.seconds.append(time.perf_counter() - began)
        connection.close()

    def start(self) -> None:
        self.seconds.clear()
        self.cpu_at_start = programs.cpu(self.pid)

    def row(self) -> str:
        memory, _ = programs.resident(self.pid)
        series = sum(not line.startswith(b"#") for line in self.body.splitlines())
        median, late = statistics.median(self.seconds), statistics.quantiles(self.seconds, n=20)[-1]
        cpu = (programs.cpu(self.pid) - self.cpu_at_start) / len(self.seconds)
        return (
            f"{self.name:<24}{median * 1e3:>10.1f}{late * 1e3:>10.1f}{cpu * 1e3:>12.1f}"
            f"{series:>9}{len(self.body) / 1e3:>9.1f}{memory / 2**20:>9.0f}"
        )


def main(arguments: Sequence[str] = ()) -> int:
    """Prints a row for each and the verdict; `serve` is what the measured child of ours does."""
    if list(arguments) == ["serve"]:
        serve()
        return 0
    with _started([sys.executable, "-m", "bench.host", "serve"], r"port (\d+)") as (pid, port):
        ours = Side("heartline", pid, port)
        with _started(_node_exporter(), r'msg="Listening on".* address=\S+:(\d+)') as (their_pid, their_port):
            theirs = Side("node_exporter", their_pid, their_port)
            _measure((ours, theirs))
            print(f"{'':<24}{'median ms':>10}{'p95 ms':>10}{'CPU ms':>12}{'series':>9}{'kB':>9}{'RSS MiB':>9}")
            print(ours.row(), theirs.row(), sep="\n")
    ratio = statistics.median(ours.seconds) / statistics.median(theirs.seconds)
    print(f"medians of {SCRAPES} scrapes each, in turns")
    conclude([Goal(f"a scrape takes less than {MOST:g} times node_exporter's time", f"{ratio:.2f}", ratio < MOST)])
    return 0


def _measure(sides: Sequence[Side]) -> None:
    for count in range(WARM_UP + SCRAPES):
        for side in sides:
            if count == WARM_UP:
                side.start()
            side.scrape()


def _node_exporter() -> list[str]:
    flags = [f"--collector.{name}" for name in ENABLED if name not in NOT_THEIRS]
    program = str(tools.find("node_exporter"))
    return [program, "--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", *flags]


@contextmanager
def _started(command: Sequence[str], listening: str) -> Iterator[tuple[int, int]]:
    """The process's id and the port it says it listens on, while it runs."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        try:
            yield process.pid, next(int(match[1]) for line in lines if (match := re.search(listening, line)))
        finally:
            process.terminate()
            process.communicate()


def serve() -> None:
    """Answers /metrics with the host's readings alone, until it is terminated."""
    host = Host(Root(), ENABLED)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=render(await host.collect(None, BUDGET), openmetrics=False))

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    listener = socket.create_server(("127.0.0.1", 0))
    print("port", listener.getsockname()[1], flush=True)
    web.run_app(app, sock=listener, access_log=None, print=None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
