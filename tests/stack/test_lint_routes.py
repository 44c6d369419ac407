"""Where does an alert go? Held against what amtool says of the shipped routes."""

import subprocess
from pathlib import Path

import pytest

from stack import tools
from stack.layout import Configs
from stack.lint import alertmanager, routes, source
from stack.lint.alertmanager import Matcher
from stack.lint.patterns import alternatives
from stack.lint.routes import Told
from stack.lint.shape import Shape
from tests.stack.test_lint_series import SERIES, expected_alerts
from toolkit.yamltree import Scalar

CONFIG = """
route:
  receiver: all
  routes:
    - {match: {severity: info}, receiver: notes}
    - match_re: {host: "web.*"}
      receiver: web
      continue: true
    - {matchers: [severity=critical, 'team="night"'], receiver: phone}
    - matchers: ['{severity="critical", alertname!~"A|B"}']
      routes:
        - {matchers: ['host!=""'], receiver: hosts}
receivers: []
"""


def routed(text: str, folder: Path) -> alertmanager.Routing:
    file = folder / "alertmanager.yml"
    file.write_text(text)
    return alertmanager.routing(source.read(file))


def ends(routing: alertmanager.Routing, alert: Told) -> list[str]:
    assert routing.root
    return sorted({route.receiver.text for route in routes.ends(routing.root, alert) if route.receiver})


def told(name: str, sure: dict[str, str], *maybe: str) -> Told:
    """An alert with labels that it always has, and some of unknown value."""
    labels = {"alertname": name, **sure}
    rule = SERIES.alerts[0][0]
    values = {**{label: frozenset({value}) for label, value in labels.items()}, **dict.fromkeys(maybe)}
    return Told(rule, Shape(values), frozenset(labels))


@pytest.mark.parametrize(
    ("alert", "receivers"),
    [
        (told("C", {"severity": "info"}, "host"), ["notes"]),
        (told("C", {"severity": "warning"}), ["all"]),
        (told("C", {"severity": "warning", "host": "web01"}), ["web"]),
        (told("C", {"severity": "warning"}, "host"), ["all", "web"]),
        (told("C", {"severity": "critical"}), ["all"]),
        (told("A", {"severity": "critical", "team": "night"}), ["phone"]),
        (told("A", {"severity": "critical"}, "team"), ["all", "phone"]),
        (told("A", {"severity": "critical", "host": "web1", "team": "night"}), ["phone", "web"]),
        (told("C", {"severity": "critical", "host": "db"}), ["hosts"]),
    ],
)
def test_an_alert_goes_wherever_it_may(alert: Told, receivers: list[str], tmp_path: Path) -> None:
    assert ends(routed(CONFIG, tmp_path), alert) == receivers


def test_alerts_go_where_amtool_sends_them() -> None:
    config = Configs().alertmanager
    routing, alerts = alertmanager.routing(source.read(config)), routes.told(SERIES)
    known = {frozenset(labels.items()): name for name, labels in expected_alerts()}
    # One of each alert and severity: amtool is started for each.
    chosen = {(name, dict(labels).get("severity")): dict(labels) for labels, name in known.items()}
    assert len(chosen) > 50
    for (name, severity), labels in chosen.items():
        words = [f"{label}={value}" for label, value in {**labels, "alertname": name}.items()]
        command = [str(tools.find("amtool")), "config", "routes", "test", f"--config.file={config}", *words]
        sent = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split(",")
        ours = [ends(routing, one) for one in alerts if (one.name, _severity(one)) == (name, severity)]
        assert ours, name
        assert all(set(sent) <= set(found) for found in ours), (name, sent, ours)


def _severity(alert: Told) -> str | None:
    return next(iter(alert.shape.values("severity") or ()), None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a="b"', [("a", "=", "b")]),
        ("a=b", [("a", "=", "b")]),
        (' a =~ "b|c" ', [("a", "=~", "b|c")]),
        ('{a!="b,c", d!~e}', [("a", "!=", "b,c"), ("d", "!~", "e")]),
        (r'a="b\"c"', [("a", "=", 'b"c')]),
        ('"a"="b"', [("a", "=", "b")]),
        ("a=", [("a", "=", "")]),
        ('a=""', [("a", "=", "")]),
        ("a", []),
        ("", []),
    ],
)
def test_matchers_are_read_as_alertmanager_reads_them(text: str, found: list[tuple[str, str, str]]) -> None:
    read = alertmanager.parsed(Scalar(text, 7, True))
    assert list(read) == [Matcher(label, sign, value, 7) for label, sign, value in found]


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a|b", ["a", "b"]),
        ("a(b|c)d|e", ["abd", "acd", "e"]),
        ("(a|b)(c|d)", ["ac", "ad", "bc", "bd"]),
        ("(a|b(c|d))", ["a", "bc", "bd"]),
        ("(?:a|b)c", ["ac", "bc"]),
        ("(a|b)+", ["(a|b)+"]),
        (r"a\|b|[|]", ["[|]", r"a\|b"]),
        (r"(a\.b|c)", [r"(a\.b|c)"]),
        ("", [""]),
    ],
)
def test_a_pattern_is_written_out_to_its_alternatives(pattern: str, parts: list[str]) -> None:
    assert alternatives(pattern) == parts


def test_a_pattern_of_very_many_alternatives_stays_one_that_is_small() -> None:
    assert len(alternatives("(a|b|c|d)" * 50)) <= 400
