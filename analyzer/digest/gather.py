"""Gather what the analyzer's own store knows of a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from analyzer.digest.period import Period
from analyzer.digest.report import Changes, Digest, HostLine, Outside
from analyzer.finding import RANK, SEVERITIES
from analyzer.lifecycle import Known
from analyzer.record import HostState
from analyzer.store import Store
from analyzer.store_digest import Course, Some

MOST = 50  # findings of each kind


def gather(store: Store, hosts: Sequence[str], period: Period, outside: Outside, now: float) -> Digest:
    """All that is told of these hosts; blocks for a while, StorageError where the store cannot be read."""
    states = store.hosts(shown=0)
    courses = {host: store.course(host, period.begin, period.end, MOST) for host in hosts}
    lines = [_line(host, states.get(host), courses[host]) for host in hosts]
    first, before = _days(period)
    return Digest(
        period=period,
        made=now,
        hosts=tuple(sorted(lines, key=_worst)),
        fresh=_together(course.fresh for course in courses.values()),
        lasting=_together(course.lasting for course in courses.values()),
        over=_together(course.over for course in courses.values()),
        changes=tuple(_changes(host, states, courses[host]) for host in hosts if courses[host].changes.count),
        outside=outside,
        spent=tuple(store.spent_between(first.isoformat(), before.isoformat())),
        spent_days=(first.isoformat(), (before - timedelta(days=1)).isoformat()),
    )


def _line(host: str, state: HostState | None, course: Course) -> HostLine:
    if state is None:
        return HostLine(host, None, None, 0.0, False, {}, 0, 0)
    return HostLine(
        name=host,
        score=state.score,
        before=course.before,
        since=course.since,
        reached=state.reached,
        open={severity: state.open(severity) for severity in reversed(SEVERITIES)},
        fresh=course.fresh.count,
        over=course.over.count,
    )


def _worst(line: HostLine) -> tuple[bool, int, str]:
    return line.reached, 101 if line.score is None else line.score, line.name


def _together(parts: Iterable[Some]) -> Some:
    every = list(parts)
    found = sorted((known for part in every for known in part.found), key=_gravest)
    return Some(tuple(found[:MOST]), sum(part.count for part in every))


def _gravest(known: Known) -> tuple[int, float, str]:
    return -RANK[known.finding.severity], -known.last_seen, known.fingerprint


def _changes(host: str, states: Mapping[str, HostState], course: Course) -> Changes:
    kinds = {kind: count for kind, count in states[host].changes.items() if count} if host in states else {}
    return Changes(host, kinds or {"changes": course.changes.count}, course.changes.found)


def _days(period: Period) -> tuple[date, date]:
    """The UTC days that ended within the period, from the first on and before the last: each is in one digest alone."""
    return datetime.fromtimestamp(period.begin, UTC).date(), datetime.fromtimestamp(period.end, UTC).date()
