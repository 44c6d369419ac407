"""The shapes of panels: functions from what a panel says to what Grafana draws; pure.

Each has a title, a description that says how to read it, and a text that says what to do when there is nothing to show.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from grafana.colours import BY_LABEL, BY_WORD, Json, State, mappings
from grafana.limits import PLAIN, Limits
from grafana.panels import POINTS, Column, Link, Panel, Query


def stat(
    title: str,
    says: str,
    empty: str,
    expr: str,
    *,
    unit: str = "none",
    limits: Limits = PLAIN,
    states: Sequence[State] = (),
    width: int = 6,
    height: int = 4,
    link: Link | None = None,
) -> Panel:
    """One large number, or a word for it."""
    query = Query(expr, instant=True)
    defaults: Json = {
        "unit": unit,
        "thresholds": limits.json(),
        "mappings": mappings(states),
        "color": {"mode": "thresholds"},
    }
    options: Json = {
        "colorMode": "background" if limits is not PLAIN or states else "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": LAST,
        "textMode": "auto",
    }
    return Panel(title, says, empty, (query,), "stat", width, height, defaults, options, link=link)


LAST: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
# Of what adds up. Prometheus sums hundreds of series for each point; a look at fewer hours is as fine as any.
SUMS = 60


def graph(
    title: str,
    says: str,
    empty: str,
    *queries: Query,
    unit: str = "short",
    limits: Limits | None = None,
    stacked: bool = False,
    bars: bool = False,
    most: float | None = None,
    width: int = 12,
    height: int = 8,
    link: Link | None = None,
) -> Panel:
    """Lines over time; `bars` for what is counted, `stacked` for what adds up, `most`: the end of the scale.

    `limits` are drawn as dashed lines. A query whose legend begins with "usual" is a dashed line of its own.
    """
    defaults: Json = {
        "unit": unit,
        "min": 0,
        "custom": _drawn(bars, stacked, dashed=limits is not None),
        "color": {"mode": "palette-classic"},
        "thresholds": (limits or PLAIN).json(),
    }
    if most is not None:
        defaults["max"] = most
    options: Json = {"legend": legend(), "tooltip": {"mode": "multi", "sort": "desc"}}
    overrides, points = (*coloured(queries), *USUAL), SUMS if stacked else POINTS
    return Panel(
        *(title, says, empty, queries, "timeseries", width, height, defaults, options, overrides),
        link=link,
        points=points,
    )


def _drawn(bars: bool, stacked: bool, dashed: bool) -> Json:
    """How its series look; `dashed`: so are its limits."""
    return {
        "drawStyle": "bars" if bars else "line",
        "lineWidth": 1 if bars or stacked else 2,
        "fillOpacity": 70 if bars or stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "axisWidth": 64,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if dashed else "off"},
    }


def legend() -> Json:
    return {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


def coloured(queries: Sequence[Query]) -> Iterator[Json]:
    """Series that are called by a word have this word's colour."""
    words: dict[str, str] = {}
    for query in queries:
        label = re.fullmatch(r"{{(\w+)}}", query.legend)
        words |= BY_LABEL.get(label[1], {}) if label else {w: c for w, c in BY_WORD.items() if w == query.legend}
    for word, colour in words.items():
        yield override("byName", word, [fixed(colour)])


def fixed(colour: str) -> Json:
    return {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}


def override(matcher: str, options: str, properties: Sequence[Json]) -> Json:
    return {"matcher": {"id": matcher, "options": options}, "properties": list(properties)}


DASHED: Json = {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 8]}}
USUAL = (override("byRegexp", "/^usual.*/", [DASHED, {"id": "custom.fillOpacity", "value": 0}]),)


def states(
    title: str,
    says: str,
    empty: str,
    query: Query,
    known: Sequence[State],
    *,
    history: bool = False,
    width: int = 24,
    height: int = 8,
    link: Link | None = None,
) -> Panel:
    """A row for each series and a colour for each state; `history`: in squares of equal time, for days."""
    defaults: Json = {
        "unit": "none",
        "custom": {"fillOpacity": 80, "lineWidth": 1 if history else 0},
        "color": {"mode": "thresholds"},
        "thresholds": Limits(best=known[0].colour).json(),
        "mappings": mappings(known),
    }
    options: Json = {
        "showValue": "never",
        "rowHeight": 0.9,
        "legend": legend(),
        "tooltip": {"mode": "single", "sort": "none"},
    }
    options |= {"colWidth": 0.9} if history else {"mergeValues": True, "alignValue": "left"}
    shape, points = ("status-history", 96) if history else ("state-timeline", POINTS)
    return Panel(title, says, empty, (query,), shape, width, height, defaults, options, link=link, points=points)


def bars(
    title: str,
    says: str,
    empty: str,
    query: Query,
    *,
    unit: str = "none",
    limits: Limits = PLAIN,
    known: Sequence[State] = (),
    most: float | None = None,
    height: int = 8,
    link: Link | None = None,
) -> Panel:
    """A bar for each series, as it is now; those that are called by a state have its colour."""
    defaults: Json = {"unit": unit, "min": 0, "thresholds": limits.json(), "color": {"mode": "thresholds"}}
    if most is not None:
        defaults["max"] = most
    options: Json = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": LAST,
        "showUnfilled": True,
        "valueMode": "color",
        "minVizHeight": 16,
        "minVizWidth": 8,
    }
    query = replace(query, instant=True)
    overrides = tuple(override("byName", state.word, [fixed(state.colour)]) for state in known)
    return Panel(title, says, empty, (query,), "bargauge", 12, height, defaults, options, overrides, link=link)


def heat(title: str, says: str, empty: str, query: Query, *, unit: str) -> Panel:
    """A histogram over time: the darker, the more fell there."""
    options: Json = {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "mode": "scheme",
            "scheme": "Blues",
            "steps": 32,
            "scale": "exponential",
            "exponent": 0.5,
            "reverse": False,
            "fill": "blue",
        },
        "exemplars": {"color": "purple"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    defaults: Json = {"unit": unit, "thresholds": PLAIN.json(), "custom": {"scaleDistribution": {"type": "linear"}}}
    query = replace(query, format="heatmap", legend="{{le}}")
    return Panel(title, says, empty, (query,), "heatmap", 12, 8, defaults, options, points=120)


@dataclass(frozen=True, slots=True)
class Sorted:
    """By which column a table is sorted."""

    by: str
    down: bool = True


def table(
    title: str,
    says: str,
    empty: str,
    exprs: Sequence[str],
    columns: Sequence[Column],
    *,
    order: Sorted | None = None,
    width: int = 24,
    height: int = 8,
) -> Panel:
    """Rows of what is now: one for each set of labels, joined over all expressions."""
    queries = tuple(Query(expr, instant=True, format="table") for expr in exprs)
    names = {_field(column.source, len(exprs)): column.name for column in columns}
    defaults: Json = {
        "unit": "none",
        "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
        "color": {"mode": "thresholds"},
        "thresholds": Limits(best="text").json(),
    }
    options: Json = {
        "showHeader": True,
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": order.by, "desc": order.down}] if order else [],
    }
    # The long text is for a table without rows; a single empty cell gets a dash.
    dash = override("byRegexp", "/.*/", [{"id": "noValue", "value": "–"}])
    overrides = (dash, *(override("byName", column.name, column.properties()) for column in columns))
    return Panel(
        *(title, says, empty, queries, "table", width, height, defaults, options, overrides, _joined(names)), points=1
    )


def _joined(names: Mapping[str, str]) -> tuple[Json, ...]:
    """One row of what all queries say of the same labels, and of it these fields in their order, each by its name."""
    order = {field: n for n, field in enumerate(names)}
    return (
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": {"include": {"names": list(names)}}},
        {"id": "organize", "options": {"excludeByName": {}, "indexByName": order, "renameByName": names}},
    )


def _field(source: str, queries: int) -> str:
    if not re.fullmatch("[A-Z]", source):
        return source
    return f"Value #{source}" if queries > 1 else "Value"
