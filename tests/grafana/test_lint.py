"""The rules of grafana/dashboard-linter that concern Prometheus, and the reasons where ours depart from them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.grafana import built
from tests.grafana.built import DASHBOARDS

DEPARTED = {
    "template-job-rule": "jobs are fixed by prometheus.yml; hosts, heartbeats and probes are chosen",
    "template-instance-rule": "a host is chosen by its name, which outlives its address",
    "target-job-rule": "as template-job-rule; most metrics have one job, and recorded ones none",
    "target-instance-rule": "as template-instance-rule",
    "target-logql-rule": "no Loki",
    "target-logql-auto-rule": "no Loki",
}
"""Rules that do not hold here, each with the reason."""
# Of grafana/packages/grafana-data: those of the linter's list that are used here.
UNITS = {
    *("none", "string", "short", "percentunit", "s", "bytes", "Bps", "reqps", "cps", "celsius", "currencyUSD"),
    *("dateTimeAsIso", "dateTimeFromNow"),
}
Rule = Callable[[Any], Iterator[str]]


def template_datasource(dashboard: Any) -> Iterator[str]:
    found = [one for one in dashboard["templating"]["list"] if one["type"] == "datasource"]
    if [(one["name"], one["label"], one["query"]) for one in found] != [("datasource", "Data source", "prometheus")]:
        yield "the data source is not to be chosen"


def template_label_promql(dashboard: Any) -> Iterator[str]:
    for one in queried(dashboard):
        if not re.fullmatch(r"label_values\(.+, \w+\)", one["query"]):
            yield one["query"]


def template_on_time_change_reload(dashboard: Any) -> Iterator[str]:
    yield from (one["name"] for one in queried(dashboard) if one["refresh"] != 2)


def queried(dashboard: Any) -> Iterator[Any]:
    return (one for one in dashboard["templating"]["list"] if one["type"] == "query")


def panel_datasource(dashboard: Any) -> Iterator[str]:
    for panel in built.panels(dashboard):
        for one in (panel, *panel["targets"]):
            if one["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                yield panel["title"]


def panel_title_description(dashboard: Any) -> Iterator[str]:
    yield from (panel["title"] for panel in built.panels(dashboard) if not (panel["title"] and panel["description"]))


def panel_units(dashboard: Any) -> Iterator[str]:
    for panel in built.panels(dashboard):
        config = panel["fieldConfig"]
        more = [one for override in config["overrides"] for one in override["properties"]]
        units = [config["defaults"]["unit"], *(one["value"] for one in more if one["id"] == "unit")]
        yield from (f"{panel['title']}: {unit}" for unit in units if unit not in UNITS)


def panel_no_targets(dashboard: Any) -> Iterator[str]:
    yield from (panel["title"] for panel in built.panels(dashboard) if not panel["targets"])


def target_rate_interval(dashboard: Any) -> Iterator[str]:
    """A rate over a time of its own has gaps where scrapes are seldom, and hides peaks where the screen is small."""
    for panel, expr in asked(dashboard):
        if re.search(r"\bi?rate\([^\[]*\[(?!\$__rate_interval\])", expr):
            yield panel
        # Inside of the function that a counter is read by, nothing else takes this range.
        if len(re.findall(r"\[\$__rate_interval\]", expr)) != len(
            re.findall(r"\b(?:rate|irate|increase)\([^\[]*\[\$__rate_interval\]", expr)
        ):
            yield panel


def target_counter_agg(dashboard: Any) -> Iterator[str]:
    """A counter by itself says only how long its program has run."""
    for panel, expr in asked(dashboard):
        for found in re.finditer(r"(\w*\()?\w+_total\b(?:\{[^}]*\})?(\[)?", expr):
            if found[1] not in ("rate(", "irate(", "increase(") or not found[2]:
                yield f"{panel}: {found[0]}"


def asked(dashboard: Any) -> Iterator[tuple[str, str]]:
    return ((panel["title"], one["expr"]) for panel in built.panels(dashboard) for one in panel["targets"])


def uneditable(dashboard: Any) -> Iterator[str]:
    if dashboard["editable"]:
        yield "can be edited, and would not be what is built"


RULES: dict[str, Rule] = {
    "template-datasource-rule": template_datasource,
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-rate-interval-rule": target_rate_interval,
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": uneditable,
}
"""target-promql-rule is promtool's, in test_expressions."""


@pytest.mark.parametrize("rule", RULES)
def test_no_dashboard_breaks_a_rule_of_the_linter(rule: str) -> None:
    assert {name: broken for name in DASHBOARDS if (broken := list(RULES[rule](DASHBOARDS[name])))} == {}


def test_all_17_rules_of_the_linter_are_kept_or_departed_from_with_a_reason() -> None:
    assert len({*RULES, *DEPARTED, "target-promql-rule"}) == 17
    assert all(DEPARTED.values())


PANEL = {"title": "A", "description": "B.", "fieldConfig": {"defaults": {"unit": "mins"}, "overrides": []}}


@pytest.mark.parametrize(
    ("rule", "expr"),
    [
        (target_rate_interval, "rate(a_total[5m])"),
        (target_rate_interval, "sum by (b) (irate(a_total{b=~'c'}[$__range]))"),
        (target_rate_interval, "max_over_time(a[$__rate_interval])"),
        (target_counter_agg, "sum(a_total)"),
        (target_counter_agg, "max_over_time(a_total{b='c'}[5m])"),
        (panel_units, "a"),
        (panel_datasource, "a"),
    ],
)
def test_the_rules_see_what_is_wrong(rule: Rule, expr: str) -> None:
    source = {"type": "prometheus", "uid": "mine"}
    panel = {**PANEL, "type": "stat", "datasource": source, "targets": [{"expr": expr, "datasource": source}]}
    assert list(rule({"panels": [panel]}))
