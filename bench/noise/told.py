"""What becomes a message, and when: the waits and time intervals of the routes, by the clock of the month."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bench.noise.grouped import Alert, Group, Moment, Route
from bench.noise.month import ORIGIN, ZONE
from stack.problem import Problem

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEW, AGAIN, OVER = "new", "again", "over"


@dataclass(frozen=True)
class Message:
    """A notification: with alerts not told before, told again after the repeat interval, or of the end of all."""

    at: int
    kind: str
    group: Group
    alerts: frozenset[Alert]  # of a new one only those that were not told before


@dataclass
class _Open:
    """A group that has alerts: when it may tell next, and what it told."""

    due: float
    told: frozenset[Alert] = frozenset()
    last: float = 0.0
    alerts: frozenset[Alert] = frozenset()
    muted: frozenset[Alert] = frozenset()


def messages(
    moments: Sequence[Moment], routes: Sequence[Route], intervals: Mapping[str, Any], minutes: range
) -> Iterator[Message]:
    """Whatever leaves Alertmanager for a receiver that tells anybody."""
    coming = list(reversed(moments))
    groups: dict[Group, _Open] = {}
    for at in minutes:
        if coming and coming[-1].at <= at:
            _take(groups, coming.pop(), routes)
        for group, state in list(groups.items()):
            route = routes[group[0]]
            if state.due < at + 1:
                silent = route.receiver == "nobody" or _muted(route, intervals, at)
                yield from _flush(group, state, route, at, silent)
                state.due = max(state.due, float(at)) + route.interval / 60
            if not (state.alerts or state.muted or state.told):
                del groups[group]


def _take(groups: dict[Group, _Open], moment: Moment, routes: Sequence[Route]) -> None:
    for group, (alerts, muted) in moment.groups.items():
        if group not in groups:
            groups[group] = _Open(moment.at + routes[group[0]].wait / 60)
        groups[group].alerts, groups[group].muted = alerts, muted
    for group in set(groups) - set(moment.groups):
        groups[group].alerts = groups[group].muted = frozenset()


def _flush(group: Group, state: _Open, route: Route, at: int, silent: bool) -> Iterator[Message]:
    if silent:
        # The end of what was told is told when somebody listens again; what ended unheard is forgotten.
        return
    # What ended is told by an edit of its message, and is new when it comes again.
    before, state.told = state.told, state.told & (state.alerts | state.muted)
    new = state.alerts - state.told
    if new:
        yield Message(at, NEW, group, new)
    elif before and not (state.alerts or state.muted):
        yield Message(at, OVER, group, before)
    elif state.alerts and at - state.last >= route.repeat / 60:
        yield Message(at, AGAIN, group, state.alerts)
    else:
        return
    state.told |= new
    state.last = at


def _muted(route: Route, intervals: Mapping[str, Any], at: int) -> bool:
    held = any(_holds(intervals[name], at) for name in route.muted)
    return held or (bool(route.active) and not any(_holds(intervals[name], at) for name in route.active))


def _holds(interval: Sequence[Mapping[str, Any]], at: int) -> bool:
    return any(_within(one, at) for one in interval)


def _within(one: Mapping[str, Any], at: int) -> bool:
    unknown = set(one) - {"times", "weekdays", "location"}
    if unknown:
        raise Problem(f"a time interval with {', '.join(unknown)} is not understood here")
    zone = one.get("location", "UTC")
    now = datetime.fromtimestamp(ORIGIN + at * 60, ZONE if zone == "Local" else ZoneInfo(zone))
    clock = now.hour * 60 + now.minute
    times = one.get("times")
    open_now = times is None or any(_clock(t["start_time"]) <= clock < _clock(t["end_time"]) for t in times)
    days = one.get("weekdays")
    return open_now and (days is None or any(_on(day, now.weekday()) for day in days))


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _on(days: str, weekday: int) -> bool:
    first, _, last = days.partition(":")
    return DAYS.index(first) <= weekday <= DAYS.index(last or first)
