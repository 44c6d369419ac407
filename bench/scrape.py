"""What does a scrape cost, and what do pings feel of it, beside Pushgateway?"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import client, install, machine, programs, pushgateway
from bench.client import request
from bench.figures import Goal, conclude, megabytes, milliseconds, percentile, spread, table
from bench.programs import Cores
from stack.problem import Problem

SIZES = (1_000, 10_000, 100_000)
RATE = 1_000.0  # pings a second while scrapes go on
EVERY = 1.0  # seconds between those scrapes
ACCEPT = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
CASES = ("first", "all pinged", "quiet")


@dataclass(frozen=True)
class Scrape:
    seconds: float
    size: int  # bytes of the compressed body


@dataclass
class Found:
    """Of one size: scrapes by case, resident bytes, and each round's p99 ack alone and with scrapes meanwhile."""

    scrapes: dict[str, list[Scrape]] = field(default_factory=lambda: {case: [] for case in CASES})
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    meanwhile: list[float] = field(default_factory=list)
    bad: int = 0

    def seconds(self, case: str) -> list[float]:
        return [scrape.seconds for scrape in self.scrapes[case]]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench scrape", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="each with a start of its own (%(default)s)")
    parser.add_argument("--seconds", type=float, default=15, help="of paced pings (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="heartbeats (%(default)s)")
    options = parser.parse_args(arguments)
    cores = programs.take_load_core()
    print(explain(cores, options.rounds, options.seconds), flush=True)
    ours, theirs = {}, {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
            ours[size] = measure(Path(name), size, options.rounds, options.seconds, cores)
            theirs[size] = measure_pushgateway(Path(name), size, options.rounds, options.seconds, cores)
        print(f"\n{render(size, ours[size], theirs[size])}", flush=True)
    conclude(goals(ours, theirs))
    return 0


def explain(cores: Cores, rounds: int, seconds: float) -> str:
    return (
        f"{machine.describe(cores, 'pushgateway')}\n"
        "one scrape: curl with Prometheus' Accept header and gzip, until the last byte; medians (least–most) of "
        f"{rounds} rounds.\nfirst: after a start, nothing compressed yet. all pinged: every heartbeat was pinged since "
        "the last scrape. quiet: none was.\n"
        f"acks: {RATE:,.0f} pings a second at even times, of random heartbeats, for {seconds:g} s, from when each was "
        f"due; without scrapes, and with one every {EVERY:g} s.\n"
        f"heartline: default settings but `limits`: {install.LIMITS.strip()}\n"
        f"pushgateway: one gauge per group, {pushgateway.NO_CHECK} (100,000 groups cannot be filled otherwise)."
    )


def measure(folder: Path, size: int, rounds: int, seconds: float, cores: Cores) -> Found:
    """The exporter, started anew for each round on the same storage."""
    own = install.make(folder / "own", install.LIMITS + install.many(size))
    pings = [request("GET", path) for path in install.paths(own).values()]
    found = Found()
    for _ in range(rounds):
        ready = f"{own.url}/-/ready"
        with programs.running(own.command(), folder / "exporter.log", cores.server, ready) as process:
            asyncio.run(_round(found, own.port, process.pid, pings, seconds))
    return found


def measure_pushgateway(folder: Path, size: int, rounds: int, seconds: float, cores: Cores) -> Found:
    """Pushgateway, filled once."""
    pushes = [request("PUT", path, pushgateway.BODY.encode()) for path in pushgateway.paths(size)]
    found = Found()
    with pushgateway.running(folder, "pushgateway", cores.server, checked=False) as gateway:
        pushgateway.fill(gateway, size)
        for _ in range(rounds):
            asyncio.run(_round(found, gateway.port, gateway.pid, pushes, seconds))
    return found


async def _round(found: Found, port: int, pid: int, pings: Sequence[bytes], seconds: float) -> None:
    found.before.append(programs.resident(pid)[0])
    found.scrapes["first"].append(await scrape(port))
    found.bad += len(pings) - await client.send_all(port, pings)
    found.scrapes["all pinged"].append(await scrape(port))
    found.scrapes["quiet"] += [await scrape(port) for _ in range(3)]
    for scraped, acks in ((False, found.alone), (True, found.meanwhile)):
        pace = await load(port, pings, seconds, scraped)
        acks.append(percentile(pace.acks, 0.99))
        found.bad += pace.bad
    after, peak = programs.resident(pid)
    found.after.append(after)
    found.peak.append(peak)


async def load(port: int, pings: Sequence[bytes], seconds: float, scraped: bool) -> client.Pace:
    """Paced pings for so long; `scraped` with a scrape every second."""
    loop, chance = asyncio.get_running_loop(), random.Random(1)
    end = loop.time() + seconds
    over: Callable[[], bool] = lambda: loop.time() > end  # noqa: E731
    scrapes = asyncio.create_task(_scrape_until(over, port)) if scraped else None
    try:
        return await client.paced(port, lambda: chance.choice(pings), RATE, over)
    finally:
        if scrapes:
            await scrapes


async def _scrape_until(over: Callable[[], bool], port: int) -> None:
    while not over():
        done = await scrape(port)
        await asyncio.sleep(max(0.0, EVERY - done.seconds))


async def scrape(port: int) -> Scrape:
    """One scrape by another process, so that taking the body in does not hold up this one's pings."""
    process = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--show-error", "--fail", "--output", "/dev/null"),
        *("--header", f"Accept: {ACCEPT}", "--header", "Accept-Encoding: gzip"),
        *("--write-out", "%{time_total} %{size_download}", f"http://127.0.0.1:{port}/metrics"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        raise Problem("a scrape failed", shown=err.decode())
    seconds, size = out.split()
    return Scrape(float(seconds), int(size))


def render(size: int, ours: Found, theirs: Found) -> str:
    head = [f"{size:,} heartbeats", "heartline", "pushgateway, no check"]
    rows = [
        [f"{case} scrape", *(spread(found.seconds(case), milliseconds) for found in (ours, theirs))] for case in CASES
    ]
    rows += [
        [f"{case} scrape, gzip", *(spread([s.size for s in f.scrapes[case]], megabytes) for f in (ours, theirs))]
        for case in CASES
    ]
    named = {
        "ack p99, no scrapes": ("alone", milliseconds),
        "ack p99, scraped meanwhile": ("meanwhile", milliseconds),
        "resident before": ("before", megabytes),
        "resident after": ("after", megabytes),
        "resident at its highest": ("peak", megabytes),
    }
    rows += [
        [words, *(spread(getattr(found, name), form) for found in (ours, theirs))]
        for words, (name, form) in named.items()
    ]
    return table(head, [*rows, ["pings not answered 2xx", str(ours.bad), str(theirs.bad)]])


def goals(ours: dict[int, Found], theirs: dict[int, Found]) -> list[Goal]:
    size = SIZES[-1]
    bad = sum(found.bad for found in ours.values())
    found = [Goal("no ping answered other than 2xx", str(bad), bad == 0)]
    if size not in ours:
        return found
    own, other = ours[size], theirs[size]
    for case in CASES:
        seconds = median(own.seconds(case))
        found.append(Goal(f"{case} scrape < 0.25 s at {size:,}", milliseconds(seconds), seconds < 0.25))
    ack, peak = median(own.meanwhile), max(own.peak)
    quicker = median(other.seconds("all pinged")) / median(own.seconds("all pinged"))
    return [
        *found,
        Goal(f"ack p99 < 50 ms meanwhile at {size:,}", milliseconds(ack), ack < 0.05),
        Goal(f"resident memory < 400 MB at its highest at {size:,}", megabytes(peak), peak < 400e6),
        Goal(f"quicker than pushgateway at {size:,}", f"{quicker:.1f} times", quicker > 1),
    ]
