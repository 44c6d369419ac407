"""When does a heartbeat become late?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.heartbeats.schedules.maintenance import Maintenance
from exporter.heartbeats.schedules.opentime import SEARCH, OpenTime, running
from exporter.heartbeats.schedules.rule import Rule
from exporter.heartbeats.schedules.windows import Windows

RETRIED = 30.0
"""Seconds of own downtime that clients outlast by retrying: a receipt is lost only in a longer one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When receipts are expected, and when they count. `grace` and `early` are seconds, `maintenance` only its own."""

    rule: Rule
    grace: float
    early: float = 0.0
    windows: Windows | None = None
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch [start, end) in which the receiver was not running, or which the wall clock left out."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Deadline:
    """A receipt is expected at `due`; without one it is late from `at` on. Twice infinity: nothing is due."""

    due: float
    at: float


def deadline(plan: Plan, since: float, gaps: Sequence[Gap] = (), jumps: Sequence[Gap] = ()) -> Deadline:
    """When the receipt after the one at `since` becomes late.

    `gaps` are the receiver's own downtimes, `jumps` forward steps of the wall clock; each in order of time, without
    overlaps. Those that ended before `since` do not matter. Jumps matter to calendar rules only.
    """
    if plan.rule.calendar:
        return _calendar(plan, since, gaps, jumps)
    if plan.windows is None and not plan.maintenance and (not gaps or gaps[-1].end <= since):
        due = plan.rule.next(since)
        return Deadline(due, due + plan.grace)
    return _elapsed(plan, since, [gap for gap in gaps if gap.end > since])


def _elapsed(plan: Plan, since: float, gaps: Sequence[Gap]) -> Deadline:
    period, grace = plan.rule.interval(since), plan.grace
    _, opened = _counted(plan, since, ())
    # The host's clock stands still neither in our downtime nor outside the windows: so early may it have sent.
    earliest = min(since + period - grace, opened)
    for number, gap in enumerate(gaps):
        if gap.end - gap.start < RETRIED or gap.end <= earliest:
            continue
        stood, _ = _counted(plan, since, gaps[:number])
        if gap.start > stood.at:
            return stood
        stopped, _ = _counted(plan, since, gaps[: number + 1])
        # One more period where the receipt was expected, or where its successor might not come before the deadline.
        if gap.end > stood.due - grace or gap.end + period + grace > stopped.at:
            return _counted(plan, since, gaps, lost=period)[0]
    return _counted(plan, since, gaps)[0]


def _counted(plan: Plan, since: float, gaps: Sequence[Gap], lost: float = 0.0) -> tuple[Deadline, float]:
    """The instants at which the period (and `lost` seconds more), and then the grace, have passed in time that counts.

    A wait that fits into an interval begins afresh when it opens; beside the deadline stands when that was, or
    infinity. It does so once: were it begun again after downtime has cut it short, a receiver that is down in every
    window would never find a dead host.
    """
    open_time = OpenTime(plan.windows, plan.maintenance)
    wait, fits = plan.rule.interval(since) + lost, plan.rule.interval(since) + plan.grace
    start, end = open_time.next_open(since)
    passed, due, opened = 0.0, math.inf, math.inf
    while start < math.inf:
        afresh = start > since and end - start >= fits and opened == math.inf
        if afresh:
            passed, due = 0.0, math.inf
        for begin, stop in running(start, end, gaps):
            opened = start if afresh else opened
            if due == math.inf and passed + stop - begin >= wait:
                due = begin + wait - passed
            if passed + stop - begin >= wait + plan.grace:
                return Deadline(due, begin + wait + plan.grace - passed), opened
            passed += stop - begin
        start, end = open_time.next_open(end)
    return Deadline(math.inf, math.inf), opened


def _calendar(plan: Plan, since: float, gaps: Sequence[Gap], jumps: Sequence[Gap]) -> Deadline:
    open_time = OpenTime(plan.windows, plan.maintenance)
    slot = _expected(plan, open_time, since)
    for gap in gaps:
        if gap.end <= since or gap.end <= slot - plan.early or gap.end - gap.start < RETRIED:
            continue
        before = [stop for stop in (*gaps, *jumps) if stop.start < gap.start]
        if gap.start <= _grace_over(plan, open_time, slot, before):
            slot = _open_slot(plan, open_time, math.ceil(gap.end + plan.early) - 1)
        break
    return Deadline(slot, _grace_over(plan, open_time, slot, (*gaps, *jumps)))


def _expected(plan: Plan, open_time: OpenTime, since: float) -> float:
    """The first slot that the receipt at `since` does not count for."""
    first = _open_slot(plan, open_time, since)
    if first - since > plan.early:
        return first
    second = _open_slot(plan, open_time, first)
    # An `early` as long as the way from slot to slot would make each punctual receipt one for the slot after it.
    early = plan.early if plan.early < second - first else (second - first) / 2
    return second if first - since <= early else first


def _open_slot(plan: Plan, open_time: OpenTime, after: float) -> float:
    slot = plan.rule.next(after)
    for _ in range(SEARCH):
        opens, _ = open_time.next_open(slot)
        if opens == slot:
            return slot
        if opens == math.inf:
            break
        slot = plan.rule.next(math.ceil(opens) - 1)  # slots are whole seconds: the first at or after the opening
    return math.inf


def _grace_over(plan: Plan, open_time: OpenTime, slot: float, stops: Sequence[Gap]) -> float:
    left = plan.grace
    start, end = open_time.next_open(slot)
    stops = sorted(stops, key=lambda stop: stop.start)
    while start < math.inf:
        for begin, stop in running(start, end, stops):
            if stop - begin >= left:
                return begin + left
            left -= stop - begin
        start, end = open_time.next_open(end)
    return math.inf
