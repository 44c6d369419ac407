"""How many probes a second and core, and how much memory, beside blackbox_exporter; and 2,000 targets every 30 s.

The probing program, the whole exporter on our side, runs alone on one core, its targets and the load on the others.
Both answer in turns, so that both see the same machine.
"""

import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from bench import install, probe_targets, programs
from bench.figures import Goal, conclude, ratio
from stack import ports, tools

ROUNDS = 5
SECONDS = 3  # of load in a round
CONNECTIONS = 16  # probes under way at once
PHASE_PROBES = 200
INTERVAL, TARGETS, TURNS = 30.0, 2000, 2  # of the run that looks for late ones
SILENT = 100  # of the TARGETS that accept and never answer
SCRAPE_TIMEOUT = 10.0
LATE = " late"
LEAST_HTTP = 0.5  # of blackbox_exporter's rate
HTTP_PHASES = ("resolve", "connect", "processing", "transfer")

MODULES = """modules:
  http: {prober: http, http: {preferred_ip_protocol: ip4}}
  tcp: {prober: tcp, tcp: {preferred_ip_protocol: ip4}}
  dns: {prober: dns, dns: {query_name: www.test, query_type: A, preferred_ip_protocol: ip4}}
  icmp: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}
"""

EXPORTER = "modules_file: ../blackbox.yml\nprobe_targets: {networks: [127.0.0.0/8]}\n"


@dataclass
class Side:
    """One of the two programs: its rates by kind of probe, in probes a second."""

    name: str
    pid: int
    address: str
    rates: dict[str, list[float]] = field(default_factory=dict)

    def memory(self) -> float:
        """Most resident memory so far, in MB."""
        return programs.peak(self.pid) / 2**20


def main(arguments: Sequence[str] = ()) -> int:
    """Prints the tables; `targets` is what a child does, `late` is only the run with 2,000."""
    if list(arguments) == ["targets"]:
        asyncio.run(probe_targets.serve())
    else:
        measure("late" in arguments)
    return 0


def measure(only_late: bool) -> None:
    cores = sorted(os.sched_getaffinity(0))
    apart = {cores[0]}, set(cores[1:]) or {cores[0]}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        config = Path(folder) / "blackbox.yml"
        config.write_text(MODULES)
        os.sched_setaffinity(0, apart[1])
        _, ports = stack.enter_context(child([sys.executable, "-m", "bench.probes", "targets"], apart[1]))
        targets = probe_targets.Targets(*(int(port) for port in ports.split()))
        sides = [stack.enter_context(heartline(Path(folder), apart[0]))]
        goals = []
        if not only_late:
            sides.append(stack.enter_context(blackbox(config, apart[0])))
            goals.append(fast_enough(rates(sides, targets)["http"]))
            asyncio.run(phases(sides, targets))
        goals.append(in_time(asyncio.run(late(sides[0], targets))))
        conclude(goals)


@contextmanager
def child(command: Sequence[str], cores: set[int]) -> Iterator[tuple[int, str]]:
    """A process on these cores; yields its id and what stands behind the first word of its first line."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, cores)
    )
    try:
        assert process.stdout
        yield process.pid, process.stdout.readline().partition(" ")[2].strip()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def heartline(folder: Path, cores: set[int]) -> Iterator[Side]:
    own = install.make(folder / "heartline", EXPORTER)
    with started("heartline", own.command(), own.url, cores) as side:
        yield side


@contextmanager
def blackbox(config: Path, cores: set[int]) -> Iterator[Side]:
    url = f"http://127.0.0.1:{ports.free(1)[0]}"
    program = tools.find("blackbox_exporter", "newest")
    name = f"blackbox_exporter {tools.version('blackbox_exporter', program)}"
    listen = f"--web.listen-address={url.removeprefix('http://')}"
    with started(name, [str(program), f"--config.file={config}", listen, "--log.level=error"], url, cores) as side:
        yield side


@contextmanager
def started(name: str, command: Sequence[str], url: str, cores: set[int]) -> Iterator[Side]:
    """A program on these cores that answers at its URL."""
    process = subprocess.Popen(
        command,
        env=os.environ | {"GOMAXPROCS": "1"},
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    try:
        yield Side(name, process.pid, listening(url))
    finally:
        process.terminate()
        process.wait()


def listening(address: str) -> str:
    """The address, once somebody answers there."""
    host, _, port = address.removeprefix("http://").partition(":")
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return address


def rates(sides: Sequence[Side], targets: probe_targets.Targets) -> dict[str, float]:
    """Load each side in turns and print the medians; the first side's rate by kind, as a share of the second's."""
    for kind, target in targets.by_kind().items():
        for _ in range(ROUNDS):
            for side in sides:
                url = f"{side.address}/probe?module={kind}&target={target}"
                side.rates.setdefault(kind, []).append(loaded(url))
    print(f"\nprobes a second on one core, median of {ROUNDS} rounds (lowest to highest), {CONNECTIONS} at once")
    print(f"{'':<28}" + "".join(f"{kind:>22}" for kind in targets.by_kind()) + f"{'MB':>8}")
    for side in sides:
        cells = (f"{statistics.median(r):.0f} ({min(r):.0f}-{max(r):.0f})" for r in side.rates.values())
        print(f"{side.name:<28}" + "".join(f"{cell:>22}" for cell in cells) + f"{side.memory():>8.0f}")
    first, second = ({kind: statistics.median(r) for kind, r in side.rates.items()} for side in sides)
    shares = {kind: first[kind] / second[kind] for kind in first}
    print(f"{'ratio':<28}" + "".join(f"{share:>22.2f}" for share in shares.values()))
    return shares


def loaded(url: str) -> float:
    """Requests a second that wrk gets answered with 200."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert b"\nprobe_success 1" in answer.read(), url
    command = [str(tools.find("wrk")), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Non-2xx" not in done.stdout, done.stdout
    found = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


async def phases(sides: Sequence[Side], targets: probe_targets.Targets) -> None:
    """One probe at a time: how long each phase takes, as each side tells it."""
    print(f"\nphases of an http probe in ms, median of {PHASE_PROBES}, one at a time")
    print(f"{'':<28}" + "".join(f"{phase:>12}" for phase in (*HTTP_PHASES, "whole")))
    async with aiohttp.ClientSession() as session:
        for side in sides:
            told: dict[str, list[float]] = {}
            for _ in range(PHASE_PROBES):
                async with session.get(f"{side.address}/probe?module=http&target={targets.by_kind()['http']}") as got:
                    for phase, value in told_by(await got.text()).items():
                        told.setdefault(phase, []).append(value)
            cells = (statistics.median(told[phase]) * 1000 for phase in (*HTTP_PHASES, "whole"))
            print(f"{side.name:<28}" + "".join(f"{cell:>12.3f}" for cell in cells))


def told_by(text: str) -> dict[str, float]:
    found = re.findall(r'^probe_http_duration_seconds\{phase="(\w+)"\} (\S+)', text, re.M)
    whole = re.search(r"^probe_duration_seconds (\S+)", text, re.M)
    return {phase: float(value) for phase, value in found} | ({"whole": float(whole[1])} if whole else {})


@dataclass
class Tally:
    """What became of the probes: seconds from their slot to the answer, and verdicts by kind."""

    took: list[float] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)


async def late(side: Side, targets: probe_targets.Targets) -> Tally:
    """As Prometheus would: every target once in each interval, spread evenly."""
    plan = [(kind, target) for kind, target in targets.mixed(TARGETS - SILENT)]
    plan += [("silent", targets.silent_target())] * SILENT
    order = [plan[i * 7919 % len(plan)] for i in range(len(plan))]
    tally, cpu, began = Tally(), programs.cpu(side.pid), time.monotonic()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for number in range(TURNS * len(order)):
            slot = began + number * INTERVAL / len(order)
            await asyncio.sleep(max(slot - time.monotonic(), 0))
            kind, target = order[number % len(order)]
            group.create_task(once(session, side, kind, target, slot, tally))
    report(side, tally, (programs.cpu(side.pid) - cpu) / (TURNS * INTERVAL))
    return tally


async def once(session: aiohttp.ClientSession, side: Side, kind: str, target: str, slot: float, tally: Tally) -> None:
    module = "http" if kind == "silent" else kind
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(SCRAPE_TIMEOUT)}
    async with session.get(f"{side.address}/probe?module={module}&target={target}", headers=headers) as answer:
        good = re.search(r"^probe_success 1", await answer.text(), re.M)
    took = time.monotonic() - slot
    tally.verdicts[f"{kind} {'success' if good else 'failed'}{LATE if took > SCRAPE_TIMEOUT else ''}"] += 1
    if kind != "silent":
        tally.took.append(took)


def report(side: Side, tally: Tally, cpu: float) -> None:
    took = statistics.quantiles(tally.took, n=100)
    print(f"\n{TARGETS} targets every {INTERVAL:.0f} s, {SILENT} of them silent, {TURNS} turns, {side.name}")
    print("  " + ", ".join(f"{count} {what}" for what, count in sorted(tally.verdicts.items())))
    print(
        f"  those that answer, in ms: median {took[49] * 1e3:.1f}, 99 % {took[98] * 1e3:.1f}, "
        f"longest {max(tally.took) * 1e3:.1f}; {cpu:.0%} of a core, {side.memory():.0f} MB"
    )


def fast_enough(share: float) -> Goal:
    return Goal(f">= {LEAST_HTTP} of blackbox_exporter's http rate", ratio(share), share >= LEAST_HTTP)


def in_time(tally: Tally) -> Goal:
    """A silent target is in time as well, where the probe says so before Prometheus gives up."""
    missed = sum(count for what, count in tally.verdicts.items() if what.endswith(LATE))
    return Goal(f"{TARGETS:,} targets every {INTERVAL:.0f} s, none late", f"{missed} late", not missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
