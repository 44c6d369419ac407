"""A burst of alerts at Discord's limits on a bad day: through the relay, and through Alertmanager's discord_configs.

100 groups of five alerts fire at once and end later. Discord takes 5 requests in 2 s and 30 in a minute, answers 2 % of
them with 500, and is away for a minute in the middle. Each way has an Alertmanager and a Discord of its own, side by
side, so all see the same machine.
"""

import argparse
import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from bench.figures import Goal, conclude, table
from stack import ports, tools
from tests.analyzer.discordserver import DiscordServer, Event, Limits, Window, listening
from tests.analyzer.notify.alertmanager import Alert, Chain, Child, chain, fires, now

GROUPS, EACH = 100, 5
FAILING = 0.02
GROUP_INTERVAL = 10.0
OUTAGE_AFTER, OUTAGE = 20.0, 60.0
GIVE_UP = 900.0  # seconds for a phase, before whatever is missing counts as lost
GRACE = 30.0  # seconds after the relay has told all, in which the others may still tell
WITHIN = 0.10
JOB, HOST = re.compile(r"job-\d+-\d+"), re.compile(r"host\d+")
STOCK = """
route:
  receiver: discord
  group_by: [alertname, group]
  group_wait: 100ms
  group_interval: {interval}
  repeat_interval: 4h
receivers:
  - name: discord
    discord_configs: [{{webhook_url: "{webhook}"}}]
"""


@dataclass
class Way:
    """One way from alerts to Discord; `post` takes alerts to its Alertmanager."""

    name: str
    far: DiscordServer
    url: str


@dataclass(frozen=True)
class Phase:
    """How one way told one state: seconds to the last, what is missing or was told twice, what it was refused."""

    told: int
    seconds: float
    ideal: float
    doubled: int
    refused: Mapping[int, int]


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser("bench relay", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of all of Discord's times: 0.1 takes a tenth")
    parser.add_argument("--lenient", action="store_true", help="Discord does not count the requests that it refuses")
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), Limits(scale=given.scale, refused_count=not given.lenient)))
    return 0


async def measure(folder: Path, limits: Limits) -> None:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        ways = [await relayed(stack, folder, limits)]
        ways += [await stock(stack, folder, suite, limits) for suite in ("newest", "stable")]
        starts = now()
        firing = await phase(session, ways, burst(starts), limits.scale, "FIRING", outage=True)
        resolved = await phase(session, ways, burst(starts, now()), limits.scale, "RESOLVED", outage=False)
    report(ways, firing, resolved)


async def relayed(stack: AsyncExitStack, folder: Path, limits: Limits) -> Way:
    far = await stack.enter_async_context(listening(limits, FAILING, seed=1))
    (folder / "relay").mkdir()
    at: Chain = await stack.enter_async_context(
        chain("newest", folder / "relay", far.url(), hold=8.0, wait="100ms", interval=interval(limits.scale))
    )
    return Way("relay, " + version("newest"), far, at.url)


async def stock(stack: AsyncExitStack, folder: Path, suite: str, limits: Limits) -> Way:
    far = await stack.enter_async_context(listening(limits, FAILING, seed=1))
    own = folder / f"stock-{suite}"
    own.mkdir()
    file, port = own / "alertmanager.yml", ports.free(1)[0]
    file.write_text(STOCK.format(webhook=far.url(), interval=interval(limits.scale)))
    url = f"http://127.0.0.1:{port}"
    command = (
        *(tools.find("alertmanager", suite), f"--config.file={file}", f"--storage.path={own / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
    )
    program = Child(command, own / "log", f"{url}/-/ready")
    stack.push_async_callback(program.kill)
    await program.start()
    return Way("discord_configs, " + version(suite), far, url)


def interval(scale: float) -> str:
    """The shipped group_interval, as much shorter as Discord's times are."""
    return f"{GROUP_INTERVAL * scale * 1000:.0f}ms"


def version(suite: str) -> str:
    return f"Alertmanager {tools.version('alertmanager', tools.find('alertmanager', suite))}"


def burst(starts: datetime, ends: datetime | None = None) -> list[Alert]:
    return [fires(group, number, starts, ends) for group in range(GROUPS) for number in range(EACH)]


async def phase(
    session: aiohttp.ClientSession, ways: Sequence[Way], alerts: Sequence[Alert], scale: float, state: str, outage: bool
) -> list[Phase]:
    """Post the alerts everywhere, with an outage in the middle; until the relay has told all, and a while longer."""
    began = time.monotonic()
    before = [(len(way.far.events), way.far.refusals.copy(), way.far.windows()) for way in ways]
    for way in ways:
        async with session.post(f"{way.url}/api/v2/alerts", json=alerts) as answer:
            answer.raise_for_status()
    down = (began + OUTAGE_AFTER * scale, began + (OUTAGE_AFTER + OUTAGE) * scale) if outage else (began, began)
    if outage:
        await asyncio.sleep(down[0] - time.monotonic())
        for way in ways:
            way.far.outage(down[1] - time.monotonic())
    first = ways[0].far
    await until(lambda: len(told(first.events[before[0][0] :], state)) == GROUPS * EACH, GIVE_UP * scale)
    await asyncio.sleep(GRACE)
    found = []
    for way, (events, refusals, windows) in zip(ways, before, strict=True):
        refused = way.far.refusals - refusals
        ideal = soonest(windows, GROUPS + refused[500], began, down)
        found.append(figures(way.far.events[events:], state, began, ideal, refused))
    return found


async def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:  # noqa: ASYNC110 - what it waits for is in another program
        await asyncio.sleep(0.1)


def told(events: Sequence[Event], state: str) -> set[str]:
    """The jobs that these messages tell in this state."""
    return {job for event in events if state in event.message.text.upper() for job in jobs(event)}


def jobs(event: Event) -> list[str]:
    return JOB.findall(event.message.text.replace("\\", ""))


def figures(events: Sequence[Event], state: str, began: float, ideal: float, refused: Mapping[int, int]) -> Phase:
    hosts: dict[str, int] = defaultdict(int)
    for event in events:
        found = HOST.search(event.message.text)
        if found and state in event.message.text.upper():
            hosts[found[0]] += 1
    last = max((event.at for event in events), default=began)
    return Phase(len(told(events, state)), last - began, ideal, sum(n - 1 for n in hosts.values()), refused)


def soonest(windows: Sequence[Window], requests: int, began: float, down: tuple[float, float]) -> float:
    """Seconds that so many requests take at the least, for one who knows all limits and the outage beforehand."""
    at = began
    for _ in range(requests):
        if down[0] <= at < down[1]:
            at = down[1]
        while full := [window.ends for window in windows if at < window.ends and window.used >= window.most]:
            at = max(full) if not down[0] <= max(full) < down[1] else down[1]
        for window in windows:
            window.take(at)
    return at - began


def ever(way: Way) -> set[str]:
    """The jobs that any message names."""
    return {job for event in way.far.events for job in jobs(event)}


def disordered(way: Way) -> int:
    """Groups that heard of their end before they heard of the beginning."""
    order: dict[str, list[bool]] = defaultdict(list)
    for event in way.far.events:
        found = HOST.search(event.message.text)
        if found:
            order[found[0]].append("RESOLVED" in event.message.text.upper())
    return sum(states != sorted(states) for states in order.values())


def report(ways: Sequence[Way], firing: Sequence[Phase], resolved: Sequence[Phase]) -> None:
    every = GROUPS * EACH
    head = ("", "alerts told", "not told", "doubled", "last after", "at best", "requests refused (429)")
    for name, phases in (("firing, with an outage of a minute", firing), ("their end", resolved)):
        rows = [
            (
                way.name,
                str(one.told),
                str(every - one.told),
                str(one.doubled),
                f"{one.seconds:.1f} s",
                f"{one.ideal:.1f} s",
                f"{sum(one.refused.values())} ({one.refused.get(429, 0)})",
            )
            for way, one in zip(ways, phases, strict=True)
        ]
        print(f"\n{GROUPS} groups, {every} alerts: {name}")
        print(table(head, rows))
    after = [(way.name, str(every - len(ever(way))), str(disordered(way))) for way in ways]
    print("\nafter the end of all")
    print(table(("", "alerts nobody ever heard of", "groups in the wrong order"), after))
    conclude(goals(ways[0], firing[0], resolved[0]))


def goals(way: Way, *phases: Phase) -> list[Goal]:
    lost = sum(GROUPS * EACH - one.told for one in phases)
    doubled = sum(one.doubled for one in phases)
    slower = max(one.seconds / one.ideal - 1 for one in phases)
    wrong = disordered(way)
    return [
        Goal("lost 0", str(lost), not lost),
        Goal("doubled 0", str(doubled), not doubled),
        Goal("order kept per group", f"{wrong} groups in the wrong order", not wrong),
        Goal("within 10 % of what the limit allows", f"{slower:+.1%}", slower <= WITHIN),
    ]
