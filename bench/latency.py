"""How long from a heartbeat's deadline to the message, through the real Prometheus and Alertmanager?"""

import argparse
import asyncio
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import install, machine, programs
from bench.figures import Goal, conclude, percentile
from bench.hosts import Host
from bench.install import Install
from stack import discord
from stack.layout import Configs
from stack.problem import Problem
from stack.running import running

EVERY, GRACE = 20.0, 10.0
CADENCE = 10.0  # seconds between a living job's pings
STAGGER = (3.0, 11.0)  # seconds from one job's last ping to the next one's, drawn evenly
FIRST = 20.0  # seconds of quiet before the first falls silent
PATIENCE = 120.0


@dataclass(frozen=True)
class Told:
    """A heartbeat's deadline as the exporter exported it, and when the first message that names it arrived."""

    id: str
    deadline: float
    arrived: float

    @property
    def seconds(self) -> float:
        return self.arrived - self.deadline


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="heartbeats that fall silent (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the instants (%(default)s)")
    options = parser.parse_args(arguments)
    print(explain(options.runs), flush=True)
    found, messages, refused = asyncio.run(measure(options.runs, random.Random(options.seed)))
    print(render(found, messages, refused))
    conclude(goals(found))
    return 0


def explain(runs: int) -> str:
    return (
        f"{machine.describe(programs.cores(), 'prometheus', 'alertmanager')}\n"
        "`./heartline up` with the shipped rules and settings, only ports and webhook changed.\n"
        f"{runs} heartbeats of {EVERY:g} s and {GRACE:g} s grace fall silent one after another,\n"
        f"{STAGGER[0]:g} to {STAGGER[1]:g} s apart, and return when they were named.\n"
        "Measured from the exported deadline to the POST at the stand-in, which limits the rate as Discord does."
    )


async def measure(runs: int, chance: random.Random) -> tuple[list[Told], int, int]:
    """What was told of each heartbeat, in the order of their silence; how many messages came, and were refused."""
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        folder = Path(name)
        # As `up` lays it out: the storage path lies in the folder of all data.
        config = install.make(folder / "data", install.many(runs, f"every: {EVERY:g}s, grace: {GRACE:g}s")).config
        async with (
            discord.listening() as stand_in,
            running(folder / "data", Configs(exporter=config), stand_in.url) as stack,
        ):
            own = Install(folder / "data", stack.ports.exporter)
            paths = await asyncio.to_thread(install.paths, own)
            hosts = [Host(id, path, CADENCE, chance.uniform(0, CADENCE)) for id, path in paths.items()]
            found = await silence_all(hosts, own, stand_in, chance)
            return found, len(stand_in.messages), len(stand_in.refusals)


async def silence_all(hosts: list[Host], own: Install, stand_in: discord.StandIn, chance: random.Random) -> list[Told]:
    """Each falls silent once, in the order given, and reports again when it was named."""
    returned: list[asyncio.Task[None]] = []
    found, after = [], FIRST
    async with asyncio.TaskGroup() as group:
        for host in hosts:
            found.append(group.create_task(_silence(host, after, own, stand_in, returned)))
            after += chance.uniform(*STAGGER)
    for task in returned:
        task.cancel()
    await asyncio.gather(*returned, return_exceptions=True)
    return [task.result() for task in found]


async def _silence(
    host: Host, after: float, own: Install, stand_in: discord.StandIn, returned: list[asyncio.Task[None]]
) -> Told:
    """Report for so long, fall silent, be named, report again from then on."""
    reporting = asyncio.create_task(host.report(own.port))
    await asyncio.sleep(after)
    reporting.cancel()
    await asyncio.gather(reporting, return_exceptions=True)
    await host.ping(own.port)
    samples = await asyncio.to_thread(install.samples, own, "heartbeat_deadline_timestamp_seconds")
    deadline = next(value for labels, value in samples.items() if f'heartbeat="{host.id}"' in labels)
    try:
        message = await stand_in.wait_for(lambda m: "FIRING" in m.text and host.id in m.text, PATIENCE)
    except TimeoutError as e:
        raise Problem(f"no message named {host.id} within {PATIENCE:g} s of its last ping") from e
    told = Told(host.id, deadline, message.arrived)
    print(f"{host.id}  {told.seconds:5.1f} s", file=sys.stderr, flush=True)
    await host.ping(own.port)
    returned.append(asyncio.create_task(host.report(own.port)))
    return told


def render(found: list[Told], messages: int, refused: int) -> str:
    seconds = [told.seconds for told in found]
    return (
        f"each: {', '.join(f'{each:.1f}' for each in seconds)} s\n"
        f"median {percentile(seconds, 0.5):.1f} s, worst of {len(seconds)} {max(seconds):.1f} s; "
        f"{messages} messages in all (resolved ones included), {refused} refused"
    )


def goals(found: list[Told]) -> list[Goal]:
    worst, soonest = max(told.seconds for told in found), min(told.seconds for told in found)
    return [
        Goal("deadline to message at most 30 s, worst", f"{worst:.1f} s", worst <= 30),
        Goal("no message before the deadline", f"soonest {soonest:.1f} s after", soonest > 0),
    ]
