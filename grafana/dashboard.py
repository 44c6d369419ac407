"""A dashboard from its panels: where they stand, what can be chosen, which alerts are marked; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana import alerts
from grafana.colours import SEVERITIES, Json
from grafana.panels import COLUMNS, DATASOURCE, Row, number

HOME = "heartline-overview"
SCHEMA = 39  # of classic dashboards: the oldest that Grafana 9.4 to 13 all read
TAG = "heartline"


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen at the top: values of a label. `several`: more than one; `every`: all of them as well."""

    name: str
    query: str
    several: bool = True
    every: bool = True

    def json(self) -> Json:
        every: object = ["$__all"] if self.several else "$__all"
        found: Json = {
            "name": self.name,
            "label": self.name.capitalize(),
            "type": "query",
            "datasource": DATASOURCE,
            "definition": self.query,
            "query": self.query,
            "refresh": 2,
            "sort": 1,
            "multi": self.several,
            "includeAll": self.every,
            "hide": 0,
            "regex": "",
            "options": [],
            "current": {"selected": True, "text": "All", "value": every} if self.every else {},
            "skipUrlSync": False,
        }
        return found | ({"allValue": ".*"} if self.every else {})


@dataclass(frozen=True, slots=True)
class Address:
    """Where another program is found by the reader's browser; hidden, to be changed in the dashboard's settings."""

    name: str
    url: str

    def json(self) -> Json:
        value = {"selected": True, "text": self.url, "value": self.url}
        return {
            "name": self.name,
            "label": self.name.capitalize(),
            "type": "textbox",
            "query": self.url,
            "current": value,
            "options": [value],
            "hide": 2,
            "skipUrlSync": False,
        }


ALERTMANAGER = Address("alertmanager", "http://127.0.0.1:9093")
ANALYZER = Address("analyzer", "http://127.0.0.1:9798")
EXPORTER = Address("exporter", "http://127.0.0.1:9797")


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`marked`: matchers of the alerts that are marked on its time axis; `since`: what it shows at first."""

    uid: str
    title: str
    question: str
    choices: tuple[Choice, ...]
    rows: Sequence[Row]
    marked: str = ""
    since: str = "now-6h"
    addresses: tuple[Address, ...] = (ALERTMANAGER,)

    def json(self) -> Json:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.question,
            "tags": [TAG],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "fiscalYearStartMonth": 0,
            "liveNow": False,
            "refresh": "30s",
            "time": {"from": self.since, "to": "now"},
            "timepicker": {},
            "timezone": "browser",
            "weekStart": "",
            "links": list(_links()),
            "annotations": {"list": list(_annotations(self.marked))},
            "templating": {"list": list(self._variables())},
            "panels": list(_placed(self.rows)),
        }

    def _variables(self) -> Iterator[Json]:
        yield {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
            "regex": "",
            "hide": 0,
            "multi": False,
            "includeAll": False,
            "options": [],
            "current": {},
            "skipUrlSync": False,
        }
        yield from (choice.json() for choice in self.choices)
        yield from (address.json() for address in self.addresses)


def _links() -> Iterator[Json]:
    """To the overview, to all others with what was chosen, and to Alertmanager."""
    shared: Json = {"includeVars": True, "keepTime": True, "targetBlank": False, "asDropdown": False}
    shared |= {"tags": [], "tooltip": "", "icon": "dashboard"}
    yield {**shared, "type": "link", "title": "Overview", "url": f"d/{HOME}", "includeVars": False}
    yield {**shared, "type": "dashboards", "title": "Heartline", "url": "", "tags": [TAG], "asDropdown": True}
    silences = {"type": "link", "title": "Silences", "url": "${alertmanager}/#/silences", "icon": "external link"}
    yield {**shared, **silences, "includeVars": False, "keepTime": False, "targetBlank": True}


def _annotations(marked: str) -> Iterator[Json]:
    yield {
        "name": "Annotations & Alerts",
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "type": "dashboard",
    }
    for severity, colour in SEVERITIES.items():
        yield {
            "name": severity.capitalize(),
            "datasource": DATASOURCE,
            "enable": severity != "info",
            "hide": False,
            "iconColor": colour,
            "expr": alerts.marks(severity, marked),
            "step": "60s",
            "titleFormat": "{{alertname}}",
            "textFormat": alerts.MARK,
            "tagKeys": "severity",
            "useValueForTime": False,
        }


def _placed(rows: Sequence[Row]) -> Iterator[Json]:
    """From left to right, a new line where there is no room, a heading where a row has a title."""
    y = 0
    for row in rows:
        if row.title:
            yield {
                "id": number(f"row {row.title}"),
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
                "panels": [],
            }
            y += 1
        x = height = 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, height = 0, y + height, 0
            yield panel.json(x, y)
            x, height = x + panel.width, max(height, panel.height)
        y += height
