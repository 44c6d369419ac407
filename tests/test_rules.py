"""Are the rules and the configuration of Prometheus valid, complete, tested, and about metrics that exist?"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from stack import tools
from stack.layout import ROOT, Configs

RULES = sorted((ROOT / "rules").glob("*.yml"))
TESTS = sorted((ROOT / "tests" / "rules").glob("*.yml"))
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.txt"))
RUNBOOKS = "https://github.com/heartline/heartline/blob/main/docs/runbooks"
MADE_BY_PROMETHEUS = {"up", "ALERTS", "ALERTS_FOR_STATE"}
MADE_BY_ALERTMANAGER = {"alertmanager_notifications_failed_total"}


@dataclass(frozen=True)
class Rule:
    """One rule as its file has it; `alert` or `record` is empty."""

    alert: str
    record: str
    expr: str
    wait: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def rules() -> Iterator[Rule]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                yield Rule(
                    rule.get("alert", ""),
                    rule.get("record", ""),
                    rule["expr"],
                    rule.get("for", ""),
                    rule.get("labels", {}),
                    rule.get("annotations", {}),
                )


ALERTS = [rule for rule in rules() if rule.alert]
each_alert = pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.alert)
each_suite = pytest.mark.parametrize("suite", ["stable", "newest"])


@each_suite
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_the_rules_are_silent_and_fire_when_promtool_expects_it(file: Path, suite: str) -> None:
    done = subprocess.run([tools.find("promtool", suite), "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@each_suite
def test_prometheus_accepts_the_configuration_and_each_rule(suite: str) -> None:
    config = Configs().prometheus
    done = subprocess.run([tools.find("promtool", suite), "check", "config", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # The configuration finds the rules by its own relative path.
    assert all(file.name in done.stdout for file in RULES)


def test_each_rule_file_has_a_test_file_of_its_name() -> None:
    assert {file.name for file in RULES} == {file.name for file in TESTS}


@each_alert
def test_an_alert_has_all_that_a_person_needs(rule: Rule) -> None:
    assert re.fullmatch("([A-Z][a-z]+)+", rule.alert)
    assert rule.wait, "says how long it must be true"
    assert rule.labels["severity"] in ("critical", "warning", "info")
    assert re.fullmatch(r"[^{}]*\.", rule.annotations["summary"]), "one static sentence"
    assert rule.annotations["description"]
    assert rule.annotations["runbook_url"] == f"{RUNBOOKS}/{rule.alert}.md"


@each_alert
def test_an_alert_has_a_runbook(rule: Rule) -> None:
    text = (ROOT / "docs" / "runbooks" / f"{rule.alert}.md").read_text()
    assert text.startswith(f"# {rule.alert}\n")
    for heading in ("Meaning", "Impact", "Look", "Fix", "Quiet"):
        assert f"\n## {heading}\n" in text


@each_alert
def test_an_alert_is_tested_firing_and_unless_it_never_is_silent(rule: Rule) -> None:
    cases = [
        case
        for file in TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for case in test.get("alert_rule_test", [])
        if case["alertname"] == rule.alert
    ]
    assert any(case["exp_alerts"] for case in cases), "the minute it fires"
    assert rule.alert == "Watchdog" or any(not case["exp_alerts"] for case in cases), "the minute it is silent"


def test_the_rules_name_only_metrics_that_are_exported_or_recorded() -> None:
    named = {name for rule in rules() for text in expressions(rule) for name in metrics(text)}
    assert named - known() - MADE_BY_ALERTMANAGER == set()


def known() -> set[str]:
    """What our programs export, the rules record and Prometheus makes of both."""
    golden = "\n".join(file.read_text() for file in GOLDEN)
    exported = re.findall(r"^([a-zA-Z_:][\w:]*)(?=[ {])", golden, re.MULTILINE)
    return {*exported, *(rule.record for rule in rules() if rule.record), *MADE_BY_PROMETHEUS}


def expressions(rule: Rule) -> list[str]:
    """All PromQL of a rule: its own, and the queries in the templates of its labels and annotations."""
    templates = [*rule.labels.values(), *rule.annotations.values()]
    return [rule.expr, *(text for value in templates for text in re.findall(r"query[^`}]*`([^`]*)`", value))]


def test_queries_of_labels_and_annotations_are_seen() -> None:
    labels, annotations = (
        {"a": "{{ with query `b == 1` }}c{{ end }}"},
        {"d": "{{ query (printf `e{f=%q}` $x) | first }}"},
    )
    assert expressions(Rule("A", "", "g", "", labels, annotations)) == ["g", "b == 1", "e{f=%q}"]


@each_alert
def test_no_label_of_an_alert_comes_from_a_query(rule: Rule) -> None:
    # Its answer may change while the alert lasts, and with it the alert: one would end and another begin.
    assert not any("query" in value for value in rule.labels.values())


def metrics(expression: str) -> set[str]:
    """The names of the metrics that a PromQL expression selects."""
    for noise in (
        r'"[^"]*"',  # strings first: they may hold brackets
        r"\{[^}]*\}",  # label matchers
        r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)",
        r"\[\w+\]|%\[\d+\]\w|%\w",  # ranges, and what printf puts in
        r"\boffset\s+-?\w+",
    ):
        expression = re.sub(noise, " ", expression)
    return set(re.findall(r"(?<![\w:])[a-zA-Z_:][\w:]*(?![\w:]*\s*\()", expression)) - {"and", "or", "unless", "bool"}


def test_the_metrics_of_an_expression_are_found() -> None:
    expression = (
        'max by (a) (time() > x:y{b="z(",c=~"d"}) unless on (e) rate(f_total[5m] @ %[1]f offset -10s) or g == 0'
    )
    assert metrics(expression) == {"x:y", "f_total", "g"}


def test_a_message_leaves_within_thirty_seconds_of_its_deadline() -> None:
    prometheus = yaml.safe_load(Configs().prometheus.read_text())
    route = yaml.safe_load(Configs().alertmanager.read_text())["route"]
    late = next(rule for rule in ALERTS if rule.alert == "HeartbeatLate")
    evaluation = seconds(prometheus["global"]["evaluation_interval"])
    # The evaluation that sees the deadline passed, `for` in whole evaluations, then a new group or an old one.
    fires = evaluation + -(-seconds(late.wait) // evaluation) * evaluation
    assert fires + max(seconds(route["group_wait"]), seconds(route["group_interval"])) <= 30


def test_a_lost_scrape_is_shorter_than_the_wait_for_a_late_heartbeat() -> None:
    scrape = yaml.safe_load(Configs().prometheus.read_text())["scrape_configs"][0]
    late = next(rule for rule in ALERTS if rule.alert == "HeartbeatLate")
    assert scrape["job_name"] == "heartline"
    assert seconds(late.wait) >= 2 * seconds(scrape["scrape_interval"])


def seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smhd])", duration).groups()  # type: ignore[union-attr]  # or fail here
    return int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
