"""The committed dashboards, as Grafana reads them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.layout import ROOT

FOLDER = ROOT / "grafana" / "dashboards"
DASHBOARDS: dict[str, Any] = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
TIMES = {
    "$__rate_interval": "5m",
    "$__interval": "1m",
    "$__range": "1h",
    "${__from}": "1700000000000",
    "${__to}": "1700003600000",
}
"""What Grafana writes there for an hour on a small screen."""


@dataclass(frozen=True)
class Target:
    """One expression of a panel, with its variables."""

    dashboard: str
    panel: str
    expr: str
    instant: bool

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel}"


def panels(dashboard: Mapping[str, Any]) -> Iterator[Any]:
    """All but the headings; also those in rows that are closed."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def targets(name: str) -> Iterator[Target]:
    for panel in panels(DASHBOARDS[name]):
        for one in panel["targets"]:
            yield Target(name, panel["title"], one["expr"], one["instant"])


def marks(name: str) -> Iterator[Target]:
    """The expressions of what is marked on the time axis."""
    for one in DASHBOARDS[name]["annotations"]["list"]:
        if "expr" in one:
            yield Target(name, f"marks {one['name']}", one["expr"], False)


def everything() -> list[Target]:
    return [target for name in DASHBOARDS for target in (*targets(name), *marks(name))]


def chosen(name: str) -> dict[str, str]:
    """What the variables of a dashboard are at first: the first value is asked for in the scenario."""
    return {
        one["name"]: ".*" if one.get("includeAll") else FIRST.get(one["name"], "")
        for one in DASHBOARDS[name]["templating"]["list"]
    }


FIRST = {"host": "watch", "heartbeat": "nightly-backup"}


def asked(target: Target, values: Mapping[str, str] | None = None) -> str:
    """The expression as Grafana sends it."""
    expr = target.expr
    for name, value in TIMES.items():
        expr = expr.replace(name, value)
    for name, value in (chosen(target.dashboard) | dict(values or {})).items():
        expr = re.sub(rf"\${{{name}}}|\${name}\b", value.replace("\\", r"\\"), expr)
    return expr


@dataclass(frozen=True)
class Choice:
    """Which label of which series can be chosen at the top of a dashboard."""

    dashboard: str
    name: str
    selector: str
    label: str


def choices() -> Iterator[Choice]:
    for name, dashboard in DASHBOARDS.items():
        for one in dashboard["templating"]["list"]:
            if one["type"] == "query":
                selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", one["query"]).groups()  # type: ignore[union-attr]  # test_lint says it is one
                for before, value in chosen(name).items():
                    selector = selector.replace(f"${before}", value)
                yield Choice(name, one["name"], selector, label)


def missing(link: str) -> str:
    """What of a link to one of our dashboards is not there; empty when all of it is."""
    found = re.fullmatch(r"/?d/([\w-]+)(?:\?(.*))?", link)
    if found is None:
        return "a dashboard"
    of = {dashboard["uid"]: name for name, dashboard in DASHBOARDS.items()}
    if found[1] not in of:
        return found[1]
    dashboard = DASHBOARDS[of[found[1]]]
    ids, names = {str(panel["id"]) for panel in panels(dashboard)}, chosen(of[found[1]])
    for part in (found[2] or "").split("&"):
        key, _, value = part.partition("=")
        if key == "viewPanel" and value not in ids:
            return part
        if key.startswith("var-") and key.removeprefix("var-") not in names:
            return part
    return ""
