"""How many pings a second are committed, and how soon acknowledged, beside a bare handler and Pushgateway?"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import client, install, machine, programs, pushgateway, wrk
from bench.figures import Goal, conclude, count, microseconds, milliseconds, ratio, spread, table
from bench.install import Install
from bench.programs import Cores
from bench.wrk import Load, Target
from stack import ports
from stack.layout import HOST

SIZES = (1_000, 100_000)
CONNECTIONS = 256
FEWER = 64
OURS, BARE, CHECKED, UNCHECKED = "heartline", "bare aiohttp", "pushgateway", "pushgateway, no check"


@dataclass(frozen=True)
class Kept:
    """What the exporter says and holds after the load, and how far off wrk's count may be."""

    answered: int
    accepted: int
    given: int
    held: int
    in_flight: int

    @property
    def true(self) -> bool:
        return all(0 <= n - self.answered <= self.in_flight for n in (self.accepted, self.given))


@dataclass(frozen=True)
class Outcome:
    rounds: dict[tuple[str, int], list[Load]]
    kept: Kept
    first_rate: float  # pings a second while each heartbeat pinged for the first time

    def rate(self, name: str, connections: int = CONNECTIONS) -> float:
        return median(load.rate for load in self.rounds[name, connections])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench heartbeats", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each competitor, interleaved (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="a round (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="heartbeats (%(default)s)")
    options = parser.parse_args(arguments)
    cores = programs.take_load_core()
    print(explain(options.rounds, options.seconds, cores), flush=True)
    outcomes = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
            outcomes[size] = measure(Path(name), size, options.rounds, options.seconds, cores)
        print(render(size, outcomes[size]), flush=True)
    conclude(goals(outcomes))
    return 0


def explain(rounds: int, seconds: float, cores: Cores) -> str:
    return (
        f"{machine.describe(cores, 'wrk', 'pushgateway')}\n"
        f"{rounds} rounds of {seconds:g} s each, competitors in turn, medians (least–most); closed loop, server and\n"
        "wrk (1 thread) on one core each, a random heartbeat with every request.\n"
        f"{OURS}: default settings, each answer after its fsync; only `limits` raised, as the load is not a person's:\n"
        f"  {install.LIMITS.strip()}; every heartbeat has pinged once before, as every group was pushed\n"
        f"{BARE}: web.Application, route /ping/{{token}}, web.Response(text='OK'), same Python and event loop.\n"
        f"{CHECKED}: PUT of one gauge to one of as many groups, all pushed before, persistence off; by default it\n"
        f"  re-gathers all groups with every push, so filling 100,000 would take half a day: there only with\n"
        f"  {pushgateway.NO_CHECK}."
    )


def measure(folder: Path, size: int, rounds: int, seconds: float, cores: Cores) -> Outcome:
    """Start everybody, load them in turn, and compare what was counted with what was kept."""
    with ExitStack() as stack:
        own = install.make(folder / "own", install.LIMITS + install.many(size))
        log = folder / "exporter.log"
        process = stack.enter_context(programs.running(own.command(), log, cores.server, f"{own.url}/-/ready"))
        paths = list(install.paths(own).values())
        pings = _lines(folder / "pings", paths)
        began = time.monotonic()
        first = asyncio.run(client.send_all(own.port, (client.request("GET", path) for path in paths)))
        first_rate = first / (time.monotonic() - began)
        targets = [Target(OURS, own.url, process.pid, pings, n) for n in (CONNECTIONS, FEWER)]
        targets += _bare(stack, folder, pings, cores) + _pushgateways(stack, folder, size, cores)
        found = load_in_turn(targets, rounds, seconds, lambda t, s, seed: wrk.run(t, s, cores.load, seed))
        loads = [load for (name, _), each in found.items() if name == OURS for load in each]
        in_flight = sum(n * len(each) for (name, n), each in found.items() if name == OURS)
        kept = _kept(own, first + sum(load.requests for load in loads), in_flight)
        return Outcome({key: each[1:] for key, each in found.items()}, kept, first_rate)


def load_in_turn(
    targets: Sequence[Target], rounds: int, seconds: float, run: Callable[[Target, float, int], Load]
) -> dict[tuple[str, int], list[Load]]:
    """Each target once a round, by name and connections; the first of each list is a second to warm up."""
    found: dict[tuple[str, int], list[Load]] = {(t.name, t.connections): [] for t in targets}
    for seed in range(rounds + 1):
        for target in targets:
            found[target.name, target.connections].append(run(target, seconds if seed else 1.0, seed))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def _bare(stack: ExitStack, folder: Path, pings: Path, cores: Cores) -> list[Target]:
    port = ports.free(1)[0]
    command = [sys.executable, "-m", "bench.bare", str(port)]
    url = f"http://{HOST}:{port}"
    process = stack.enter_context(programs.running(command, folder / "bare.log", cores.server, f"{url}/ping/ready"))
    return [Target(BARE, url, process.pid, pings, n) for n in (CONNECTIONS, FEWER)]


def _pushgateways(stack: ExitStack, folder: Path, size: int, cores: Cores) -> list[Target]:
    groups = _lines(folder / "groups", pushgateway.paths(size))
    targets = []
    for name in (CHECKED, UNCHECKED) if size <= SIZES[0] else (UNCHECKED,):
        gateway = stack.enter_context(pushgateway.running(folder, name, cores.server, name == CHECKED))
        pushgateway.fill(gateway, size)
        targets.append(Target(name, gateway.url, gateway.pid, groups, CONNECTIONS, "PUT", pushgateway.BODY))
    return targets


def _kept(own: Install, answered: int, in_flight: int) -> Kept:
    given, held = install.receipts(own)
    return Kept(answered, install.accepted(own), given, held, in_flight)


def _lines(file: Path, lines: Sequence[str]) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def render(size: int, outcome: Outcome) -> str:
    head = [f"{size:,} registered", "connections", "pings/s", "ack p50", "ack p99", "CPU a ping", "non-2xx", "broken"]
    rows = [
        [
            *(name, str(connections), spread([load.rate for load in loads], count)),
            *(spread([getattr(load, p) for load in loads], milliseconds) for p in ("p50", "p99")),
            spread([load.cost for load in loads], microseconds),
            *(str(sum(load.bad for load in loads)), str(sum(load.broken for load in loads))),
        ]
        for (name, connections), loads in outcome.rounds.items()
    ]
    kept = outcome.kept
    ours, bare = outcome.rounds[OURS, CONNECTIONS], outcome.rounds[BARE, CONNECTIONS]
    shares = [mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]
    return (
        f"\n{table(head, rows)}\n{OURS} / {BARE}, round by round: {spread(shares, ratio)}\n"
        f"the very first ping of each, before the rounds: {count(outcome.first_rate)} pings/s\n"
        f"kept: the load was answered {kept.answered:,}, the exporter accepted {kept.accepted:,}, its file was given "
        f"{kept.given:,} receipts and holds {kept.held:,} (history: 100 each); {'as' if kept.true else 'NOT as'} it "
        f"should be, with up to {kept.in_flight:,} under way when the rounds ended"
    )


def goals(outcomes: dict[int, Outcome]) -> list[Goal]:
    found = []
    few, many = (outcomes.get(size) for size in SIZES)
    if many:
        for connections in (CONNECTIONS, FEWER):
            share = many.rate(OURS, connections) / many.rate(BARE, connections)
            found.append(Goal(f">= 0.6 of bare at 100,000, c={connections}", ratio(share), share >= 0.6))
        times = many.rate(OURS) / many.rate(UNCHECKED)
        found.append(Goal("faster than pushgateway without its check at 100,000", f"{times:.2f} times", times > 1))
    if few:
        times = few.rate(OURS) / few.rate(CHECKED)
        found.append(Goal(">= 40 times pushgateway's default at 1,000", f"{times:.1f} times", times >= 40))
    ours = [load for o in outcomes.values() for (name, _), each in o.rounds.items() if name == OURS for load in each]
    bad = sum(load.bad + load.broken for load in ours)
    found.append(Goal("no answer but 2xx", f"{bad} others", bad == 0))
    agreed = all(outcome.kept.true for outcome in outcomes.values())
    found.append(Goal("all that was acknowledged was kept", "yes" if agreed else "NO", agreed))
    return found
