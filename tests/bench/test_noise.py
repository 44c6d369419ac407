"""A few hours of three hosts through the real rules and Alertmanager, and through rules that are broken on purpose."""

import shutil
from pathlib import Path

import pytest

from bench.noise import fleet, judged, run
from bench.noise.account import Account
from bench.noise.judged import Change, Part
from bench.noise.nuisances import one
from bench.noise.report import report
from bench.noise.scenario import RULES, Scenario
from bench.noise.world import Effect, Event

MINUTES = range(0, 4 * 60)
FLEET = """
timezone: Europe/Berlin
host: watch
hosts:
  - {host: web01, address: "web01.example.org:9100", via: internet}
  - {host: db02, address: "db02.lan:9100", via: local}
probes:
  - {name: web01, target: "https://web01.example.org/", interval: 1m, host: web01, via: internet}
  - {name: db02, target: "db02.lan:5432", module: tcp_connect, interval: 1m, host: db02, via: local}
heartbeats:
  - {id: web01, host: web01, every: 5m, grace: 5m}
  - {id: backup-db02, host: db02, cron: "30 2 * * *", grace: 1h, max_runtime: 3h, early: 5m}
"""
AWAY = Event(
    "db02 without power", 60, 100, (Effect("off", "db02", 60, 100),),
    frozenset({"HostDown", "HeartbeatLate", "HeartbeatRunOverdue"}), frozenset({"db02", "backup-db02"}), 15, 120,
)  # fmt: skip
QUIET = (
    one("reboot", "off", "web01", 150, 3),
    one("scrape lost", "lost", "web01", 190, 2),
    one("exporter restarted", "exporter", "", 220, 1),
)
HOST_DOWN = "host:silent unless on (schedule) schedule:closed\n        for: 5m"


def told(folder: Path, rules: Path = RULES) -> Account:
    file = folder / "fleet.yml"
    file.write_text(FLEET)
    what = Scenario(fleet.load(file), (AWAY,), QUIET, rules)
    names = ("schedules", "heartbeats", "host", "probes", "forecasts", "logs", "meta", "muting")
    changes = judged.judge([Part(MINUTES, 0, names, False)], what, "newest", folder)
    return run.tell(changes, MINUTES, what, "newest", folder)


def broken(folder: Path, instead: str) -> Path:
    """The rules with another condition for a host that is down."""
    rules = folder / "rules"
    shutil.copytree(RULES, rules)
    file = rules / "host.yml"
    text = file.read_text()
    assert HOST_DOWN in text
    file.write_text(text.replace(HOST_DOWN, instead))
    return rules


def test_what_goes_wrong_is_told_and_a_reboot_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(tmp_path)
    (telling,) = found.tellings
    assert telling.first is not None
    assert not telling.missed
    assert telling.first - AWAY.begin in range(4, 8)
    assert "HostDown" in telling.by
    assert found.wrong == []
    assert run.verdict(found) == 0
    assert "NOT reached" not in capsys.readouterr().out
    shown = report(found, 1)
    assert "08 Oct 03:00" in shown
    assert "false:" not in shown


def test_rules_that_speak_too_early_of_one_and_never_of_another_are_found_out(tmp_path: Path) -> None:
    found = told(tmp_path, broken(tmp_path, 'host:silent{host!="db02"}\n        for: 1m'))
    false = {(wrong.blamed, dict(wrong.alert)["alertname"]) for wrong in found.wrong}
    # Without HostDown, nothing explains the probe of db02 either.
    assert false == {
        ("reboot", "HostDown"),
        ("scrape lost", "HostDown"),
        ("nothing that was planned", "ProbeFailed"),
    }
    assert [telling.missed for telling in found.tellings] == [True]
    assert run.verdict(found) == 1
    shown = report(found, 1)
    assert "false: 08 Oct 04:" in shown
    assert "LATE" in shown


def test_what_only_promtool_saw_while_prometheus_was_away_is_not_there() -> None:
    passing, lasting, before = ((("alertname", name),) for name in ("Passing", "Lasting", "Before"))
    changes = [
        Change(5, before, True),
        Change(11, passing, True),
        Change(11, lasting, True),
        Change(12, before, False),
        Change(13, passing, False),
    ]
    found = judged.noticed(changes, [Effect("prometheus", "", 10, 13)], range(0, 100))
    assert sorted(found) == [Change(5, before, True), Change(13, before, False), Change(13, lasting, True)]
