"""Alertmanager groups and inhibits: what is left of the alerts that fire, asked of a running one at each change.

It has the shipped file, but a receiver for each route, so that each answer names its route, and nobody is told a thing.
Times are not its business here, as its clock is today's: see told.py.
"""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from bench import programs
from bench.noise.judged import Change
from stack import ports, tools
from stack.layout import Configs
from stack.problem import Problem
from toolkit.durations import parse_duration

WITHIN = 20.0
MARK = "heartline_bench_mark"
Alert = tuple[tuple[str, str], ...]
Group = tuple[int, Alert]
"""The number of the route, and the labels that make the group."""
Shares = tuple[frozenset[Alert], frozenset[Alert]]


@dataclass(frozen=True)
class Route:
    """What a route says of time, in seconds, its parents' word where it has none; `muted` are names of intervals."""

    receiver: str
    wait: float
    interval: float
    repeat: float
    muted: tuple[str, ...]
    active: tuple[str, ...]


@dataclass(frozen=True)
class Moment:
    """The groups after a change: their alerts that nothing inhibits, and those that something does."""

    at: int
    groups: Mapping[Group, Shares]


def moments(changes: Sequence[Change], suite: str, folder: Path) -> Iterator[Moment]:
    """One for each minute in which something changes."""
    firing: set[Alert] = set()
    with _running(suite, folder) as url:
        marks: list[Mapping[str, str]] = []
        for at, together in groupby(changes, key=lambda change: change.at):
            new, over = set[Alert](), set[Alert]()
            for change in together:
                (new if change.begins else over).add(change.labels)
            firing = (firing - over) | new
            old, marks = marks, [{MARK: side, "round": f"{at}"} for side in ("source", "target")]
            _post(url, [dict(alert) for alert in over - new], [*(dict(alert) for alert in new), *marks], old)
            yield Moment(at, _settled(url, firing, f"{at}"))


def routes(tree: Mapping[str, Any]) -> list[Route]:
    """All routes of the file, in the order of `_numbered`."""
    return list(_routes(tree["route"], Route("", 30.0, 300.0, 4 * 3600.0, (), ())))


def shipped() -> dict[str, Any]:
    """The shipped file."""
    tree: dict[str, Any] = yaml.safe_load(Configs().alertmanager.read_text())
    return tree


def _routes(route: Mapping[str, Any], parent: Route) -> Iterator[Route]:
    def seconds(key: str, default: float) -> float:
        return parse_duration(route[key]) if key in route else default

    own = Route(
        route.get("receiver", parent.receiver),
        seconds("group_wait", parent.wait),
        seconds("group_interval", parent.interval),
        seconds("repeat_interval", parent.repeat),
        tuple(route.get("mute_time_intervals", ())),
        tuple(route.get("active_time_intervals", ())),
    )
    yield own
    for child in route.get("routes", ()):
        yield from _routes(child, own)


def _numbered(route: dict[str, Any], number: int = 0) -> int:
    """Give each route a receiver of its number, and let none mind the time; returns the next number."""
    route["receiver"] = f"{number}"
    for key in ("mute_time_intervals", "active_time_intervals"):
        route.pop(key, None)
    number += 1
    for child in route.get("routes", ()):
        number = _numbered(child, number)
    return number


def configuration() -> str:
    """The shipped file with a receiver for each route, and a mark that shows when all that was posted is seen."""
    tree = shipped()
    count = _numbered(tree["route"])
    tree["receivers"] = [{"name": f"{number}"} for number in range(count)]
    tree.pop("templates", None)
    marked = {"source_matchers": [f'{MARK}="source"'], "target_matchers": [f'{MARK}="target"'], "equal": ["round"]}
    tree["inhibit_rules"] = [*tree.get("inhibit_rules", ()), marked]
    return yaml.safe_dump(tree)


@contextmanager
def _running(suite: str, folder: Path) -> Iterator[str]:
    file, port = folder / "alertmanager.yml", ports.free(1)[0]
    file.write_text(configuration())
    url = f"http://127.0.0.1:{port}"
    command = (
        *(f"{tools.find('alertmanager', suite)}", f"--config.file={file}", f"--storage.path={folder / 'alertmanager'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
    )
    with programs.running(command, folder / "alertmanager.log", ready_url=f"{url}/-/ready"):
        yield url


def _post(
    url: str, over: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]], marks: Sequence[Mapping[str, str]]
) -> None:
    now = datetime.now(UTC)
    past, future = (now - timedelta(seconds=1)).isoformat(), (now + timedelta(days=2)).isoformat()
    ended = [{"labels": labels, "startsAt": past, "endsAt": past} for labels in (*over, *marks)]
    begun = [{"labels": labels, "startsAt": now.isoformat(), "endsAt": future} for labels in new]
    body = json.dumps([*ended, *begun]).encode()
    request = urllib.request.Request(f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=WITHIN):
        return


def _settled(url: str, firing: set[Alert], round: str) -> dict[Group, Shares]:
    """The groups, once all alerts and the mark of this round are in them, and the mark is inhibited."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{url}/api/v2/alerts/groups", timeout=WITHIN) as answer:
            found = json.load(answer)
        everywhere = [(group, alert) for group in found for alert in group["alerts"]]
        marked = any(
            alert["labels"].get(MARK) == "target"
            and alert["labels"]["round"] == round
            and alert["status"]["state"] == "suppressed"
            for _, alert in everywhere
        )
        if marked and {_key(a["labels"]) for _, a in everywhere if MARK not in a["labels"]} == firing:
            return _groups(found)
        time.sleep(0.005)
    raise Problem("Alertmanager has not taken in what was posted")


def _groups(found: Sequence[Mapping[str, Any]]) -> dict[Group, Shares]:
    groups: dict[Group, Shares] = {}
    for group in found:
        alerts = [alert for alert in group["alerts"] if MARK not in alert["labels"]]
        muted = frozenset(_key(alert["labels"]) for alert in alerts if alert["status"]["state"] == "suppressed")
        if alerts:
            left = frozenset(_key(alert["labels"]) for alert in alerts) - muted
            groups[int(group["receiver"]["name"]), _key(group["labels"])] = left, muted
    return groups


def _key(labels: Mapping[str, str]) -> Alert:
    return tuple(sorted(labels.items()))
