"""What receipts make of a heartbeat: runs, failures, retries, pauses."""

import math
from itertools import count
from typing import Any

import pytest

from exporter.heartbeats.heartbeat import ENDED, LOST_RUN, RUNS, Heartbeat
from exporter.heartbeats.receipt import FAIL, LOG, START, SUCCESS, Receipt
from exporter.heartbeats.schedules import Gap
from tests.heartbeats.clockwork import NOON, defined

RID, OTHER = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
numbers = count(1)


def made(**spec: Any) -> Heartbeat:
    heartbeat = Heartbeat(1, defined("a", **spec), NOON)
    heartbeat.settle()
    return heartbeat


def told(heartbeat: Heartbeat, after: float, kind: int, rid: str | None = None, code: int | None = None) -> None:
    """A receipt so many seconds after noon."""
    heartbeat.apply(next(numbers), Receipt(NOON + after, kind, code, rid))
    heartbeat.settle()


def test_one_that_was_never_seen_is_late_a_period_and_grace_after_it_was_declared() -> None:
    heartbeat = made(every="5m")
    assert heartbeat.deadline.at == NOON + 310
    assert heartbeat.status(NOON + 310) == "new"
    assert heartbeat.status(NOON + 311) == "late"


def test_a_success_moves_the_deadline() -> None:
    heartbeat = made()
    told(heartbeat, 5, SUCCESS)
    assert (heartbeat.deadline.due, heartbeat.deadline.at) == (NOON + 65, NOON + 75)
    assert heartbeat.succeeded == heartbeat.seen == heartbeat.completed == NOON + 5
    assert heartbeat.status(NOON + 5) == "up"


def test_a_failure_lasts_until_the_next_success() -> None:
    heartbeat = made()
    told(heartbeat, 1, SUCCESS)
    told(heartbeat, 2, FAIL, code=3)
    assert (heartbeat.failing, heartbeat.exit_code, heartbeat.succeeded) == (True, 3, NOON + 1)
    told(heartbeat, 3, START)
    told(heartbeat, 4, LOG)
    assert heartbeat.failing
    assert heartbeat.status(NOON + 4) == "failing"
    told(heartbeat, 5, SUCCESS)
    assert (heartbeat.failing, heartbeat.exit_code) == (False, 0)


def test_a_failure_that_tells_no_exit_code_has_none() -> None:
    heartbeat = made()
    told(heartbeat, 1, FAIL)
    assert math.isnan(heartbeat.exit_code)


def test_a_failed_job_has_reported_all_the_same() -> None:
    heartbeat = made()
    told(heartbeat, 30, FAIL)
    assert heartbeat.deadline.at == NOON + 100


def test_a_log_line_changes_nothing_but_when_it_was_seen() -> None:
    heartbeat = made(max_runtime="1h")
    told(heartbeat, 1, START, RID)
    before = heartbeat.snapshot() | {"deadline": heartbeat.deadline, "run": heartbeat.run_deadline}
    told(heartbeat, 9, LOG, RID)
    after = heartbeat.snapshot() | {"deadline": heartbeat.deadline, "run": heartbeat.run_deadline}
    changed = {name for name in after if after[name] != before[name]} | {"counts"}
    assert changed == {"seen", "counts", "last_receipt"}
    assert heartbeat.counts == [0, 1, 0, 1]


def test_a_run_lasts_from_its_start_to_its_own_end() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START, RID)
    told(heartbeat, 10, START, OTHER)
    assert heartbeat.run_deadline == NOON + 60
    assert heartbeat.status(NOON + 11) == "running"
    told(heartbeat, 20, SUCCESS, RID)
    assert (heartbeat.duration, heartbeat.run_deadline) == (20, NOON + 70)
    told(heartbeat, 25, FAIL, OTHER)
    assert (heartbeat.duration, heartbeat.run_deadline) == (15, math.inf)


def test_a_run_is_overdue_though_later_ones_end_in_time() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START, RID)
    told(heartbeat, 50, START, OTHER)
    told(heartbeat, 55, SUCCESS, OTHER)
    assert heartbeat.run_deadline == NOON + 60
    assert heartbeat.status(NOON + 61) == "overdue"


def test_a_run_that_a_later_one_has_outlived_is_forgotten() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START, RID)
    told(heartbeat, 50, START, OTHER)
    told(heartbeat, 61, SUCCESS, OTHER)
    assert heartbeat.run_deadline == math.inf


def test_a_run_whose_end_never_came_is_forgotten_in_the_end() -> None:
    heartbeat = made(every="30d")
    told(heartbeat, 0, START, RID)
    told(heartbeat, LOST_RUN - 1, SUCCESS)
    assert heartbeat.runs
    told(heartbeat, LOST_RUN + 1, SUCCESS)
    assert not heartbeat.runs


def test_a_run_without_an_id_is_one_and_a_second_start_begins_it_anew() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START)
    told(heartbeat, 30, START)
    assert heartbeat.run_deadline == NOON + 90
    told(heartbeat, 40, SUCCESS)
    assert (heartbeat.duration, heartbeat.run_deadline) == (10, math.inf)


def test_a_repeated_start_is_the_same_start() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START, RID)
    told(heartbeat, 5, START, RID)
    assert (heartbeat.started, heartbeat.run_deadline) == (NOON, NOON + 60)


def test_a_repeated_end_is_the_same_end() -> None:
    heartbeat = made()
    told(heartbeat, 0, START, RID)
    told(heartbeat, 5, SUCCESS, RID)
    told(heartbeat, 6, SUCCESS, RID)
    assert (heartbeat.duration, heartbeat.runs, heartbeat.ended) == (5, None, (RID,))


def test_a_start_that_comes_after_its_own_end_begins_nothing() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 5, SUCCESS, RID)
    told(heartbeat, 6, START, RID)
    assert (heartbeat.runs, heartbeat.started, heartbeat.run_deadline) == (None, 0, math.inf)
    assert heartbeat.seen == NOON + 6
    told(heartbeat, 7, START, OTHER)
    assert heartbeat.run_deadline == NOON + 67


def test_a_start_does_not_move_the_deadline() -> None:
    heartbeat = made()
    told(heartbeat, 30, START, RID)
    assert heartbeat.deadline.at == NOON + 70


def test_runs_and_ended_ids_do_not_grow_without_end() -> None:
    heartbeat = made()
    for number in range(RUNS + 10):
        told(heartbeat, number, START, f"run{number}")
    assert heartbeat.runs is not None
    assert len(heartbeat.runs) == RUNS
    assert next(iter(heartbeat.runs)) == "run10"
    for number in range(ENDED + 10):
        told(heartbeat, 5000, SUCCESS, f"run{number}")
    assert heartbeat.ended == tuple(f"run{number}" for number in range(10, ENDED + 10))


def test_a_paused_one_expects_nothing_and_begins_afresh_when_resumed() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START, RID)
    heartbeat.turn(True, NOON + 10)
    told(heartbeat, 20, START, OTHER)
    assert (heartbeat.deadline.at, heartbeat.run_deadline) == (math.inf, math.inf)
    assert heartbeat.status(NOON + 9999) == "paused"
    heartbeat.turn(False, NOON + 5000)
    heartbeat.settle()
    assert (heartbeat.deadline.at, heartbeat.run_deadline) == (NOON + 5070, math.inf)


def test_pausing_it_in_the_file_is_a_pause_and_lasts_over_a_restart() -> None:
    heartbeat = made()
    assert made(paused=True).paused
    heartbeat.define(defined("a", paused=True), NOON + 10)
    heartbeat.settle()
    assert heartbeat.deadline.at == math.inf
    heartbeat.turn(False, NOON + 20)  # resumed through the API
    again = Heartbeat(1, defined("a", paused=True), NOON + 30)
    again.restore(heartbeat.snapshot(), 0, NOON + 30)
    assert not again.paused
    unpaused = Heartbeat(1, defined("a"), NOON + 40)
    unpaused.restore(Heartbeat(1, defined("a", paused=True), NOON).snapshot(), 0, NOON + 40)
    unpaused.settle()
    assert (unpaused.paused, unpaused.deadline.at) == (False, NOON + 110)


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_step_moves_every_instant_that_there_is(step: float) -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 1, START, RID)
    heartbeat.reckon(next(numbers), Gap(NOON, NOON + step), step=True)
    heartbeat.settle()
    assert (heartbeat.started, heartbeat.seen) == (NOON + 1 + step, NOON + 1 + step)
    assert (heartbeat.succeeded, heartbeat.completed) == (0, 0)
    assert (heartbeat.deadline.at, heartbeat.run_deadline) == (NOON + 70 + step, NOON + 61 + step)


def test_a_run_stands_still_while_nobody_listens() -> None:
    heartbeat = made(max_runtime="1m")
    told(heartbeat, 0, START, RID)
    gaps = [Gap(NOON + 10, NOON + 20), Gap(NOON + 65, NOON + 75), Gap(NOON + 500, NOON + 600)]
    heartbeat.settle(gaps)
    assert heartbeat.run_deadline == NOON + 60 + 20


def test_a_snapshot_restores_all_of_it() -> None:
    heartbeat = made(max_runtime="1m")
    for after, kind, rid in ((0, START, RID), (1, START, OTHER), (2, SUCCESS, RID), (3, FAIL, None), (4, LOG, None)):
        told(heartbeat, after, kind, rid)
    again = Heartbeat(1, heartbeat.definition, NOON + 9)
    again.restore(heartbeat.snapshot(), heartbeat.applied, NOON + 9)
    again.settle()
    assert again.snapshot() == heartbeat.snapshot()
    assert (again.deadline, again.run_deadline) == (heartbeat.deadline, heartbeat.run_deadline)
