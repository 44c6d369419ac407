"""When a heartbeat becomes late, while the receiver was always running."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.heartbeats.schedules import Cron, Deadline, Every, Maintenance, OnCalendar, Plan, Rule, Windows, deadline
from tests.heartbeats.schedules import oracle
from tests.heartbeats.schedules.drawn import DAY, WINDOWS, change_days, inside
from tests.heartbeats.schedules.times import BERLIN, ZONES, at, shown

MINUTE, HOUR = 60.0, 3600.0
OFFICE = Windows.parse("office", BERLIN, ["08:00-18:00"])
NIGHTLY = Cron("0 2 * * *", BERLIN)
HOURLY = Cron("0 * * * *", BERLIN)
IN_OFFICE = Plan(Every(5 * MINUTE), grace=MINUTE, windows=OFFICE)


def late(plan: Plan, since: str) -> tuple[str, str]:
    """Due and late, without the offset."""
    found = deadline(plan, at(since))
    return shown(found.due)[:19], shown(found.at)[:19]


def work(start: str, duration: float) -> Maintenance:
    return Maintenance.parse({"host": "*"}, BERLIN, duration, start=start)


def test_every_is_due_after_a_period_and_late_after_the_grace() -> None:
    assert deadline(Plan(Every(300), grace=60), 1000) == Deadline(1300, 1360)


def test_a_slot_is_late_after_the_grace() -> None:
    assert late(Plan(NIGHTLY, HOUR), "2026-06-01 12:00") == ("2026-06-02 02:00:00", "2026-06-02 03:00:00")


def test_grace_is_added_in_utc_on_the_night_of_the_skipped_hour() -> None:
    plan = Plan(Cron("30 1 * * *", BERLIN), grace=HOUR)
    assert late(plan, "2026-03-28 12:00") == ("2026-03-29 01:30:00", "2026-03-29 03:30:00")
    plan = Plan(Cron("30 2 * * *", BERLIN), grace=HOUR)
    assert late(plan, "2026-03-28 12:00") == ("2026-03-29 03:00:00", "2026-03-29 04:00:00")


def test_grace_is_added_in_utc_on_the_night_of_the_doubled_hour() -> None:
    found = deadline(Plan(Cron("30 2 * * *", BERLIN), grace=HOUR), at("2026-10-24 12:00"))
    assert shown(found.due) == "2026-10-25 02:30:00+02:00"
    assert shown(found.at) == "2026-10-25 02:30:00+01:00"


def test_a_receipt_at_the_slot_or_after_it_counts_for_it() -> None:
    for time in ("02:00", "02:00:01", "23:00"):
        assert late(Plan(NIGHTLY, HOUR, early=10 * MINUTE), f"2026-06-01 {time}")[0] == "2026-06-02 02:00:00"


@pytest.mark.parametrize("time", ["01:50", "01:59:59"])
def test_a_receipt_up_to_early_before_the_slot_counts_for_it(time: str) -> None:
    assert late(Plan(NIGHTLY, HOUR, early=10 * MINUTE), f"2026-06-01 {time}")[0] == "2026-06-02 02:00:00"


def test_a_receipt_more_than_early_before_the_slot_does_not_count_for_it() -> None:
    plan = Plan(NIGHTLY, HOUR, early=10 * MINUTE)
    assert late(plan, "2026-06-01 01:49:59") == ("2026-06-01 02:00:00", "2026-06-01 03:00:00")


def test_without_early_a_receipt_one_second_before_the_slot_does_not_count_for_it() -> None:
    assert late(Plan(NIGHTLY, HOUR), "2026-06-01 01:59:59")[0] == "2026-06-01 02:00:00"


@pytest.mark.parametrize("early", [HOUR, 90 * MINUTE, DAY])
def test_early_that_reaches_beyond_the_slot_before_swallows_no_slot(early: float) -> None:
    plan = Plan(HOURLY, MINUTE, early=early)
    for time in ("10:00", "10:00:01", "10:29:59"):
        assert late(plan, f"2026-06-01 {time}")[0] == "2026-06-01 11:00:00"
    assert late(plan, "2026-06-01 10:30")[0] == "2026-06-01 12:00:00"


def test_nothing_is_due_after_the_last_slot() -> None:
    once = OnCalendar("2026-06-01 12:00", BERLIN)
    assert deadline(Plan(once, MINUTE), at("2026-06-01 12:00")) == Deadline(math.inf, math.inf)
    assert deadline(Plan(once, MINUTE, early=MINUTE), at("2026-06-01 11:59")) == Deadline(math.inf, math.inf)


@pytest.mark.parametrize("since", ["2026-05-31 17:58", "2026-05-31 23:00", "2026-05-31 17:55", "2026-06-01 08:00"])
def test_a_wait_that_fits_begins_afresh_when_the_window_opens(since: str) -> None:
    assert late(IN_OFFICE, since) == ("2026-06-01 08:05:00", "2026-06-01 08:06:00")


def test_who_fell_silent_in_the_window_is_late_in_the_same_window() -> None:
    assert late(IN_OFFICE, "2026-05-31 12:00") == ("2026-05-31 12:05:00", "2026-05-31 12:06:00")
    assert late(IN_OFFICE, "2026-05-31 17:54") == ("2026-05-31 17:59:00", "2026-05-31 18:00:00")


def test_a_wait_that_fits_into_no_window_goes_on_counting_in_the_next() -> None:
    plan = Plan(Every(15 * HOUR), grace=HOUR, windows=OFFICE)
    assert late(plan, "2026-06-01 12:00") == ("2026-06-02 17:00:00", "2026-06-02 18:00:00")
    assert late(plan, "2026-06-01 13:00") == ("2026-06-02 18:00:00", "2026-06-03 09:00:00")
    assert late(plan, "2026-06-01 20:00") == ("2026-06-03 13:00:00", "2026-06-03 14:00:00")


def test_a_wait_goes_on_through_a_short_window_and_begins_afresh_in_a_long_one() -> None:
    windows = Windows.parse("mixed", BERLIN, ["Sat 08:00-09:00", "Mon-Fri 08:00-18:00"])
    plan = Plan(Every(2 * HOUR), grace=HOUR, windows=windows)
    assert late(plan, "2026-06-05 17:00") == ("2026-06-08 10:00:00", "2026-06-08 11:00:00")


def test_on_the_night_of_the_skipped_hour_a_window_counts_what_really_passes() -> None:
    night = Windows.parse("night", BERLIN, ["01:00-04:00"])
    assert late(Plan(Every(HOUR), grace=HOUR, windows=night), "2026-03-28 12:00")[1] == "2026-03-29 04:00:00"
    longer = Plan(Every(2 * HOUR), grace=30 * MINUTE, windows=night)
    assert late(longer, "2026-03-28 12:00")[1] == "2026-03-30 03:30:00"


def test_slots_outside_the_window_are_ignored() -> None:
    plan = Plan(HOURLY, MINUTE, windows=OFFICE)
    assert late(plan, "2026-06-01 17:00")[0] == "2026-06-02 08:00:00"
    assert deadline(Plan(NIGHTLY, MINUTE, windows=OFFICE), at("2026-06-01 17:00")) == Deadline(math.inf, math.inf)


def test_grace_counts_open_time_only() -> None:
    plan = Plan(Cron("50 17 * * *", BERLIN), grace=HOUR, windows=OFFICE)
    assert late(plan, "2026-06-01 12:00") == ("2026-06-01 17:50:00", "2026-06-02 08:50:00")


def test_early_looks_at_slots_in_the_window_only() -> None:
    plan = Plan(HOURLY, MINUTE, early=10 * MINUTE, windows=OFFICE)
    assert late(plan, "2026-06-01 07:50")[0] == "2026-06-01 09:00:00"
    assert late(plan, "2026-06-01 07:49")[0] == "2026-06-01 08:00:00"


def test_after_maintenance_the_wait_begins_afresh() -> None:
    plan = Plan(Every(5 * MINUTE), MINUTE, maintenance=(work("2026-06-01 22:00", 2 * HOUR),))
    assert late(plan, "2026-06-01 21:58") == ("2026-06-02 00:05:00", "2026-06-02 00:06:00")
    assert late(plan, "2026-06-01 23:00") == ("2026-06-02 00:05:00", "2026-06-02 00:06:00")
    assert late(plan, "2026-06-01 21:00") == ("2026-06-01 21:05:00", "2026-06-01 21:06:00")


def test_a_slot_in_maintenance_is_ignored_and_grace_stands_still_in_it() -> None:
    plan = Plan(NIGHTLY, HOUR, maintenance=(work("2026-06-02 01:00", 2 * HOUR),))
    assert late(plan, "2026-06-01 12:00") == ("2026-06-03 02:00:00", "2026-06-03 03:00:00")
    plan = Plan(NIGHTLY, HOUR, maintenance=(work("2026-06-02 02:30", 2 * HOUR),))
    assert late(plan, "2026-06-01 12:00") == ("2026-06-02 02:00:00", "2026-06-02 05:00:00")


def test_maintenance_cuts_the_window_and_several_works_overlap() -> None:
    works = (work("2026-06-01 07:00", 2 * HOUR), work("2026-06-01 08:30", HOUR))
    plan = Plan(Every(5 * MINUTE), MINUTE, windows=OFFICE, maintenance=works)
    assert late(plan, "2026-05-31 23:00")[1] == "2026-06-01 09:36:00"


def test_maintenance_without_end_makes_nothing_due() -> None:
    always = Maintenance.parse({"host": "*"}, BERLIN, 2 * HOUR, cron="0 * * * *")
    rules: tuple[Rule, ...] = (Every(300), HOURLY)
    for rule in rules:
        assert deadline(Plan(rule, MINUTE, maintenance=(always,)), at("2026-06-01 12:00")) == Deadline(
            math.inf, math.inf
        )


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(data=st.data(), period=st.integers(1, 900), grace=st.integers(0, 200), minute=st.integers(0, 2 * 1440))
def test_a_simulation_that_steps_through_open_minutes_finds_the_same(
    zone: str, data: st.DataObject, period: int, grace: int, minute: int
) -> None:
    start = data.draw(change_days(zone)) - 2 * DAY
    end, judged = start + 6 * DAY, start + 4 * DAY
    drawn = data.draw(st.lists(WINDOWS, min_size=1, max_size=2))
    since = start + 60 * minute
    stretches = oracle.runs(oracle.open_minutes(inside(drawn, set()), start, end, zone), start)
    expected = oracle.wait(stretches, since, 60 * period, 60 * grace, judged)
    plan = Plan(Every(60 * period), 60 * grace, windows=Windows.parse("drawn", zone, [text for text, *_ in drawn]))
    found = deadline(plan, since)
    if expected is None:
        assert found.at > judged
    else:
        assert (found.due, found.at) == expected
