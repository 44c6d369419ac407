"""A heartbeat's lines in the exposition: written when it is declared, patched when it changes."""

import math
import zlib
from collections.abc import Iterator, Sequence

from exporter.exposition import LANES, NOWHERE, Block, Column, Table, TableFamily
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.receipt import FAIL, KINDS, SUCCESS
from toolkit.families import escape

GAUGES = (
    ("deadline_timestamp_seconds", "When it becomes late: +Inf while nothing is due."),
    ("run_deadline_timestamp_seconds", "When the first of the runs under way exceeds max_runtime: +Inf without one."),
    ("last_success_timestamp_seconds", "When the last success was received: 0 before the first."),
    ("last_seen_timestamp_seconds", "When anything was received last: 0 before the first."),
    ("last_start_timestamp_seconds", "When a run began last: 0 before the first."),
    ("last_duration_seconds", "How long the last run took that told it: NaN before the first."),
    ("last_exit_code", "Exit status of the last completed run: NaN where it told none."),
    ("failing", "Whether the last completed run failed."),
    ("paused", "Whether somebody paused it."),
    ("maintenance", "Whether a maintenance window holds for it."),
    ("expected_interval_seconds", "Time between two receipts by its schedule."),
    ("grace_seconds", "How long after it is due it becomes late."),
)
(
    DEADLINE, RUN_DEADLINE, SUCCEEDED, SEEN, STARTED, DURATION, EXIT_CODE, FAILING, PAUSED, MAINTENANCE, INTERVAL,
    GRACE, RECEIPTS,
) = range(13)  # fmt: skip
FAMILIES = (
    *(TableFamily(f"heartbeat_{name}", "gauge", text, [Column(f"heartbeat_{name}")]) for name, text in GAUGES),
    TableFamily(
        "heartbeat_receipts",
        "counter",
        "Receipts, by what they told.",
        [Column("heartbeat_receipts_total", f',kind="{kind}"') for kind in KINDS],
    ),
    TableFamily("heartbeat_info", "gauge", "What was declared of a heartbeat.", [Column("heartbeat_info")]),
)


class HeartbeatLines:
    """The lines of all heartbeats."""

    def __init__(self) -> None:
        self._table = Table(FAMILIES)

    def pieces(self, openmetrics: bool, lanes: Sequence[int]) -> Iterator[bytes | Block]:
        return self._table.pieces(openmetrics, lanes)

    def show(self, heartbeat: Heartbeat, now: float, frozen: float | None) -> None:
        """Write all lines of a heartbeat, where they stand already or where there is room. `frozen`: see values_of."""
        own = labels(heartbeat)
        info = own + info_labels(heartbeat)
        everywhere = [own] * (len(GAUGES) + len(KINDS)) + [info]
        values = [*values_of(heartbeat, now, frozen), *(b"%d" % count for count in heartbeat.counts), b"1"]
        if heartbeat.group is NOWHERE:
            lane = zlib.crc32(heartbeat.definition.id.encode()) % LANES
            heartbeat.group, heartbeat.row = self._table.add(lane, everywhere, values)
        else:
            self._table.put(heartbeat.group, heartbeat.row, everywhere, values)

    def trim(self) -> None:
        self._table.trim()

    def remove(self, heartbeat: Heartbeat) -> None:
        if heartbeat.group is not NOWHERE:
            self._table.remove(heartbeat.group, heartbeat.row)
            heartbeat.group = NOWHERE

    def received(self, heartbeat: Heartbeat, kind: int) -> None:
        """Patch what a receipt of this kind may have changed; runs per ping, so it looks before it formats."""
        blocks, row = heartbeat.group.blocks, heartbeat.row
        seen = b"%.3f" % heartbeat.seen
        blocks[SEEN].patch(row, seen)
        blocks[RECEIPTS + kind].patch(row, b"%d" % heartbeat.counts[kind])
        if kind == SUCCESS:
            blocks[SUCCEEDED].patch(row, seen)
            blocks[DEADLINE].patch(row, number(heartbeat.deadline.at))
            self._outcome(heartbeat)
        elif kind == FAIL:
            blocks[DEADLINE].patch(row, number(heartbeat.deadline.at))
            self._outcome(heartbeat)
        else:
            blocks[STARTED].patch(row, number(heartbeat.started))
            blocks[RUN_DEADLINE].patch(row, number(heartbeat.run_deadline))

    def _outcome(self, heartbeat: Heartbeat) -> None:
        outcome = (heartbeat.failing, heartbeat.exit_code, heartbeat.duration, heartbeat.run_deadline)
        if outcome == heartbeat.shown:
            return
        heartbeat.shown = outcome
        blocks, row = heartbeat.group.blocks, heartbeat.row
        blocks[FAILING].patch(row, b"%d" % heartbeat.failing)
        blocks[EXIT_CODE].patch(row, number(heartbeat.exit_code))
        blocks[DURATION].patch(row, number(heartbeat.duration))
        blocks[RUN_DEADLINE].patch(row, number(heartbeat.run_deadline))

    def refresh(self, heartbeat: Heartbeat, now: float, frozen: float | None = None) -> None:
        """Patch every gauge: after a clock step, a window that opened or closed, when the store fails or is back."""
        blocks, row = heartbeat.group.blocks, heartbeat.row
        for block, value in zip(blocks, values_of(heartbeat, now, frozen), strict=False):
            block.patch(row, value)

    def refresh_all(self, heartbeats: Sequence[Heartbeat], now: float, frozen: float | None) -> None:
        """`refresh` for heartbeats of one group, at less cost where lines change their length."""
        rows = [heartbeat.row for heartbeat in heartbeats]
        columns = zip(*(values_of(heartbeat, now, frozen) for heartbeat in heartbeats), strict=True)
        for block, values in zip(heartbeats[0].group.blocks, columns, strict=False):
            block.patch_all(rows, values)


def values_of(heartbeat: Heartbeat, now: float, frozen: float | None = None) -> list[bytes]:
    """The gauges' values, in the order of GAUGES.

    `frozen` is the instant since which receipts cannot be kept: who was not late by then cannot become it, since that
    would be our fault and not theirs.
    """
    plan = heartbeat.definition.plan
    heartbeat.shown = (heartbeat.failing, heartbeat.exit_code, heartbeat.duration, heartbeat.run_deadline)
    late, overdue = heartbeat.deadline.at, heartbeat.run_deadline
    readings = (
        late if frozen is None or late <= frozen else math.inf,
        overdue if frozen is None or overdue <= frozen else math.inf,
        heartbeat.succeeded,
        heartbeat.seen,
        heartbeat.started,
        heartbeat.duration,
        heartbeat.exit_code,
        heartbeat.failing,
        heartbeat.paused,
        heartbeat.maintenance,
        plan.rule.interval(now),
        plan.grace,
    )
    return [number(reading) for reading in readings]


def labels(heartbeat: Heartbeat) -> str:
    return f'heartbeat="{heartbeat.definition.id}",host="{escape(heartbeat.definition.host)}"'


def info_labels(heartbeat: Heartbeat) -> str:
    d = heartbeat.definition
    return (
        f',name="{escape(d.name)}",schedule="{escape(d.schedule)}",timezone="{escape(d.timezone)}"'
        f',tags="{escape(",".join(d.tags))}"'
    )


def number(value: float) -> bytes:
    """A value as both formats write it: seconds to the millisecond, whole numbers without a point."""
    if value == math.inf:
        return b"+Inf"
    if value != value:
        return b"NaN"
    if value == int(value) and value < 1e9:
        return b"%d" % value
    # Instants always with three places, so that one takes the other's place without moving the lines behind it.
    return b"%.3f" % value
