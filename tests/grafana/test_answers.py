"""Does every panel show something: each expression, asked of a real Prometheus that holds an hour of real scrapes?"""

import re

from stack.layout import ROOT
from tests.grafana import built
from tests.grafana.engine import Prometheus
from tests.grafana.table import answers, table


def test_every_panel_has_something_to_show(prometheus: Prometheus) -> None:
    found = answers(prometheus)
    assert [str(target) for target, rows in found.items() if not rows] == [], "\n".join(table(found))


def test_everything_that_can_be_chosen_has_a_value(prometheus: Prometheus) -> None:
    for choice in built.choices():
        rows = prometheus.query(f"count by ({choice.label}) ({choice.selector})")
        assert [row for row in rows if row["metric"].get(choice.label)], choice


def test_alerts_of_each_severity_are_marked(prometheus: Prometheus) -> None:
    # On the dashboards of all subjects, where the scenario has alerts of each severity.
    for mark in built.marks("overview"):
        assert prometheus.query(built.asked(mark)), mark


def test_each_subject_marks_its_own_alerts(prometheus: Prometheus) -> None:
    for name in ("heartbeats", "heartbeat", "hosts", "host", "probes", "logs"):
        assert any(prometheus.query(built.asked(mark)) for mark in built.marks(name)), name


def test_each_mark_leads_to_a_panel_with_the_time_range(prometheus: Prometheus) -> None:
    for mark in built.marks("overview"):
        for row in prometheus.query(built.asked(mark)):
            labels = row["metric"]
            assert built.missing(f"/d/{labels['page']}") == "", labels
            assert labels["range"] == "&from=1700000000000&to=1700003600000"


def test_what_fires_leads_to_its_panel_its_runbook_and_a_silence_for_it_alone(prometheus: Prometheus) -> None:
    expr = next(built.asked(one) for one in built.targets("overview") if one.panel == "Firing now")
    prometheus.until("prometheus_notifications_sent_total > 0")
    rows = [row["metric"] for row in prometheus.query(expr)]
    assert {row["gravity"] for row in rows} == {"1", "2", "3"}
    for row in rows:
        assert built.missing(f"/d/{row['page']}") == "", row
        assert (ROOT / "docs" / "runbooks" / f"{row['runbook']}.md").is_file(), row
    silenced = 0
    for row in rows:
        # As Alertmanager's own form takes them; what it does not know yet fired a moment ago.
        matchers = re.findall(r'\w+="(?:[^"\\]|\\.)*"', row["silence"])
        assert ",".join(matchers) == row["silence"]
        found = [alert["labels"] for alert in prometheus.told(*matchers)]
        assert {one["alertname"] for one in found} <= {row["alertname"]}
        silenced += len(found)
    assert silenced
