"""Ask Prometheus what the time was like: heartbeats, uptime, certificates, disks."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.digest.period import Period
from analyzer.digest.prometheus import Labels, NotTold, Point, Prometheus
from analyzer.digest.report import Certificate, Disk, Failures, Missed, Outside

DAY = 86_400.0
STEP = 60.0  # seconds: how exactly it is told when a heartbeat was back
MOST_POINTS = 10_000  # Prometheus answers with 11,000 of a series
MOST_LOOKS = 20_000_000  # heartbeats times points: some ten seconds of Prometheus's time
CERTIFICATE_SECONDS = 30 * DAY
FULL_SECONDS = 14 * DAY
LOW, HALF = 0.1, 0.5  # shares that are free: little at any pace, and little enough for its pace to count
WRITABLE = 'node_filesystem_avail_bytes{host!=""} and node_filesystem_readonly == 0'
Key = tuple[str, str]


async def outside(prometheus: Prometheus | None, period: Period) -> Outside:
    """All that is told of the period, or why nothing is."""
    if prometheus is None:
        return Outside("Prometheus was not asked: `digest` in analyzer.yml has no `prometheus`", asked=False)
    try:
        return await _outside(prometheus, period)
    except NotTold as e:
        return Outside(str(e))


async def _outside(there: Prometheus, period: Period) -> Outside:
    count = await there.now("count(heartbeat_deadline_timestamp_seconds)", period.end)
    heartbeats = int(count[0][1]) if count else 0
    span = f"{period.seconds:.0f}s"
    return Outside(
        trouble="",
        heartbeats=heartbeats,
        missed=await _missed(there, period, heartbeats),
        failures=tuple(await _failures(there, span, period.end)),
        uptime=tuple(await _uptime(there, span, period.end)),
        certificates=tuple(await _certificates(there, period.end)),
        disks=tuple(await _disks(there, period)),
    )


def late(ago: float) -> str:
    """Which heartbeats were late so many seconds ago; the value is the deadline that had passed."""
    then = f" offset {ago:.0f}s" if ago else ""  # Prometheus 2.42 refuses an offset of 0
    return (
        f"(max by (heartbeat, host) (time() - {ago:.0f} > heartbeat_deadline_timestamp_seconds{then})"
        " unless on (heartbeat, host)"
        f" max by (heartbeat, host) (heartbeat_paused{then} == 1 or heartbeat_maintenance{then} == 1))"
    )


async def _missed(there: Prometheus, period: Period, heartbeats: int) -> tuple[Missed, ...]:
    """Asked for beginnings and ends alone: whoever is late all day is two points and not a thousand."""
    step = max(STEP, period.seconds / MOST_POINTS, period.seconds * heartbeats / MOST_LOOKS)
    step = float(round(step))
    begin, end = period.begin + step, period.end
    at_first = await there.now(late(0), period.begin)
    begun = await there.over(f"{late(0)} unless on (heartbeat, host) {late(step)}", begin, end, step)
    ended = await there.over(f"{late(step)} unless on (heartbeat, host) {late(0)}", begin, end, step)
    at_last = await there.now(late(0), end)
    never = await there.now("max by (heartbeat, host) (heartbeat_last_seen_timestamp_seconds == 0)", end)
    found = spells(
        [*((labels, [(period.begin, value)]) for labels, value in at_first), *begun],
        ended,
        {_key(labels) for labels, _ in at_last},
        {_key(labels) for labels, _ in never},
        end,
    )
    return tuple(sorted(found, key=lambda one: (one.end is not None, one.begin, one.heartbeat)))


def spells(
    begun: Iterable[tuple[Labels, list[Point]]],
    ended: Iterable[tuple[Labels, list[Point]]],
    still: set[Key],
    never: set[Key],
    until: float,
) -> Iterator[Missed]:
    """When each heartbeat was late, of the points where that began (with the deadline) and those where it ended.

    `still`: those that are late at the last instant, `until`.
    """
    events: dict[Key, list[tuple[float, float | None]]] = {}
    for labels, points in begun:
        events.setdefault(_key(labels), []).extend((at, deadline) for at, deadline in points)
    for labels, points in ended:
        events.setdefault(_key(labels), []).extend((at, None) for at, _ in points)
    for key, its in events.items():
        for deadline, end in _spells(sorted(its, key=lambda event: (event[0], event[1] is not None))):
            yield Missed(*key, deadline, until if end is None and key not in still else end, key in never)


def _spells(events: list[tuple[float, float | None]]) -> list[tuple[float, float | None]]:
    """Deadline and end of each; an exporter that was away for a while in between ends nothing."""
    found: list[tuple[float, float | None]] = []
    for at, deadline in events:
        if deadline is None:
            if found and found[-1][1] is None:
                found[-1] = found[-1][0], at
        elif found and found[-1][0] == deadline:
            found[-1] = deadline, None
        else:
            found.append((deadline, None))
    return found


def _key(labels: Labels) -> Key:
    return labels.get("heartbeat", ""), labels.get("host", "")


async def _failures(there: Prometheus, span: str, at: float) -> list[Failures]:
    told = await there.now(f'sum by (heartbeat, host) (increase(heartbeat_receipts_total{{kind="fail"}}[{span}]))', at)
    found = [Failures(*_key(labels), round(value)) for labels, value in told if value >= 0.5]
    return sorted(found, key=lambda one: (-one.count, one.heartbeat))


async def _uptime(there: Prometheus, span: str, at: float) -> list[tuple[str, float]]:
    told = await there.now(f'avg by (host) (avg_over_time(up{{job="node",host!=""}}[{span}]))', at)
    return sorted((labels["host"], value) for labels, value in told if "host" in labels)


async def _certificates(there: Prometheus, at: float) -> list[Certificate]:
    before = at + CERTIFICATE_SECONDS
    told = await there.now(
        f"min by (probe, instance, host) (last_over_time(probe_ssl_earliest_cert_expiry[1d]) > 0) < {before:.0f}", at
    )
    found = [
        Certificate(labels.get("probe") or labels.get("instance", ""), labels.get("host", ""), value)
        for labels, value in told
    ]
    return sorted(found, key=lambda one: (one.ends, one.target))


async def _disks(there: Prometheus, period: Period) -> list[Disk]:
    span = f"{min(period.seconds, 7 * DAY):.0f}s"
    free = await there.now(
        f"min by (host, mountpoint) (({WRITABLE}) / (node_filesystem_size_bytes > 0)) < {HALF}", period.end
    )
    # A line through an hour of history would lead anywhere.
    full = await there.now(
        f"min by (host, mountpoint) (({WRITABLE} and node_filesystem_avail_bytes offset 6h)"
        f" / -(deriv(node_filesystem_avail_bytes[{span}]) < 0)) < {FULL_SECONDS:.0f}",
        period.end,
    )
    return sorted(_soon(free, {_place(labels): value for labels, value in full}), key=lambda one: one.free)


def _soon(free: Iterable[tuple[Labels, float]], full: Mapping[Key, float]) -> Iterator[Disk]:
    for labels, share in free:
        place = _place(labels)
        if share < LOW or place in full:
            yield Disk(*place, share, full.get(place))


def _place(labels: Labels) -> Key:
    return labels.get("host", ""), labels.get("mountpoint", "")
