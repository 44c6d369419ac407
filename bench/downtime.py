"""The receiver itself is down for an hour: is anybody called late who lives, and is the one found who died?"""

import argparse
import asyncio
import os
import random
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import clocks, install, machine, programs, prometheus
from bench.figures import Goal, conclude
from bench.hosts import Host
from bench.install import Install
from stack import discord, ports, ready, relay, up
from stack.layout import Configs, Ports, Program
from stack.problem import Problem

EVERY = 60.0
GRACES = (10.0, 60.0)
DOWN = 3600.0
BEFORE = 75.0  # seconds of pings before the kill: everybody has reported
# One period, one more that is excused, the longest grace, and the way of a message.
AFTER = 2 * EVERY + max(GRACES) + 60.0
ALERTS = 'count by (alertname, heartbeat, alertstate) (count_over_time(ALERTS{alertname=~"Heartbeat.+"}[15m]))'


@dataclass(frozen=True)
class Found:
    """`alerts` are (state, name, heartbeat) that Prometheus ever had; `dead` by id its grace and when it was named."""

    seed: int
    gap: float  # seconds that the exporter credited
    alerts: frozenset[tuple[str, str, str]]
    dead: dict[str, tuple[float, float]]  # grace; seconds from the restart to the message, inf without one
    lost: int  # pings that met nobody during the restart
    reports: list[int]  # pings answered, of each living host
    messages: int

    def false(self, state: str) -> int:
        return sum(s == state and heartbeat not in self.dead for s, _, heartbeat in self.alerts)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench downtime", description=__doc__)
    parser.add_argument("--heartbeats", type=int, default=1000, help="half with each grace (%(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="each a stack of its own (%(default)s)")
    options = parser.parse_args(arguments)
    print(explain(options.heartbeats), flush=True)
    environ = clocks.wall_earlier(DOWN)
    found = asyncio.run(measure_all(options.seeds, options.heartbeats, environ))
    for each in found:
        print(render(each))
    conclude(goals(found))
    return 0


def explain(heartbeats: int) -> str:
    return (
        f"{machine.describe(programs.cores(), 'prometheus', 'alertmanager')}\n"
        f"{heartbeats:,} heartbeats of {EVERY:g} s, half with {GRACES[0]:g} s grace and half with {GRACES[1]:g} s,\n"
        "each at its own phase, without retries.\n"
        f"The real exporter hears them for {BEFORE:g} s with its wall clock an hour early (libfaketime), is killed\n"
        "with SIGKILL, and starts again on the machine's own wall clock with CLOCK_BOOTTIME an hour later (time\n"
        "namespace): to it, an hour has passed in which it did not run. With it start Prometheus and Alertmanager\n"
        f"with the shipped rules and settings, for {AFTER:g} s on real clocks. One host of each grace died in that\n"
        "hour; the others go on at their phase."
    )


async def measure_all(seeds: list[int], heartbeats: int, environ: dict[str, str]) -> list[Found]:
    """One stack for each seed, all at the same time: each is mostly waiting."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(measure(seed, heartbeats, environ)) for seed in seeds]
    return [task.result() for task in tasks]


async def measure(seed: int, heartbeats: int, environ: dict[str, str]) -> Found:
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        data, listen = Path(name) / "data", ports.anywhere()
        own = install.make(data, _declared(heartbeats), listen.exporter)
        chance = random.Random(seed)
        paths = await asyncio.to_thread(install.paths, own)
        hosts = {id: Host(id, path, EVERY, chance.uniform(0, EVERY)) for id, path in paths.items()}
        dead = {chance.choice([id for id in hosts if _grace(id) == grace]): grace for grace in GRACES}
        async with discord.listening() as stand_in:
            reporting = await _before(own, hosts, environ)
            try:
                for id in dead:
                    reporting[id].cancel()
                restarted = time.time()
                with ExitStack() as stack:
                    await _start(stack, own, listen, stand_in.url)
                    return await _watch(own, listen, hosts, dead, stand_in, restarted, seed)
            finally:
                for task in reporting.values():
                    task.cancel()
                await asyncio.gather(*reporting.values(), return_exceptions=True)


def _declared(heartbeats: int) -> str:
    lines = (
        f"  - {{id: grace{grace:.0f}-{n:04d}, host: host-{n:04d}, every: {EVERY:g}s, grace: {grace:g}s}}\n"
        for grace in GRACES
        for n in range(heartbeats // len(GRACES))
    )
    return "heartbeats:\n" + "".join(lines)


def _grace(id: str) -> float:
    return float(id.removeprefix("grace").partition("-")[0])


async def _before(own: Install, hosts: dict[str, Host], environ: dict[str, str]) -> dict[str, "asyncio.Task[None]"]:
    """The time before: everybody reports to an exporter an hour ago, until that is killed; they go on."""
    log = own.folder / "before.log"
    with programs.running(own.command(), log, environ=environ) as process:
        await _ready(f"{own.url}/-/ready", log)
        reporting = {id: asyncio.create_task(host.report(own.port)) for id, host in hosts.items()}
        await asyncio.sleep(BEFORE)
        programs.kill(process)
    return reporting


async def _start(stack: ExitStack, own: Install, listen: Ports, webhook: str) -> None:
    """Everything as `up` starts it, the exporter an hour later."""
    given = Configs(exporter=own.config)
    told = relay.relay(given.analyzer, own.folder, {}, webhook)
    configs = up.adapted(given, own.folder, listen, told, webhook, called="")
    programmes = up.commands(configs, own.folder, listen, "stable", secrets=told.environ)
    for program in programmes:
        command = [*clocks.boot_earlier(DOWN), *program.command] if program.name == "exporter" else program.command
        environ = {**os.environ, **program.environ}
        stack.enter_context(programs.running(command, _log(own, program), environ=environ))
    for program in programmes:
        await _ready(program.ready_url, _log(own, program))


def _log(own: Install, program: Program) -> Path:
    return own.folder / f"{program.name}.log"


async def _ready(url: str, log: Path) -> None:
    """As `programs.wait_ready`, while others go on."""
    deadline = time.monotonic() + programs.READY_SECONDS
    while not await asyncio.to_thread(ready.is_ready, url):
        if time.monotonic() > deadline:
            raise Problem(f"{url} did not answer", shown=await asyncio.to_thread(log.read_text))
        await asyncio.sleep(0.1)


async def _watch(
    own: Install,
    listen: Ports,
    hosts: dict[str, Host],
    dead: dict[str, float],
    stand_in: discord.StandIn,
    restarted: float,
    seed: int,
) -> Found:
    gap = (await asyncio.to_thread(install.samples, own, "heartline_exporter_receiver_gap_seconds_total"))[""]
    await asyncio.sleep(max(0.0, restarted + AFTER - time.time()))
    alerts = await asyncio.to_thread(_alerts, listen.prometheus)
    named = {
        id: min((m.arrived for m in stand_in.messages if "FIRING" in m.text and id in m.text), default=float("inf"))
        for id in dead
    }
    living = [host for id, host in hosts.items() if id not in dead]
    return Found(
        seed,
        gap,
        alerts,
        {id: (grace, named[id] - restarted) for id, grace in dead.items()},
        sum(host.lost for host in living),
        [len(host.answered) for host in living],
        len(stand_in.messages),
    )


def _alerts(port: int) -> frozenset[tuple[str, str, str]]:
    """Every alert about heartbeats that Prometheus has had, pending ones as well."""
    series = [each["metric"] for each in prometheus.query(port, ALERTS)]
    return frozenset((each["alertstate"], each["alertname"], each.get("heartbeat", "")) for each in series)


def render(found: Found) -> str:
    dead = ", ".join(f"{grace:g} s grace: {seconds:.0f} s" for grace, seconds in found.dead.values())
    return (
        f"\nseed {found.seed}: the exporter credited {found.gap:,.0f} s; living hosts were answered "
        f"{min(found.reports)} to {max(found.reports)} pings each (median {median(found.reports):g}), "
        f"{found.lost} pings met the restart\n"
        f"  false alerts {found.false('firing')} (pending ones {found.false('pending')}); {found.messages} messages\n"
        f"  the dead were named after the restart: {dead}"
    )


def goals(found: list[Found]) -> list[Goal]:
    false = sum(each.false("firing") for each in found)
    dead = [seconds for each in found for _, seconds in each.dead.values()]
    gaps = min(each.gap for each in found)
    return [
        Goal(f"an hour of own downtime was seen (>= {DOWN:g} s)", f"{gaps:,.0f} s", gaps >= DOWN),
        Goal("false alerts after it: 0", str(false), false == 0),
        Goal("every dead host is found", f"last after {max(dead):.0f} s", max(dead) < float("inf")),
    ]
