"""How long from firing to the message, and what is told of an internet that is away with twelve hosts behind it?

All of `./heartline up` with the shipped rules, settings and relay, only ports and webhook changed.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import install, latency, machine, outage, outside, programs, prometheus
from bench.client import once, request
from bench.figures import Goal, conclude, percentile, table
from bench.hosts import Host
from bench.install import Install
from stack import discord, tools
from stack.layout import Configs
from stack.problem import Problem
from stack.running import running

LATE = f"every: {latency.EVERY:g}s, grace: {latency.GRACE:g}s"
PAUSE = (3.0, 11.0)  # seconds from one failure to the next, drawn evenly
LONGEST = 30.0  # seconds from what is so to the message


@dataclass(frozen=True)
class Incident:
    """Unix times: since when it is so, when Prometheus first said that it fires, when the message was accepted."""

    alert: str
    true: float
    fired: float
    message: float


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench incident", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="heartbeats, half fail, half fall silent (%(default)s)")
    parser.add_argument("--outage", type=float, default=420.0, help="seconds without internet (%(default)s)")
    parser.add_argument("--after", type=float, default=660.0, help="seconds to look on (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the instants (%(default)s)")
    parser.add_argument("--gateway", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.gateway is None:
        return isolated(arguments)
    print(explain(options.runs, options.outage), flush=True)
    found = asyncio.run(measure(options.runs, random.Random(options.seed)))
    print(render(found), flush=True)
    told = asyncio.run(outage.measure(options.gateway, options.outage, options.after))
    print(f"\n{outage.render(told)}")
    conclude(goals(found, told))
    return 0


def isolated(arguments: list[str]) -> int:
    """This bench where there is no internet but its own; programs are sought while there is one to have them from."""
    for name in ("prometheus", "alertmanager"):
        tools.find(name)
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as folder:
        return outside.run(Path(folder), ["-m", "bench", "incident", *arguments])


def explain(runs: int, seconds: float) -> str:
    return (
        f"{machine.describe(programs.cores(), 'prometheus', 'alertmanager')}\n"
        "`./heartline up` with the shipped rules, settings and relay, only ports and webhook changed.\n"
        f"First {runs} heartbeats, one after another: half report a failure, half ({LATE}) fall silent.\n"
        f"Then `internet: true` before a gateway whose line is cut for {seconds:g} s, behind it\n"
        f"{len(outside.HOSTS)} hosts with two heartbeats (every {outage.EVERY:g} s), readings and a probe each;\n"
        "Discord stays in reach."
    )


async def measure(runs: int, chance: random.Random) -> list[Incident]:
    """What was told of each heartbeat."""
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        folder = Path(name)
        config = install.make(folder / "data", _declared(runs)).config
        async with (
            discord.listening() as stand_in,
            running(folder / "data", Configs(exporter=config), stand_in.url) as stack,
        ):
            own, began = Install(folder / "data", stack.ports.exporter), time.time()
            paths = await asyncio.to_thread(install.paths, own)
            silent = [
                Host(id, path, latency.CADENCE, chance.uniform(0, latency.CADENCE))
                for id, path in paths.items()
                if id.startswith("late")
            ]
            told, failed = await asyncio.gather(
                latency.silence_all(silent, own, stand_in, chance),
                _fail_all({id: path for id, path in paths.items() if id.startswith("fail")}, own, stand_in, chance),
            )
            firing = await asyncio.to_thread(prometheus.firing, stack.ports.prometheus, began)
            fired = {one.labels["heartbeat"]: one.since for one in firing if "heartbeat" in one.labels}
            late = [Incident("HeartbeatLate", one.deadline, fired[one.id], one.arrived) for one in told]
            return late + [Incident("HeartbeatFailed", at, fired[id], arrived) for id, at, arrived in failed]


def _declared(runs: int) -> str:
    lines = (
        f"  - {{id: late-{number:03}, host: host-{number:03}, {LATE}}}\n"
        f"  - {{id: fail-{number:03}, host: host-{number:03}, every: 1d}}\n"
        for number in range(max(1, runs // 2))
    )
    return f"heartbeats:\n{''.join(lines)}"


async def _fail_all(
    paths: dict[str, str], own: Install, stand_in: discord.StandIn, chance: random.Random
) -> list[tuple[str, float, float]]:
    """Each reports a failure, one after another, and a success once it was told; id, failure, message."""
    after, tasks = latency.FIRST, []
    async with asyncio.TaskGroup() as group:
        for id, path in paths.items():
            tasks.append(group.create_task(_fail(id, path, after, own, stand_in)))
            after += chance.uniform(*PAUSE)
    return [task.result() for task in tasks]


async def _fail(id: str, path: str, after: float, own: Install, stand_in: discord.StandIn) -> tuple[str, float, float]:
    await _ping(own, path)
    await asyncio.sleep(after)
    await _ping(own, f"{path}/fail")
    at = time.time()
    try:
        message = await stand_in.wait_for(lambda m: "FIRING" in m.text and id in m.text, latency.PATIENCE)
    except TimeoutError as e:
        raise Problem(f"no message named {id} within {latency.PATIENCE:g} s of its failure") from e
    print(f"{id}  {message.arrived - at:5.1f} s", file=sys.stderr, flush=True)
    await _ping(own, path)
    return id, at, message.arrived


async def _ping(own: Install, path: str) -> None:
    status = await once(own.port, request("GET", path))
    if status != 200:
        raise Problem(f"a ping was answered {status}")


def render(found: list[Incident]) -> str:
    rows = [
        (name, str(len(of)), *(_spread([end - begin for begin, end in pairs]) for pairs in _ways(of)))
        for name in ("HeartbeatLate", "HeartbeatFailed", "both")
        if (of := [one for one in found if name in (one.alert, "both")])
    ]
    head = ("median (worst)", "incidents", "so to firing", "firing to message", "so to message")
    return f"\n{table(head, rows)}"


def _ways(found: list[Incident]) -> list[list[tuple[float, float]]]:
    return [
        [(one.true, one.fired) for one in found],
        [(one.fired, one.message) for one in found],
        [(one.true, one.message) for one in found],
    ]


def _spread(seconds: list[float]) -> str:
    return f"{percentile(seconds, 0.5):.1f} s ({max(seconds):.1f} s)"


def goals(found: list[Incident], told: outage.Told) -> list[Goal]:
    worst = max(one.message - one.true for one in found)
    single = (told.messages, told.edits) == (1, 1)
    return [
        Goal(f"what is so is told within {LONGEST:g} s, worst", f"{worst:.1f} s", worst <= LONGEST),
        Goal("an outage is one message and one edit", f"{told.messages} and {told.edits}", single),
        Goal("told while it lasts, edited when it is over", told.texts[0] if told.texts else "-", _in_order(told)),
    ]


def _in_order(told: outage.Told) -> bool:
    return told.cut < told.message < told.mended < told.edit < float("inf")
