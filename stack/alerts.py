"""Show what fires: since when, and who keeps it quiet."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from stack import alertmanager_api
from stack.alertmanager_api import Alert, Silence
from stack.matchers import Matcher, parse
from toolkit.durations import rough
from toolkit.terminal import instant, printable, table

GRAVEST = ("critical", "warning", "info")
# What every alert has, or what has a column of its own.
APART = {"alertname", "severity"}
LABELS = 70  # characters
HEAD = ("SEVERITY", "ALERT", "ON", "SINCE", "FOR", "STATE")


def main(arguments: list[str]) -> int:
    """Print the table; `Problem` when Alertmanager does not answer."""
    parser = argparse.ArgumentParser(prog="heartline alerts", description=__doc__)
    parser.add_argument("matchers", nargs="*", metavar="MATCHER", help="only those: host=web01, severity!=info, ...")
    alertmanager_api.add_flag(parser)
    given = parser.parse_args(arguments)
    matchers = [parse(text) for text in given.matchers]
    there = alertmanager_api.of(given.alertmanager)
    for line in show(there.alerts(), there.silences(), matchers, datetime.now(UTC)):
        print(line)
    return 0


def show(
    alerts: Iterable[Alert],
    silences: Iterable[Silence],
    matchers: Sequence[Matcher],
    now: datetime,
    zone: tzinfo | None = None,
) -> Iterator[str]:
    """The table's lines: what nobody keeps quiet first, the gravest first, the latest first."""
    known = {alert.fingerprint: alert for alert in alerts}
    kept = {silence.id: silence for silence in silences}
    chosen = [alert for alert in known.values() if all(matcher.matches(alert.labels) for matcher in matchers)]
    if not chosen:
        yield "no alert matches" if known else "nothing fires"
        return
    yield from table(HEAD, (_row(alert, known, kept, now, zone) for alert in sorted(chosen, key=_place)))
    quiet = sum(map(_is_quiet, chosen))
    yield ""
    yield f"{len(chosen) - quiet} fire, {quiet} are kept quiet"


def about(labels: Mapping[str, str], most: int = LABELS) -> str:
    """What an alert is about: its labels but name and severity, the host first."""
    names = sorted(labels.keys() - APART, key=lambda name: (name != "host", name))
    return printable(", ".join(f"{name}={labels[name]}" for name in names), most)


def _row(
    alert: Alert, known: Mapping[str, Alert], kept: Mapping[str, Silence], now: datetime, zone: tzinfo | None
) -> tuple[str, ...]:
    return (
        alert.labels.get("severity", "-"),
        alert.labels.get("alertname", "-"),
        about(alert.labels),
        instant(alert.starts, zone),
        rough((now - alert.starts).total_seconds()),
        "; ".join([*_quiet(alert, known, kept, zone)]) or "fires",
    )


def _quiet(alert: Alert, known: Mapping[str, Alert], kept: Mapping[str, Silence], zone: tzinfo | None) -> Iterator[str]:
    for id in alert.silenced_by:
        its = kept.get(id)
        told = f" by {its.by} until {instant(its.ends, zone)}: {its.comment}" if its else ""
        yield f"silenced{told} ({id[:8]})"
    for fingerprint in alert.inhibited_by:
        by = known.get(fingerprint)
        host = f" of {by.labels['host']}" if by and "host" in by.labels else ""
        yield f"inhibited by {by.labels.get('alertname', '-')}{host}" if by else "inhibited"
    for interval in alert.muted_by:
        yield f"muted by the times of {interval}"


def _is_quiet(alert: Alert) -> bool:
    return bool(alert.silenced_by or alert.inhibited_by or alert.muted_by)


def _place(alert: Alert) -> tuple[bool, int, float]:
    severity = alert.labels.get("severity", "")
    rank = GRAVEST.index(severity) if severity in GRAVEST else len(GRAVEST)
    return _is_quiet(alert), rank, -alert.starts.timestamp()
