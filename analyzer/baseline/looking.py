"""Look at what a host is made of, and say what differs from what was accepted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analyzer.baseline import etc
from analyzer.baseline.compare import compare, differences, identity
from analyzer.baseline.kinds import DAILY, KINDS
from analyzer.baseline.snapshot import REASON, ROWS, CouldNotLook, Seen, Snapshot, of_json, to_json
from analyzer.baseline.told import findings
from analyzer.fetch.way import CannotLook, Way
from analyzer.finding import Finding
from analyzer.record import Baseline

DAY = 86_400.0
WEEK = 7 * DAY
CHANGED = 20_000  # remembered instants of one kind


async def look(
    way: Way, host: str, key: bytes, previous: Any, accepted: Any, now: float
) -> tuple[Baseline, list[Finding]]:
    """The host's baseline and its changes as findings; `previous` and `accepted` as stored, None before the first look.

    The first look learns, and so does the first one that may see a kind. Raises Unreachable.
    """
    before = _stored(previous)
    after = await snapshot(way, key, before, now)
    known = _stored(accepted)
    if known is None:
        return _baseline(after, {}, None), []
    learnt = _learnt(known, after)
    changes = compare(learnt, after)
    counts = Counter(change.kind for change in changes)
    return _baseline(after, counts, None if learnt is known else to_json(learnt)), findings(host, changes)


def _stored(snapshot: Any) -> Snapshot | None:
    return None if snapshot is None else of_json(snapshot)


def _learnt(accepted: Snapshot, after: Snapshot) -> Snapshot:
    """The accepted snapshot with what it could not look at and this one can."""
    unknown = CouldNotLook("")
    new = {
        kind: seen
        for kind, seen in after.kinds.items()
        if isinstance(accepted.kinds.get(kind, unknown), CouldNotLook) and not isinstance(seen, CouldNotLook)
    }
    return replace(accepted, kinds={**accepted.kinds, **new}) if new else accepted


def _baseline(after: Snapshot, counts: Mapping[str, int], accepted: Any) -> Baseline:
    looked = [kind for kind, seen in after.kinds.items() if not isinstance(seen, CouldNotLook)]
    return Baseline(to_json(after), looked, {kind: counts.get(kind, 0) for kind in looked}, accepted)


async def snapshot(way: Way, key: bytes, previous: Snapshot | None, now: float) -> Snapshot:
    """What the host is made of; what is looked at daily comes from `previous` in between. Raises Unreachable."""
    kinds: dict[str, Seen] = {}
    tried = dict(previous.tried) if previous else {}
    for kind, collect in KINDS.items():
        if kind in DAILY and previous and kind in previous.kinds and 0 <= now - tried.get(kind, 0.0) < DAY:
            kinds[kind] = previous.kinds[kind]
            continue
        if kind in DAILY:
            tried[kind] = now
        try:
            kinds[kind] = _rows(await collect(way, key))
        except CannotLook as e:
            kinds[kind] = CouldNotLook(str(e)[:REASON])
    kinds["etc"], stats = await _etc(way, key, previous, tried, now)
    return Snapshot(now, kinds, _changed(previous, kinds, now), tried, stats)


def _rows(rows: list[str]) -> Seen:
    unique = tuple(sorted(set(rows)))
    return unique if len(unique) <= ROWS else CouldNotLook(f"more than {ROWS} rows")


async def _etc(
    way: Way, key: bytes, previous: Snapshot | None, tried: dict[str, float], now: float
) -> tuple[Seen, Mapping[str, str]]:
    seen = previous.kinds.get("etc") if previous else None
    known = {} if seen is None or isinstance(seen, CouldNotLook) else {identity(row): row for row in seen}
    if not 0 <= now - tried.get("etc", 0.0) < WEEK:
        # A stat can be forged, content cannot.
        known = {}
    try:
        rows, stats = await etc.collect(way, key, known, previous.stats if previous else {})
    except CannotLook as e:
        return CouldNotLook(str(e)[:REASON]), {}
    if not known:
        tried["etc"] = now
    return _rows(rows), stats


def _changed(previous: Snapshot | None, kinds: Mapping[str, Seen], now: float) -> dict[str, dict[str, float]]:
    """When each row was last seen to change: two changes explain each other only when they came together."""
    if previous is None:
        return {}
    told = {kind: dict(at) for kind, at in previous.changed.items()}
    for kind, seen in kinds.items():
        found = differences(previous.kinds.get(kind, CouldNotLook("")), seen)
        if found:
            both = told.get(kind, {}) | {identity(row): now for _, row, _ in found}
            told[kind] = dict(sorted(both.items(), key=lambda item: -item[1])[:CHANGED])
    return told
