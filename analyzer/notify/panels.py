"""Where Grafana shows what an alert is about, as `python -m grafana.build` has written it down in panels.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

from analyzer.notify.payload import Alert, Group, Labels

FILE = Path(__file__).with_name("panels.json")
ELSE = ""  # the entry of alerts that somebody added, which have no panel of their own
BEFORE = 3600.0  # seconds that are shown of what was before


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel by its number, and which labels of an alert are chosen on its dashboard."""

    dashboard: str
    panel: int
    variables: tuple[str, ...]


@cache
def panels() -> Mapping[str, Panel]:
    """By the alert's name."""
    tree = json.loads(FILE.read_text())
    return {name: Panel(one["dashboard"], one["panel"], tuple(one["variables"])) for name, one in tree.items()}


def linked(group: Group, grafana: str) -> Group:
    """The same with a `panel_url` for each alert that has none of its own; without the URL of a Grafana as it is."""
    if not grafana:
        return group
    alerts = tuple(replace(alert, annotations=_annotated(alert, grafana)) for alert in group.alerts)
    urls = {alert.annotations["panel_url"] for alert in alerts}
    shared = {"panel_url": urls.pop()} if len(urls) == 1 else {}
    return replace(group, alerts=alerts, common_annotations={**shared, **group.common_annotations})


def _annotated(alert: Alert, grafana: str) -> Labels:
    return {"panel_url": link(grafana, alert.labels, alert.starts, alert.ends), **alert.annotations}


def link(grafana: str, labels: Labels, starts: float, ends: float = 0.0) -> str:
    """The URL of an alert's panel, from an hour before it began until its end, or now; seconds since the epoch."""
    found = panels().get(labels.get("alertname", "")) or panels()[ELSE]
    chosen = [(f"var-{name}", labels[name]) for name in found.variables if labels.get(name)]
    span = [("from", f"{(starts - BEFORE) * 1000:.0f}"), ("to", f"{ends * 1000:.0f}" if ends else "now")]
    keys = urlencode([("viewPanel", str(found.panel)), *chosen, *span], quote_via=quote)
    return f"{grafana.rstrip('/')}/d/{found.dashboard}?{keys}"
