"""How fast do the dashboards answer at 100 hosts, while many people look at once?

The real exporter and analyzer are scraped once; a hundred hosts are made of that, with a day behind them and scrapes
that go on, in a real Prometheus that evaluates the shipped rules at the shipped pace. Each viewer sends what Grafana
sends when a dashboard refreshes: all panels, what can be chosen, what is marked; six at once, as a browser does.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import aiohttp
import yaml

from bench import fleet, machine, programs
from bench.figures import Goal, conclude, milliseconds, percentile, table
from bench.fleet import Present
from stack import ports, tools
from stack.layout import HOST, ROOT
from tests.grafana import built, engine, past, scenario
from tests.grafana.past import Series
from toolkit.durations import parse_duration

EVERY = 30.0  # seconds between two refreshes of a viewer
AT_ONCE = 6  # requests of a browser to one server
SCRAPE = 15.0
STEP = 60.0  # seconds between samples of the past
SETTLE = 45.0  # after the start: three scrapes
QUERY_GOAL, DASHBOARD_GOAL = 0.2, 3.0
RECORDED = '{__name__=~".*:.*|ALERTS|ALERTS_FOR_STATE"}'
CONFIG = """
global: {{scrape_interval: 15s, evaluation_interval: 5s}}
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - job_name: fleet
    honor_labels: true
    static_configs: [{targets}]
"""


@dataclass
class Found:
    """Of one dashboard: seconds of each query by its panel, and of each refresh until its last answer."""

    queries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    whole: list[float] = field(default_factory=list)
    bad: int = 0

    @property
    def each(self) -> list[float]:
        return [seconds for one in self.queries.values() for seconds in one]


@dataclass(frozen=True)
class Request:
    """One request to Prometheus, as Grafana makes it."""

    of: str
    path: str
    keys: Mapping[str, str]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench dashboards", description=__doc__)
    parser.add_argument("--hosts", type=int, default=100, help="(%(default)s)")
    parser.add_argument("--viewers", type=int, default=50, help="of each dashboard, all at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="for each dashboard (%(default)s)")
    parser.add_argument("--hours", type=float, default=24, help="of history (%(default)s)")
    parser.add_argument("--suite", choices=tools.SUITES, default="stable")
    options = parser.parse_args(arguments)
    print(machine.describe(programs.cores(), "prometheus"), flush=True)
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        folder = Path(name)
        present = prepared(folder, options.hosts, options.hours, options.suite)
        print(f"{options.hosts} hosts, {len(present.series):,} series, {options.hours:g} h of history", flush=True)
        with looked_at(folder, present, options.suite) as port:
            found = asyncio.run(looks(port, options.viewers, options.seconds, options.hosts))
    print(shown(found))
    goals = verdicts(found)
    conclude(goals)
    return 0 if all(goal.reached for goal in goals) else 1


def prepared(folder: Path, hosts: int, hours: float, suite: str) -> Present:
    """Fill `folder/data` with the past of a fleet; what it is now goes on from there."""
    texts = [file.read_text() for file in engine.RULES]
    wanted = engine.words(*texts, *map(built.asked, built.everything()))
    found = fleet.fleet(list(past.series(scenario.scraped(_made(folder / "scraped")), wanted)), hosts)
    raw = [one for one in found if ":" not in one.name]
    recorded = evaluated(_made(folder / "once"), found, hosts, suite)
    print(f"{sum(one.name == 'ALERTS' for one in recorded)} alerts fire or are pending", flush=True)
    end = time.time()
    past.write(folder / "past.txt", [*raw, *recorded], end, hours * 3600, STEP, dict(seldomer()))
    engine.blocks(folder / "past.txt", folder / "data", suite)
    (folder / "past.txt").unlink()
    return Present(raw, end)


def evaluated(folder: Path, found: Sequence[Series], hosts: int, suite: str) -> list[Series]:
    """What the rules record of them, once all of them were evaluated."""
    past.write(folder / "past.txt", found, time.time(), 1800, STEP)
    engine.blocks(folder / "past.txt", folder / "data", suite)
    with engine.running(folder, suite) as prometheus:
        prometheus.until(f"count(host:cpu_busy:ratio) >= {hosts}")
        prometheus.until('count(ALERTS{alertstate="firing"}) > 10')
        return list(fleet.held(prometheus.query(RECORDED)))


def seldomer() -> Iterator[tuple[str, float]]:
    """What the rules record at longer intervals than the past has, with these in seconds."""
    groups = (group for file in engine.RULES for group in yaml.safe_load(file.read_text())["groups"])
    for group in groups:
        every = parse_duration(group["interval"])
        if every > STEP:
            yield from ((rule["record"], every) for rule in group["rules"] if "record" in rule)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextmanager
def looked_at(folder: Path, present: Present, suite: str) -> Iterator[int]:
    """Prometheus with this past, scraping this present; its port."""
    (port,) = ports.free(1)
    with fleet.served(present) as served:
        of = "{{targets: ['{}:{}'], labels: {{__metrics_path__: /{}}}}}"
        targets = ", ".join(of.format(HOST, served, part) for part in range(fleet.PARTS))
        (folder / "prometheus.yml").write_text(CONFIG.format(rules=ROOT / "rules", targets=targets))
        command = (
            *(str(tools.find("prometheus", suite)), f"--config.file={folder}/prometheus.yml"),
            *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address={HOST}:{port}"),
            "--storage.tsdb.retention.time=90d",
        )
        with programs.running(command, folder / "prometheus.log", None, f"http://{HOST}:{port}/-/ready"):
            time.sleep(SETTLE)
            yield port


async def looks(port: int, viewers: int, seconds: float, hosts: int) -> dict[str, Found]:
    """So many viewers of each dashboard, one dashboard after the other."""
    found = {}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://{HOST}:{port}", connector=connector) as session:
        for name in built.DASHBOARDS:
            found[name] = Found()
            tasks = [_viewer(session, name, n, viewers, seconds, hosts, found[name]) for n in range(viewers)]
            await asyncio.gather(*tasks)
            print(f"{name}: {len(found[name].whole)} refreshes", flush=True)
    return found


async def _viewer(
    session: aiohttp.ClientSession, name: str, number: int, viewers: int, seconds: float, hosts: int, found: Found
) -> None:
    """Opens the dashboard at a moment of its own, and leaves when the time is over."""
    values = chosen(name, random.Random(number), hosts)
    start = time.monotonic()
    for due in range(max(1, int(seconds / EVERY))):
        await asyncio.sleep(start + (due + number / viewers) * EVERY - time.monotonic())
        began, gate = time.monotonic(), asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(_ask(session, request, gate, found) for request in requests(name, values, time.time())))
        found.whole.append(time.monotonic() - began)


async def _ask(session: aiohttp.ClientSession, request: Request, gate: asyncio.Semaphore, found: Found) -> None:
    async with gate:
        began = time.monotonic()
        async with session.post(request.path, data=request.keys) as answer:
            told = await answer.read()
        found.queries[request.of].append(time.monotonic() - began)
        # Not read as JSON: one process is all of the browsers here.
        found.bad += not told.startswith(b'{"status":"success"')


def chosen(name: str, dice: random.Random, hosts: int) -> dict[str, str]:
    """A host of the fleet, and one of its heartbeats, where one must be chosen."""
    number = dice.randrange(1, hosts)
    values = built.chosen(name)
    mine = {"host": f"host-{number:03}", "heartbeat": f"nightly-backup-{number:03}"}
    return values | {key: value for key, value in mine.items() if key in values and values[key] != ".*"}


def requests(name: str, values: Mapping[str, str], now: float) -> Iterator[Request]:
    """All that a refresh of this dashboard asks."""
    dashboard = built.DASHBOARDS[name]
    length = parse_duration(dashboard["time"]["from"].removeprefix("now-"))
    for panel in built.panels(dashboard):
        step = max(SCRAPE, length / panel["maxDataPoints"])
        for one in panel["targets"]:
            expr = _filled(name, panel["title"], one["expr"], values, step, length)
            yield _request(panel["title"], expr, now, 0 if one["instant"] else length, step)
    for mark in (one for one in dashboard["annotations"]["list"] if "expr" in one and one["enable"]):
        expr = _filled(name, mark["name"], mark["expr"], values, 60, length)
        yield _request(f"marks {mark['name']}", expr, now, length, max(60, length / 1000))
    for choice in (one for one in built.choices() if one.dashboard == name):
        yield Request(f"choice {choice.name}", "/api/v1/series", {"match[]": choice.selector, **_span(now, length)})


def _filled(name: str, title: str, expr: str, values: Mapping[str, str], step: float, length: float) -> str:
    times = {
        "$__rate_interval": f"{max(step + SCRAPE, 4 * SCRAPE):.0f}s",
        "$__interval": f"{step:.0f}s",
        "$__range": f"{length:.0f}s",
    }
    for written, value in times.items():
        expr = expr.replace(written, value)
    return built.asked(built.Target(name, title, expr, False), values)


def _request(of: str, expr: str, now: float, length: float, step: float) -> Request:
    if not length:
        return Request(of, "/api/v1/query", {"query": expr, "time": f"{now:.3f}"})
    return Request(of, "/api/v1/query_range", {"query": expr, "step": f"{step:.0f}", **_span(now, length)})


def _span(now: float, length: float) -> dict[str, str]:
    return {"start": f"{now - length:.3f}", "end": f"{now:.3f}"}


def shown(found: Mapping[str, Found]) -> str:
    """A line for each dashboard, with the panel that takes longest."""
    head = ("dashboard", "queries", "median", "p95", "slowest panel", "its p95", "whole: median", "p95")
    return table(head, [_row(name, one) for name, one in found.items()])


def _row(name: str, found: Found) -> tuple[str, ...]:
    worst = max(found.queries, key=lambda panel: percentile(found.queries[panel], 0.95))
    return (
        *(name, str(len(found.queries)), milliseconds(median(found.each)), milliseconds(percentile(found.each, 0.95))),
        *(worst, milliseconds(percentile(found.queries[worst], 0.95))),
        *(milliseconds(median(found.whole)), milliseconds(percentile(found.whole, 0.95))),
    )


def verdicts(found: Mapping[str, Found]) -> list[Goal]:
    query = max(percentile(one.each, 0.95) for one in found.values())
    whole = max(percentile(one.whole, 0.95) for one in found.values())
    bad = sum(one.bad for one in found.values())
    return [
        Goal("p95 of a query below 200 ms on every dashboard", milliseconds(query), query < QUERY_GOAL),
        Goal("p95 of a whole dashboard below 3 s", f"{whole:.2f} s", whole < DASHBOARD_GOAL),
        Goal("every query is answered", f"{bad} were not", not bad),
    ]
