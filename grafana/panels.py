"""What a panel consists of, and how Grafana writes it down; pure.

A title makes the panel's number, so links to it hold while others come and go around it.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from grafana.colours import Json, State, mappings
from grafana.limits import Limits

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
POINTS = 120
"""Instants of a graph: finer than eyes see on a phone, and a fifth of what a wide screen would ask for."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression. `legend` names its series; `instant`: only now counts."""

    expr: str
    legend: str = ""
    instant: bool = False
    format: str = "time_series"

    def json(self, number: int) -> Json:
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": plain(self.expr),
            "format": self.format,
            "instant": self.instant,
            "legendFormat": self.legend or "__auto",
            "range": not self.instant,
            "refId": letter(number),
        }


@dataclass(frozen=True, slots=True)
class Link:
    """Where a click leads; with the time range, as every dashboard of ours takes it."""

    title: str
    url: str

    def json(self) -> Json:
        return {"title": self.title, "url": self.url, "targetBlank": self.url.startswith(("http", "${"))}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `source` is a label, or the letter of the query whose value it shows."""

    source: str
    name: str
    unit: str = "string"
    limits: Limits | None = None
    states: Sequence[State] = ()
    link: Link | None = None
    shown: str = ""  # in place of whatever stands there
    width: int = 0

    def properties(self) -> list[Json]:
        found: list[Json] = [{"id": "unit", "value": self.unit}]
        if self.limits is not None:
            found.append({"id": "thresholds", "value": self.limits.json()})
        if self.limits is not None or self.states:
            found.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
        told = mappings(self.states)
        if self.shown:
            told.append({"type": "regex", "options": {"pattern": ".*", "result": {"text": self.shown, "index": 0}}})
        if told:
            found.append({"id": "mappings", "value": told})
        if self.link:
            found.append({"id": "links", "value": [self.link.json()]})
        if self.width:
            found.append({"id": "custom.width", "value": self.width})
        return found


@dataclass(frozen=True, slots=True)
class Panel:
    """`says` is how to read it, `empty` what to do when there is nothing; sizes in cells of a grid 24 wide."""

    title: str
    says: str
    empty: str
    queries: tuple[Query, ...]
    type: str
    width: int
    height: int
    defaults: Json
    options: Json
    overrides: tuple[Json, ...] = ()
    transformations: tuple[Json, ...] = ()
    link: Link | None = None
    points: int = POINTS

    @property
    def id(self) -> int:
        return number(self.title)

    def json(self, x: int, y: int) -> Json:
        return {
            "id": self.id,
            "type": self.type,
            "title": self.title,
            "description": self.says,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "maxDataPoints": self.points,
            "targets": [query.json(n) for n, query in enumerate(self.queries)],
            "fieldConfig": {
                "defaults": self.defaults | {"noValue": self.empty, "links": [self.link.json()] if self.link else []},
                "overrides": list(self.overrides),
            },
            "options": self.options,
            "transformations": list(self.transformations),
        }


def number(title: str) -> int:
    """A panel's id within its dashboard: of its title alone."""
    return 1 + zlib.crc32(title.encode()) % 999_999


def letter(number: int) -> str:
    return chr(ord("A") + number)


def plain(expr: str) -> str:
    """An expression on one line."""
    return re.sub(r"\s+", " ", expr).strip()


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, and the panels below it."""

    title: str
    panels: tuple[Panel, ...]
