"""The internet is away with hosts of ours behind it: how many messages is that, and when do they come?"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench import install, outside, prometheus
from bench.hosts import Host
from bench.install import Install
from stack import discord
from stack.layout import Configs
from stack.message import Message
from stack.running import running

EVERY, GRACE = 60.0, 60.0
BEFORE = 90.0  # seconds in which all is well: everybody has reported, everything was probed
# Whatever this machine itself suffers from is not what is measured.
OWN = "watch"
OWN_MACHINE = (
    f'host: {OWN}\nmaintenance: [{{matchers: {{host: {OWN}}}, timezone: UTC, cron: "* * * * *", duration: 1h}}]\n'
)
SAID = ("InternetDown", "GatewayGone", "DnsBroken")


@dataclass(frozen=True)
class Told:
    """Unix times of what happened, inf for what did not; `beside` counts the other alerts that fired."""

    cut: float
    fired: float
    message: float
    mended: float
    edit: float
    beside: Counter[str]
    texts: list[str]
    messages: int
    edits: int


def config() -> str:
    """Twelve hosts with the heartbeat that stands for each, a job, readings and a probe."""
    names = {f"web{number:02}": address for number, address in enumerate(outside.HOSTS, start=1)}
    beats = (
        f"  - {{id: {id}, host: {host}, every: {EVERY:g}s, grace: {GRACE:g}s}}\n"
        for host in names
        for id in (host, f"backup-{host}")
    )
    hosts = (f'  - {{host: {host}, address: "{address}:{outside.PORT}"}}\n' for host, address in names.items())
    probes = (
        f'  - {{name: page-{host}, target: "http://{address}:{outside.PORT}/", host: {host}}}\n'
        for host, address in names.items()
    )
    return (
        f"internet: true\n{OWN_MACHINE}heartbeats:\n{''.join(beats)}hosts:\n{''.join(hosts)}probes:\n{''.join(probes)}"
    )


async def measure(gateway: int, outage: float, after: float) -> Told:
    """Cut the line for `outage` seconds, and look for `after` seconds whether anything more is told."""
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        folder = Path(name)
        exporter, analyzer = install.make(folder / "data", config()).config, folder / "analyzer.yml"
        analyzer.write_text("hosts: []\n")
        configs = Configs(exporter=exporter, analyzer=analyzer)
        async with discord.listening() as stand_in, running(folder / "data", configs, stand_in.url) as stack:
            own = Install(folder / "data", stack.ports.exporter)
            paths, chance = await asyncio.to_thread(install.paths, own), random.Random(1)
            hosts = [Host(id, path, EVERY, chance.uniform(0, EVERY)) for id, path in paths.items()]
            await asyncio.gather(*(host.ping(own.port) for host in hosts))
            await _while_reporting(hosts, own, BEFORE)
            cut = await _line(gateway, False)
            say(f"cut for {outage:g} s")
            await asyncio.sleep(outage)
            mended = await _line(gateway, True)
            say(f"mended; {after:g} s more")
            await _while_reporting(hosts, own, after)
            firing = await asyncio.to_thread(prometheus.firing, stack.ports.prometheus, cut)
            return _told(cut, mended, firing, stand_in)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _line(gateway: int, works: bool) -> float:
    at = time.time()
    await asyncio.to_thread(outside.line, gateway, works)
    return at


async def _while_reporting(hosts: list[Host], own: Install, seconds: float) -> None:
    """The jobs report for so long; what they report meanwhile comes from outside."""
    tasks = [asyncio.create_task(host.report(own.port)) for host in hosts]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _told(cut: float, mended: float, firing: list[prometheus.Firing], stand_in: discord.StandIn) -> Told:
    posts = [message for message in stand_in.messages if message not in stand_in.edits]
    return Told(
        cut,
        min((one.since for one in firing if one.name in SAID), default=float("inf")),
        _first(posts),
        mended,
        _first(stand_in.edits),
        Counter(one.name for one in firing if one.name not in SAID and one.labels.get("host") != OWN),
        [message.embeds[0].title for message in stand_in.messages],
        len(posts),
        len(stand_in.edits),
    )


def _first(messages: list[Message]) -> float:
    """When the first arrived that tells of the outage."""
    return next((m.arrived for m in messages if any(name in m.text for name in SAID)), float("inf"))


def render(told: Told) -> str:
    beside = ", ".join(f"{count} {name}" for name, count in sorted(told.beside.items()))
    return (
        f"cut to firing {told.fired - told.cut:.1f} s, firing to message {told.message - told.fired:.1f} s; "
        f"mended to edit {told.edit - told.mended:.1f} s\n"
        f"messages {told.messages}, edits {told.edits}: {'; '.join(told.texts)}\n"
        f"alerts that fired beside it: {beside or 'none'}"
    )
