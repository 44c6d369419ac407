"""Does every panel show something: each expression, asked of a real Prometheus that holds an hour of real scrapes?"""

from tests.grafana import built
from tests.grafana.built import Target
from tests.grafana.engine import Prometheus

SILENT: dict[str, str] = {}
"""Panels without an answer in the scenario, each with the reason."""


def test_every_panel_has_something_to_show(prometheus: Prometheus) -> None:
    targets = [target for name in built.DASHBOARDS for target in built.targets(name)]
    found = {target: len(prometheus.query(built.asked(target))) for target in targets}
    empty = [str(target) for target, rows in found.items() if not rows]
    assert empty == list(SILENT), summary(found)


def test_alerts_of_each_severity_are_marked(prometheus: Prometheus) -> None:
    # On the dashboards of all subjects, where the scenario has alerts of each severity.
    for mark in built.marks("overview"):
        assert prometheus.query(built.asked(mark)), mark


def test_each_mark_leads_to_a_panel_with_the_time_range(prometheus: Prometheus) -> None:
    for mark in built.marks("overview"):
        for row in prometheus.query(built.asked(mark)):
            labels = row["metric"]
            assert labels["page"].startswith("heartline-"), labels
            assert labels["range"] == "&from=1700000000000&to=1700003600000"


def summary(found: dict[Target, int]) -> str:
    """The table: panels, expressions, returning data."""
    lines = []
    for name in built.DASHBOARDS:
        of = {target: rows for target, rows in found.items() if target.dashboard == name}
        panels = {target.panel for target in of}
        lines.append(f"{name}: {len(panels)} panels, {len(of)} expressions, {sum(map(bool, of.values()))} with data")
    return "\n".join(lines)
