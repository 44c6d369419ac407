"""Downtime of the receiver itself, and steps of the wall clock: neither may raise a false alarm nor hide a true one."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.heartbeats.schedules import Cron, Deadline, Every, Gap, Plan, Windows, deadline
from tests.heartbeats.schedules.times import BERLIN, at, shown

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
FIVE = Plan(Every(300), grace=60)
OFFICE = Windows.parse("office", BERLIN, ["08:00-18:00"])
HOURLY = Plan(Cron("0 * * * *", BERLIN), grace=10 * MINUTE)
NIGHTLY = Plan(Cron("0 2 * * *", BERLIN), grace=HOUR, early=10 * MINUTE)
bounded = settings(max_examples=150, deadline=None, derandomize=True)


def gap(start: str, end: str) -> Gap:
    return Gap(at(start), at(end))


def late(plan: Plan, since: str, *gaps: Gap, jumps: Sequence[Gap] = ()) -> tuple[str, str]:
    """Due and late, without the offset."""
    found = deadline(plan, at(since), gaps, jumps)
    return shown(found.due)[:19], shown(found.at)[:19]


def test_the_clock_stops_while_the_receiver_is_down() -> None:
    assert deadline(FIVE, 1000, [Gap(1100, 1110)]) == Deadline(1310, 1370)
    assert deadline(FIVE, 1000, [Gap(1100, 1110), Gap(1200, 1220)]) == Deadline(1330, 1390)


def test_downtime_before_the_last_receipt_and_after_the_deadline_does_not_matter() -> None:
    assert deadline(FIVE, 1000, [Gap(500, 900)]) == Deadline(1300, 1360)
    assert deadline(FIVE, 1000, [Gap(500, 900), Gap(1361, 9000)]) == Deadline(1300, 1360)


def test_of_downtime_around_the_first_declaration_only_what_follows_it_counts() -> None:
    assert deadline(FIVE, 1000, [Gap(900, 1020)]) == Deadline(1320, 1380)


def test_downtime_within_the_grace_stretches_the_grace_alone() -> None:
    assert deadline(FIVE, 1000, [Gap(1310, 1330)]) == Deadline(1300, 1380)


def test_long_downtime_in_which_the_receipt_may_have_been_lost_allows_one_more_period() -> None:
    assert deadline(FIVE, 1000, [Gap(1280, 1310)]) == Deadline(1300 + 30 + 300, 1360 + 30 + 300)


def test_downtime_that_clients_outlast_by_retrying_allows_no_more_period() -> None:
    assert deadline(FIVE, 1000, [Gap(1280, 1309)]) == Deadline(1329, 1389)


def test_long_downtime_that_was_over_before_the_receipt_was_expected_allows_no_more_period() -> None:
    assert deadline(FIVE, 1000, [Gap(1100, 1240)]) == Deadline(1440, 1500)
    assert deadline(FIVE, 1000, [Gap(1100, 1241)]) == Deadline(1441 + 300, 1501 + 300)


def test_downtime_from_the_last_instant_of_the_grace_on_may_have_lost_the_receipt() -> None:
    assert deadline(FIVE, 1000, [Gap(1360, 1460)]) == Deadline(1700, 1760)


def test_one_more_period_is_allowed_once_however_often_the_receiver_is_down() -> None:
    often = [Gap(1290, 1320), Gap(1600, 1640), Gap(1650, 1690), Gap(1950, 1990)]
    assert deadline(FIVE, 1000, often) == Deadline(1600 + 30 + 40 + 40, 1660 + 30 + 40 + 40)


def test_after_one_downtime_the_next_may_lose_a_receipt_both_by_the_clock_of_the_host_and_by_ours() -> None:
    assert deadline(FIVE, 1000, [Gap(1010, 1210), Gap(1230, 1240)]) == Deadline(1510, 1570)
    assert deadline(FIVE, 1000, [Gap(1010, 1210), Gap(1290, 1330)]) == Deadline(1840, 1900)
    assert deadline(FIVE, 1000, [Gap(1010, 1210), Gap(1480, 1520)]) == Deadline(1840, 1900)


def test_a_receiver_that_restarts_every_night_still_finds_a_heartbeat_of_25_hours_late() -> None:
    nights = [Gap(night * DAY + 3 * HOUR, night * DAY + 3 * HOUR + 60) for night in range(100)]
    plan = Plan(Every(25 * HOUR), grace=HOUR)
    for hour in range(24):
        since = 50 * DAY + hour * HOUR
        assert deadline(plan, since, nights).at <= since + 2 * 25 * HOUR + HOUR + 3 * MINUTE


def test_a_receiver_that_restarts_every_five_minutes_still_finds_a_dead_host() -> None:
    for length in (2.0, 29.0, 60.0):
        restarts = [Gap(300.0 * number, 300.0 * number + length) for number in range(1000)]
        for phase in range(0, 300, 7):
            since = 30000.0 + phase
            assert deadline(FIVE, since, restarts).at <= since + 660 + 4 * length


def test_a_receiver_that_is_down_in_every_window_still_finds_a_dead_host() -> None:
    plan = Plan(Every(9.5 * HOUR), grace=HOUR / 2, windows=OFFICE)
    daily = [gap(f"2026-06-{day:02} 12:00", f"2026-06-{day:02} 12:01") for day in range(1, 30)]
    assert late(plan, "2026-06-01 20:00", *daily)[1] == "2026-06-03 08:01:00"


def test_in_windows_downtime_counts_only_where_it_overlaps_open_time() -> None:
    plan = Plan(Every(300), grace=60, windows=OFFICE)
    assert late(plan, "2026-06-01 17:58", gap("2026-06-01 20:00", "2026-06-02 07:00"))[1] == "2026-06-02 08:06:00"
    assert late(plan, "2026-06-01 17:58", gap("2026-06-02 07:00", "2026-06-02 08:01"))[1] == "2026-06-02 08:07:00"


def test_in_windows_long_downtime_over_the_expected_receipt_allows_one_more_period() -> None:
    plan = Plan(Every(300), grace=60, windows=OFFICE)
    over = gap("2026-06-02 07:59", "2026-06-02 08:10")
    assert late(plan, "2026-06-01 17:58", over) == ("2026-06-02 08:20:00", "2026-06-02 08:21:00")


def test_a_wait_that_began_afresh_expects_its_receipt_from_the_opening_on() -> None:
    plan = Plan(Every(600), grace=120, windows=Windows.parse("day", BERLIN, ["12:01-12:00"]))
    soon = gap("2026-06-02 12:03:30", "2026-06-02 12:04:10")
    assert late(plan, "2026-06-02 11:59") == ("2026-06-02 12:11:00", "2026-06-02 12:13:00")
    assert late(plan, "2026-06-02 11:59", soon) == ("2026-06-02 12:21:40", "2026-06-02 12:23:40")


def test_downtime_over_whole_windows_lets_the_wait_begin_when_the_receiver_is_back() -> None:
    plan = Plan(Every(300), grace=60, windows=OFFICE)
    weekend = gap("2026-06-01 20:00", "2026-06-04 09:00")
    assert late(plan, "2026-06-01 17:58", weekend) == ("2026-06-04 09:10:00", "2026-06-04 09:11:00")


def test_a_slot_in_long_downtime_is_excused_and_the_next_one_is_due() -> None:
    assert late(HOURLY, "2026-06-01 10:01", gap("2026-06-01 10:30", "2026-06-01 11:05")) == (
        "2026-06-01 12:00:00",
        "2026-06-01 12:10:00",
    )


def test_all_slots_of_the_first_long_downtime_are_excused_and_none_of_a_later_one() -> None:
    first = gap("2026-06-01 10:30", "2026-06-01 14:05")
    assert late(HOURLY, "2026-06-01 10:01", first)[0] == "2026-06-01 15:00:00"
    second = gap("2026-06-01 14:50", "2026-06-01 15:05")
    assert late(HOURLY, "2026-06-01 10:01", first, second) == ("2026-06-01 15:00:00", "2026-06-01 15:15:00")


def test_downtime_that_ends_as_the_time_for_a_slot_begins_does_not_excuse_it() -> None:
    assert late(NIGHTLY, "2026-06-01 12:00", gap("2026-06-01 20:00", "2026-06-02 01:50"))[0] == "2026-06-02 02:00:00"
    assert late(NIGHTLY, "2026-06-01 12:00", gap("2026-06-01 20:00", "2026-06-02 01:51"))[0] == "2026-06-03 02:00:00"


def test_downtime_between_slots_neither_moves_nor_excuses_a_slot() -> None:
    assert late(HOURLY, "2026-06-01 10:01", gap("2026-06-01 10:10", "2026-06-01 10:50")) == (
        "2026-06-01 11:00:00",
        "2026-06-01 11:10:00",
    )


def test_short_downtime_within_the_grace_of_a_slot_stops_its_clock() -> None:
    short = gap("2026-06-01 11:00", "2026-06-01 11:00:20")
    assert late(HOURLY, "2026-06-01 10:01", short) == ("2026-06-01 11:00:00", "2026-06-01 11:10:20")


def test_short_downtime_stretches_the_time_in_which_a_long_one_excuses_the_slot() -> None:
    short, long = gap("2026-06-01 11:00", "2026-06-01 11:00:20"), gap("2026-06-01 11:10:10", "2026-06-01 11:20")
    assert late(HOURLY, "2026-06-01 10:01", long)[0] == "2026-06-01 11:00:00"
    assert late(HOURLY, "2026-06-01 10:01", short, long)[0] == "2026-06-01 12:00:00"


def test_a_slot_that_the_wall_clock_leapt_over_is_due_but_its_grace_counts_from_the_end_of_the_leap() -> None:
    leap = gap("2026-06-02 01:30", "2026-06-02 04:00")
    assert late(NIGHTLY, "2026-06-01 12:00", jumps=[leap]) == ("2026-06-02 02:00:00", "2026-06-02 05:00:00")


def test_a_leap_within_the_grace_of_a_slot_does_not_count() -> None:
    leap = gap("2026-06-02 02:30", "2026-06-02 04:00")
    assert late(NIGHTLY, "2026-06-01 12:00", jumps=[leap])[1] == "2026-06-02 04:30:00"


def test_a_leap_and_downtime_that_overlap_count_once() -> None:
    leap, down = gap("2026-06-01 11:00", "2026-06-01 11:30"), gap("2026-06-01 11:29:50", "2026-06-01 11:30:10")
    assert late(HOURLY, "2026-06-01 10:01", down, jumps=[leap])[1] == "2026-06-01 11:40:10"


def test_a_leap_of_the_wall_clock_does_not_matter_to_elapsed_time() -> None:
    assert deadline(FIVE, 1000, jumps=[Gap(1100, 5000)]) == Deadline(1300, 1360)


def no_false_alarm(plan: Plan, pings: Sequence[float], down: Gap) -> None:
    """Every receipt that was kept came before the deadline that the one before it had set."""
    kept = [ping for ping in pings if not down.start <= ping < down.end]
    for since, ping in pairwise(kept):
        assert ping <= deadline(plan, since, [down]).at + 1e-6


@bounded
@given(
    period=st.integers(10, 90000),
    share=st.floats(0, 1),
    phase=st.floats(0, 3),
    length=st.floats(0, 6),
    jitter=st.lists(st.floats(-0.5, 0.5), min_size=14, max_size=14),
)
@example(period=300, share=0.2, phase=1.0999, length=1.001, jitter=[0.5] * 14)
@example(period=300, share=1.0, phase=1.4999, length=2.5002, jitter=[0.5] * 14)
def test_a_healthy_host_is_never_late_whatever_the_downtime(
    period: int, share: float, phase: float, length: float, jitter: list[float]
) -> None:
    grace = share * period
    pings = [1e9]
    for part in jitter:
        pings.append(pings[-1] + period + part * grace)
    start = pings[0] + phase * period
    no_false_alarm(Plan(Every(period), grace), pings, Gap(start, start + max(30.0, length * period)))


@bounded
@given(
    period=st.integers(1, 1000),
    share=st.floats(0.001, 0.5),  # without grace, a receipt due as a window closes would be outside it
    phase=st.floats(0, 3),
    length=st.floats(0, 6),
    delays=st.lists(st.floats(0, 0.5), min_size=14, max_size=14),
    first=st.integers(0, 1440),
    hours=st.sampled_from(["08:00-18:00", "00:00-20:00", "22:00-06:00", "12:01-12:00"]),
    all_day=st.booleans(),
)
@example(10, 0.2, 0.85, 0.07, [0.5, 0.0, 0.5] + [0.0] * 11, 475, "08:00-18:00", True)
@example(1260, 0.001, 0.99, 0.02, [0.0] * 14, 0, "00:00-20:00", True)
def test_a_healthy_host_is_never_late_in_windows_whether_it_sends_all_day_or_in_them_alone(
    period: int, share: float, phase: float, length: float, delays: list[float], first: int, hours: str, all_day: bool
) -> None:
    windows = Windows.parse("hours", BERLIN, [hours])
    seconds, grace = period * MINUTE, share * period * MINUTE
    start = at("2026-06-01 00:00") + first * MINUTE
    pings = [start + seconds * number + delay * grace for number, delay in enumerate(delays)]
    opens, closes = windows.next_open(start)
    if not all_day and seconds + grace <= closes - opens:
        pings = [ping for ping in pings if windows.active(ping)]
    down = start + phase * seconds
    plan = Plan(Every(seconds), grace, windows=windows)
    no_false_alarm(plan, pings, Gap(down, down + max(30.0, length * seconds)))


@bounded
@given(
    every=st.sampled_from([5, 15, 60, 1440]),
    share=st.floats(0, 0.9),
    phase=st.floats(0, 3),
    length=st.floats(0, 6),
    delays=st.lists(st.floats(0, 0.5), min_size=14, max_size=14),
)
def test_a_healthy_job_of_a_crontab_is_never_late_whatever_the_downtime(
    every: int, share: float, phase: float, length: float, delays: list[float]
) -> None:
    expression = {5: "*/5 * * * *", 15: "*/15 * * * *", 60: "0 * * * *", 1440: "0 0 * * *"}[every]
    period, first = every * MINUTE, at("2026-06-01 00:00", "UTC")
    grace = share * period
    pings = [first + period * number + delay * grace for number, delay in enumerate(delays)]
    start = first + phase * period
    no_false_alarm(Plan(Cron(expression, "UTC"), grace), pings, Gap(start, start + max(30.0, length * period)))


@bounded
@given(
    period=st.integers(10, 90000),
    share=st.floats(0, 1),
    downs=st.lists(st.tuples(st.floats(1, 1000), st.floats(0.1, 1000)), max_size=30),
)
def test_a_dead_host_is_late_after_two_periods_the_grace_and_the_downtime(
    period: int, share: float, downs: list[tuple[float, float]]
) -> None:
    since, grace, gaps = 1e9, share * period, []
    start = since
    for up, down in downs:
        gaps.append(Gap(start + up, start + up + down))
        start += up + down
    found = deadline(Plan(Every(period), grace), since, gaps)
    down_meanwhile = sum(min(gap.end, found.at) - gap.start for gap in gaps if gap.start < found.at)
    assert found.at - since <= 2 * period + grace + down_meanwhile + 1e-3
    assert found.at - since >= period + grace - 1e-3


@pytest.mark.parametrize("plan", [FIVE, HOURLY, NIGHTLY, Plan(Every(300), 60, windows=OFFICE)])
def test_downtime_never_brings_a_deadline_forward(plan: Plan) -> None:
    since = at("2026-06-01 12:00")
    usual = deadline(plan, since)
    for start in range(0, 16 * 3600, 420):
        for length in (5.0, 45.0, 900.0, 7200.0):
            assert deadline(plan, since, [Gap(since + start, since + start + length)]).at >= usual.at
