"""A heartbeat: what was declared of it, and what its receipts have made of it so far."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.exposition import NOWHERE
from exporter.heartbeats.receipt import FAIL, LOG, START, SUCCESS, Receipt
from exporter.heartbeats.schedules import Deadline, Gap, Plan, deadline

RUNS = 1000  # runs under way that are remembered of one heartbeat
ENDED = 32  # ids of ended runs that are remembered, for a /start that arrives after its own end
LOST_RUN = 7 * 86_400.0  # seconds after which a run whose end never came is forgotten
RETRIED = 30.0  # seconds of own downtime that a client's retries outlive
NEVER = Deadline(math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a person declared; `spec` is the declaration as written, None for one that the file defines."""

    id: str
    host: str
    name: str
    tags: tuple[str, ...]
    plan: Plan
    schedule: str  # the named window schedule, or ""
    timezone: str
    max_runtime: float  # seconds; inf: not supervised
    token: str | None = None
    paused: bool = False  # declared so; the API may resume it all the same
    spec: Mapping[str, Any] | None = None

    @property
    def labels(self) -> Mapping[str, str]:
        """What maintenance matchers see."""
        return {"heartbeat": self.id, "host": self.host, "name": self.name, "schedule": self.schedule}


class Heartbeat:
    """A definition and its state. Instants are seconds since the epoch in the clock's present reckoning; 0 is never."""

    __slots__ = (
        "_settled", "applied", "completed", "counts", "deadline", "definition", "duration", "ended", "exit_code",
        "failing", "full_at", "group", "key", "last_receipt", "maintenance", "paused", "row", "run_deadline", "runs",
        "seen", "shown", "since", "started", "succeeded", "unsaved",
    )  # fmt: skip

    def __init__(self, key: int, definition: Definition, since: float) -> None:
        self.key = key
        self.definition = definition
        self.since = since  # when its clock began, if nothing was completed since: declared, or resumed
        self.succeeded = self.completed = self.seen = self.started = 0.0
        self.duration = self.exit_code = math.nan
        self.failing = self.maintenance = False
        self.paused = definition.paused
        self.counts = [0, 0, 0, 0]
        self.runs: dict[str, float] | None = None  # run id ("" without one) -> start; None while there is none
        self.ended: tuple[str, ...] = ()
        self.last_receipt = 0  # number of the latest receipt in the log
        self.applied = 0  # number of the last receipt or clock event that this state includes
        self.unsaved = False
        self.deadline = NEVER
        self.run_deadline = math.inf
        self._settled = math.inf  # the instant for which `deadline` was computed, if without gaps and jumps
        self.full_at = 0.0  # when the token bucket of its pings is full again
        self.shown: tuple[float, ...] = ()  # what its lines say of its last outcome
        self.group = NOWHERE  # where its lines stand
        self.row = -1

    def apply(self, number: int, receipt: Receipt) -> None:
        """Take a committed receipt in; the deadlines are settled apart, since they need the clock's history."""
        kind = receipt.kind
        time = receipt.time
        self.last_receipt = self.applied = number
        self.counts[kind] += 1
        self.seen = time
        if kind == LOG:
            return
        if kind == START:
            self._start(receipt)
            return
        self.completed = time
        self.exit_code = _exit_code(receipt)
        self.failing = kind == FAIL
        if kind == SUCCESS:
            self.succeeded = time
        if receipt.duration is not None:
            self.duration = receipt.duration
        if self.runs is not None or receipt.rid is not None:
            self._end(receipt)

    def _start(self, receipt: Receipt) -> None:
        rid = receipt.rid or ""
        if rid and rid in self.ended:
            return  # it was overtaken by its own end; the run is over
        runs = self.runs = {} if self.runs is None else self.runs
        # A repeated /start with an id is a retry of the same start; without one it is a new run in the old one's place.
        if not rid or rid not in runs:
            runs[rid] = self.started = receipt.time
        if len(runs) > RUNS:
            del runs[next(iter(runs))]

    def _end(self, receipt: Receipt) -> None:
        rid = receipt.rid or ""
        runs = self.runs or {}
        start = runs.pop(rid, None)
        if start is not None and receipt.duration is None:
            self.duration = max(0.0, receipt.time - start)
        if rid:
            self.ended = (*self.ended[-ENDED + 1 :], rid) if rid not in self.ended else self.ended
        if receipt.kind == SUCCESS:
            self._drop_lost(runs, receipt.time, start)
        self.runs = runs or None

    def _drop_lost(self, runs: dict[str, float], now: float, start: float | None) -> None:
        """Forget runs whose end will not come: overdue and outlived by a later run, or very old."""
        limit = self.definition.max_runtime
        for rid, began in list(runs.items()):
            outlived = start is not None and start > began and now > began + limit
            if outlived or now - began > max(LOST_RUN, 2 * limit if limit < math.inf else 0):
                del runs[rid]

    def settle(self, gaps: Sequence[Gap] = (), jumps: Sequence[Gap] = ()) -> None:
        """Compute both deadlines anew. `gaps` and `jumps`: all of the receiver's that may matter, in order."""
        if self.paused:
            self.deadline, self.run_deadline, self._settled = NEVER, math.inf, math.inf
            return
        if self.runs is None:
            self.run_deadline = math.inf
        else:
            limit, stops = self.definition.max_runtime, _after(gaps, min(self.runs.values()))
            self.run_deadline = min(_stopped(start, limit, stops) for start in self.runs.values())
        since = self.completed if self.completed > self.since else self.since
        gaps = _after(gaps, since)
        jumps = _after(jumps, since)
        plan = self.definition.plan
        undisturbed = not gaps and not jumps
        # Between two slots every receipt leads to the same one; walking a calendar costs as much as the whole rest.
        if not (undisturbed and plan.rule.calendar and self._settled <= since < self.deadline.due - plan.early):
            self.deadline = deadline(plan, since, gaps, jumps)
            self._settled = since if undisturbed else math.inf

    def define(self, definition: Definition, now: float) -> None:
        """Give it another definition of the same id; a changed `paused` takes effect."""
        if definition.paused != self.definition.paused:
            self.turn(definition.paused, now)
        self.definition = definition
        self._settled = math.inf

    def turn(self, paused: bool, now: float) -> None:
        """Stop or restart its clock; it restarts from zero, and no run from before is waited for."""
        if paused != self.paused:
            self.paused, self.since, self.runs = paused, now, None

    def reckon(self, number: int, span: Gap, step: bool) -> None:
        """Take a clock event in: the wall clock was set from start to end of `span`, or nobody listened meanwhile."""
        if step:
            self._rebase(span.end - span.start)
        elif self.runs and span.end - span.start >= RETRIED:
            # Their ends may have come unheard. Whether the job still lives is then for its lateness to tell.
            self.runs = {rid: start for rid, start in self.runs.items() if start >= span.end} or None
        self.applied = number

    def _rebase(self, step: float) -> None:
        """Every instant moves with the wall clock, so that elapsed times stay what they were."""
        # Spelt out, since a step of the clock does this to every heartbeat at once.
        self.since += step
        if self.succeeded:
            self.succeeded += step
        if self.completed:
            self.completed += step
        if self.seen:
            self.seen += step
        if self.started:
            self.started += step
        if self.runs:
            self.runs = {rid: start + step for rid, start in self.runs.items()}
        self._settled = math.inf

    def snapshot(self) -> dict[str, Any]:
        """The state as JSON holds it; `restore` reads it."""
        return {
            "since": self.since,
            "succeeded": self.succeeded,
            "completed": self.completed,
            "seen": self.seen,
            "started": self.started,
            "duration": None if math.isnan(self.duration) else self.duration,
            "exit_code": None if math.isnan(self.exit_code) else self.exit_code,
            "failing": self.failing,
            "paused": self.paused,
            "declared_paused": self.definition.paused,
            "counts": self.counts,
            "runs": self.runs,
            "ended": self.ended,
            "last_receipt": self.last_receipt,
        }

    def restore(self, state: Mapping[str, Any], applied: int, now: float) -> None:
        """Take a snapshot over. LookupError, TypeError: it is none."""
        for name in ("since", "succeeded", "completed", "seen", "started", "failing", "paused", "last_receipt"):
            setattr(self, name, state[name])
        self.duration = math.nan if state["duration"] is None else state["duration"]
        self.exit_code = math.nan if state["exit_code"] is None else state["exit_code"]
        self.counts = list(state["counts"])
        self.runs = dict(state["runs"]) if state["runs"] else None
        self.ended = tuple(state["ended"])
        self.applied = applied
        if state.get("declared_paused", False) != self.definition.paused:
            self.turn(self.definition.paused, now)

    def status(self, now: float) -> str:
        """One word for a person: new, up, running, failing, late, overdue, maintenance or paused."""
        if self.paused:
            return "paused"
        if self.maintenance:
            return "maintenance"
        if now > self.deadline.at:
            return "late"
        if self.failing:
            return "failing"
        if now > self.run_deadline:
            return "overdue"
        if self.runs:
            return "running"
        return "up" if self.completed else "new"


def _exit_code(receipt: Receipt) -> float:
    if receipt.exit_code is not None:
        return receipt.exit_code
    return 0 if receipt.kind == SUCCESS else math.nan


def _after(gaps: Sequence[Gap], since: float) -> Sequence[Gap]:
    """Those that end after `since`; they come in order, and with nearly every receipt there is none."""
    if not gaps or gaps[-1].end <= since:
        return ()
    return gaps[bisect_right(gaps, since, key=lambda gap: gap.end) :]


def _stopped(start: float, length: float, gaps: Sequence[Gap]) -> float:
    """The instant `length` seconds after `start` by a clock that stands still in every gap."""
    end = start + length
    if end == math.inf:
        return end
    for gap in gaps:
        if gap.end > start and gap.start < end:
            end += gap.end - max(gap.start, start)
    return end
