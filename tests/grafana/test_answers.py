"""Does every panel show something: each expression, asked of a real Prometheus that holds an hour of real scrapes?"""

from tests.grafana import built
from tests.grafana.built import Target
from tests.grafana.engine import Prometheus

SILENT: dict[str, str] = {}
"""Panels without an answer in the scenario, each with the reason."""


def test_every_panel_has_something_to_show(prometheus: Prometheus) -> None:
    found = {target: len(prometheus.query(built.asked(target))) for target in built.everything()}
    empty = [str(target) for target, rows in found.items() if not rows]
    assert empty == list(SILENT), summary(found)


def summary(found: dict[Target, int]) -> str:
    """The table: panels, expressions, returning data."""
    lines = []
    for name in built.DASHBOARDS:
        of = {target: rows for target, rows in found.items() if target.dashboard == name}
        panels = {target.panel for target in of}
        lines.append(f"{name}: {len(panels)} panels, {len(of)} expressions, {sum(map(bool, of.values()))} with data")
    return "\n".join(lines)
