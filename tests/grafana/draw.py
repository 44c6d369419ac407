"""Draw dashboards as the scenario fills them: `python -m tests.grafana.draw docs overview`, or without a name all.

Grafana is not at hand everywhere, a browser is: its panels, queries, colours and units, read from the dashboard's JSON
and answered by a real Prometheus, in a page of our own.
"""

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from stack import tools
from tests.grafana import built, past
from tests.grafana.built import Target
from tests.grafana.drawn_values import NAMED, Field, legend
from tests.grafana.engine import Prometheus
from tests.grafana.looking import looking

CELL_WIDTH, CELL_HEIGHT, WIDTH = 58, 38, 1392
STEP = 30.0
STYLE = """
body { margin: 0; background: #111217; color: #ccccdc; font: 13px/1.35 system-ui, sans-serif }
main { position: relative; margin: 12px } h1 { font-size: 17px; margin: 14px 16px 0; font-weight: 500 }
section { position: absolute; box-sizing: border-box; background: #181b1f; border: 1px solid #2c2f34; overflow: hidden }
section.row { background: none; border: 0; font-size: 15px; line-height: 38px }
h2 { font-size: 13px; font-weight: 500; margin: 6px 8px }
.stat { text-align: center; font-size: 30px; font-weight: 600; color: #fff; position: absolute; inset: 0; display: grid;
  place-content: center } .empty { color: #8e8e8e; padding: 8px }
table { width: 100%; border-collapse: collapse } th { text-align: left; color: #6e9fff; font-weight: 500 }
th, td { padding: 4px 8px; border-bottom: 1px solid #2c2f34; white-space: nowrap; overflow: hidden; max-width: 420px;
  text-overflow: ellipsis }
.bar { display: grid; grid-template-columns: 9em 1fr 6em; gap: 8px; margin: 3px 8px; align-items: center }
.bar i { display: block; height: 16px } .names { margin: 2px 8px; font-size: 11px; max-height: 30px; overflow: hidden }
.names span { margin-right: 10px; white-space: nowrap } svg { display: block }
svg text { fill: #8e8e8e; font-size: 10px }
"""
Answer = list[Any]


def main(out: str, *names: str) -> None:
    """Begin the scenario, ask what the panels ask, and write a picture of each dashboard into the folder `out`."""
    with tempfile.TemporaryDirectory(prefix="heartline-draw-") as folder, looking(Path(folder), "stable") as prometheus:
        for name in names or built.DASHBOARDS:
            page = Path(folder) / f"{name}.html"
            page.write_text(drawn(built.DASHBOARDS[name], name, prometheus))
            _photograph(page, Path(out).resolve() / f"{name}.png", height(built.DASHBOARDS[name]))


def height(dashboard: Mapping[str, Any]) -> int:
    lowest = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    return int(lowest) * CELL_HEIGHT + 60


def drawn(dashboard: Mapping[str, Any], name: str, prometheus: Prometheus) -> str:
    now = time.time()
    panels = "".join(_placed(panel, name, prometheus, now) for panel in dashboard["panels"])
    return (
        f'<!doctype html><meta charset="utf-8"><title>{escape(name)}</title><style>{STYLE}</style>'
        f"<h1>{escape(dashboard['title'])}</h1><main>{panels}</main>"
    )


def _placed(panel: Mapping[str, Any], name: str, prometheus: Prometheus, now: float) -> str:
    at = panel["gridPos"]
    place = f"left:{at['x'] * CELL_WIDTH}px;top:{at['y'] * CELL_HEIGHT}px;"
    place += f"width:{at['w'] * CELL_WIDTH - 6}px;height:{at['h'] * CELL_HEIGHT - 6}px"
    if panel["type"] == "row":
        return f'<section class="row" style="{place}">{escape(panel["title"])}</section>'
    answers = [_asked(one, name, panel, prometheus, now) for one in panel["targets"]]
    empty = panel["fieldConfig"]["defaults"]["noValue"]
    inside = SHAPES[panel["type"]](panel, answers) if any(answers) else f'<p class="empty">{escape(empty)}</p>'
    return f'<section style="{place}"><h2>{escape(panel["title"])}</h2>{inside}</section>'


def _asked(one: Mapping[str, Any], name: str, panel: Mapping[str, Any], prometheus: Prometheus, now: float) -> Answer:
    expr = built.asked(Target(name, panel["title"], one["expr"], one["instant"]))
    if one["instant"]:
        return prometheus.query(expr)
    keys = {"query": expr, "start": str(now - past.HOUR), "end": str(now), "step": str(STEP)}
    return list(prometheus.ask("query_range", **keys)["result"])


def _stat(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    field = Field.of(panel)
    shown = [float(row["value"][1]) for answer in answers for row in answer]
    colour = f"background:{field.colour(shown[0])}" if panel["options"]["colorMode"] == "background" else ""
    values = "".join(f"<div>{escape(field.text(value))}</div>" for value in shown[:6])
    return f'<div class="stat" style="{colour};top:26px">{values}</div>'


def _bars(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    field = Field.of(panel)
    rows = [(legend(panel, row), float(row["value"][1])) for answer in answers for row in answer]
    most = panel["fieldConfig"]["defaults"].get("max") or max((value for _, value in rows), default=1.0) or 1.0
    return "".join(
        f'<div class="bar"><span>{escape(name)}</span><i style="background:{field.named(name) or field.colour(value)};'
        f'width:{100 * min(1.0, value / most):.1f}%"></i><b>{escape(field.text(value))}</b></div>'
        for name, value in rows
    )


def _table(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    names = next(t for t in panel["transformations"] if t["id"] == "organize")["options"]["renameByName"]
    rows = _merged(answers)
    order = panel["options"]["sortBy"]
    if order:
        source = next(source for source, name in names.items() if name == order[0]["displayName"])
        rows.sort(key=lambda row: _key(row.get(source, "")), reverse=order[0]["desc"])
    head = "".join(f"<th>{escape(name)}" for name in names.values())
    body = "".join("<tr>" + "".join(_cell(panel, name, row.get(s)) for s, name in names.items()) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def _key(value: str | float) -> tuple[float, str]:
    """What is not there is the least."""
    return (value, "") if isinstance(value, float) else (-math.inf, value)


def _cell(panel: Mapping[str, Any], name: str, value: str | float | None) -> str:
    if value is None:
        return "<td>–"
    field = Field.of(panel, name)
    if isinstance(value, float):
        return f'<td style="color:{field.colour(value)}">{escape(field.text(value))}'
    text, colour = field.word(value)
    return f'<td style="color:{colour}">{escape(text)}'


def _merged(answers: Sequence[Answer]) -> list[dict[str, str | float]]:
    """One row for each set of those labels that all queries have, with the value of each query."""
    named = [set(row["metric"]) for answer in answers for row in answer]
    shared = set.intersection(*named) if named else set()
    found: dict[tuple[tuple[str, str], ...], dict[str, str | float]] = {}
    for number, answer in enumerate(answers):
        field = f"Value #{chr(ord('A') + number)}" if len(answers) > 1 else "Value"
        for row in answer:
            key = tuple(sorted((name, value) for name, value in row["metric"].items() if name in shared))
            found.setdefault(key, {}).update(row["metric"], **{field: float(row["value"][1])})
    return list(found.values())


def _series(panel: Mapping[str, Any], answers: Sequence[Answer]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    for number, answer in enumerate(answers):
        for row in answer:
            points = [(float(at), float(value)) for at, value in row["values"] if value not in ("NaN", "+Inf")]
            if points:
                yield legend(panel, row, number), points


def _graph(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    field, at = Field.of(panel), panel["gridPos"]
    width, tall = at["w"] * CELL_WIDTH - 80, at["h"] * CELL_HEIGHT - 96
    series = list(_series(panel, answers))[:12]
    most = max((value for _, points in series for _, value in points), default=1.0) * 1.1 or 1.0
    begin = min((points[0][0] for _, points in series), default=0.0)
    begin = min(begin, time.time() - past.HOUR)
    lines, names = "", ""
    for number, (name, points) in enumerate(series):
        colour = field.of_series(name, number)
        path = " ".join(
            f"{60 + (x - begin) / past.HOUR * (width - 60):.0f},{tall - max(0.0, y) / most * (tall - 8):.0f}"
            for x, y in points
        )
        lines += f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        names += f'<span><b style="color:{colour}">▬</b> {escape(name)}</span>'
    axis = ""
    for part in (0.0, 0.5, 1.0):
        y = f"{tall - part * (tall - 8):.0f}"
        axis += f'<line x1="60" x2="{width}" y1="{y}" y2="{y}" stroke="#2c2f34"/>'
        axis += f'<text x="4" y="{y}">{escape(field.text(most * part))}</text>'
    return f'<svg width="{width}" height="{tall + 10}">{axis}{lines}</svg><div class="names">{names}</div>'


def _states(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    field, at = Field.of(panel), panel["gridPos"]
    width = at["w"] * CELL_WIDTH - 30
    begin, rows = time.time() - past.HOUR, list(_series(panel, answers))
    tall = min(26, max(9, (at["h"] * CELL_HEIGHT - 60) // max(1, len(rows))))
    shown = ""
    for number, (name, points) in enumerate(rows):
        shown += f'<text x="4" y="{number * tall + tall * 0.7:.0f}">{escape(name)}</text>'
        for x, value in points:
            left = 170 + (x - begin) / past.HOUR * (width - 180)
            wide = STEP / past.HOUR * (width - 180) + 0.5
            shown += (
                f'<rect x="{left:.1f}" y="{number * tall + 1}" width="{wide:.1f}" height="{tall - 2}"'
                f' fill="{field.colour(value)}"/>'
            )
    names = "".join(
        f'<span><b style="color:{NAMED.get(one["color"], one["color"])}">■</b> {escape(one["text"])}</span>'
        for one in field.words()
    )
    return f'<svg width="{width}" height="{len(rows) * tall + 4}">{shown}</svg><div class="names">{names}</div>'


def _heat(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    counted = [(name, points) for name, points in _series(panel, answers) if points[-1][1] > 0]
    return "".join(
        f'<div class="bar"><span>≤ {escape(name)} s</span><i style="background:{NAMED["blue"]};width:60%"></i>'
        f"<b>{points[-1][1]:.3g}/s</b></div>"
        for name, points in counted[:8]
    )


SHAPES = {
    "stat": _stat,
    "bargauge": _bars,
    "table": _table,
    "timeseries": _graph,
    "state-timeline": _states,
    "status-history": _states,
    "heatmap": _heat,
}


def _photograph(page: Path, out: Path, tall: int) -> None:
    command = [
        *(str(tools.find("chromium")), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
        *(f"--user-data-dir={page.parent}/browser", f"--window-size={WIDTH + 24},{tall}", f"--screenshot={out}"),
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
