"""When a digest is due, and what it covers, also in the nights when clocks change."""

from datetime import datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from analyzer.digest.period import Every, due, instant, period, up_to
from tests.analyzer.digest.made import BERLIN, utc

HOUR = 3600.0
SEVEN = time(7)


@pytest.mark.parametrize(
    ("every", "now", "slot"),
    [
        ("day", "2026-11-21 06:00", "2026-11-21 06:00"),
        ("day", "2026-11-21 05:59", "2026-11-20 06:00"),
        ("day", "2026-07-01 05:00", "2026-07-01 05:00"),
        ("week", "2026-11-21 06:00", "2026-11-16 06:00"),
        ("week", "2026-11-23 05:59", "2026-11-16 06:00"),
        ("week", "2026-11-23 06:00", "2026-11-23 06:00"),
    ],
)
def test_it_is_due_at_its_time_of_the_day_and_a_weeks_on_monday(every: Every, now: str, slot: str) -> None:
    assert due(every, SEVEN, BERLIN, utc(now)) == utc(slot)


def test_a_time_that_the_night_skips_is_due_at_the_jump() -> None:
    assert due("day", time(2, 30), BERLIN, utc("2026-03-29 00:59")) == utc("2026-03-28 01:30")
    assert due("day", time(2, 30), BERLIN, utc("2026-03-29 01:00")) == utc("2026-03-29 01:00")
    assert due("day", time(2, 30), BERLIN, utc("2026-03-30 00:30")) == utc("2026-03-30 00:30")


def test_a_time_that_the_night_has_twice_is_due_once() -> None:
    slots = {due("day", time(2, 30), BERLIN, utc("2026-10-25 00:00") + minute * 60) for minute in range(24 * 60)}
    assert slots == {utc("2026-10-24 00:30"), utc("2026-10-25 00:30")}


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "UTC"])
def test_everywhere_each_day_of_a_year_has_one_digest_and_their_times_meet(zone: str) -> None:
    there = ZoneInfo(zone)
    slots = sorted({due("day", time(0, 15), there, utc("2018-01-01 12:00") + n * HOUR) for n in range(366 * 24)})
    assert 366 <= len(slots) <= 367
    covered = [period("day", time(0, 15), there, slot, None, slot) for slot in slots]
    assert all(one.end == next_one.begin for one, next_one in pairwise(covered))


@pytest.mark.parametrize(
    ("slot", "hours"), [("2026-03-29 05:00", 23), ("2026-10-25 06:00", 25), ("2026-11-21 06:00", 24)]
)
def test_a_day_is_as_long_as_the_calendar_has_it(slot: str, hours: int) -> None:
    assert period("day", SEVEN, BERLIN, utc(slot), None, utc(slot)).seconds == hours * HOUR


def test_what_was_never_told_is_covered_by_the_next_one_but_not_for_ever() -> None:
    slot = utc("2026-11-21 06:00")
    assert period("day", SEVEN, BERLIN, slot, slot - 22 * HOUR, slot + 60).seconds == 22 * HOUR
    assert period("day", SEVEN, BERLIN, slot, slot - 72 * HOUR, slot + 60).seconds == 72 * HOUR
    assert period("day", SEVEN, BERLIN, slot, 0.0, slot).seconds == 35 * 24 * HOUR


def test_one_that_is_late_ends_now() -> None:
    slot = utc("2026-11-21 06:00")
    assert period("day", SEVEN, BERLIN, slot, slot - 24 * HOUR, slot + 3 * HOUR).seconds == 27 * HOUR


def test_a_look_at_once_covers_the_day_or_week_that_ends_now() -> None:
    now = utc("2026-10-25 12:34")
    assert up_to("day", BERLIN, now).begin == utc("2026-10-24 11:34")
    assert up_to("week", BERLIN, now).begin == utc("2026-10-18 11:34")


def test_an_instant_is_found_also_where_clocks_jump_by_half_an_hour() -> None:
    howe = ZoneInfo("Australia/Lord_Howe")
    assert instant(datetime(2026, 10, 4).date(), time(2, 15), howe) == utc("2026-10-03 15:30")
