"""Announced work: for whom, and when."""

import math

import pytest

from exporter.heartbeats.schedules import Maintenance
from tests.heartbeats.schedules.times import BERLIN, at, shown

HOUR = 3600.0
ONCE = Maintenance.parse({"host": "web*"}, BERLIN, 4 * HOUR, start="2026-12-01 22:00")
SUNDAYS = Maintenance.parse({"heartbeat": "backup"}, BERLIN, 2 * HOUR, cron="0 3 * * 0")


def test_a_glob_matches_the_whole_label_and_minds_upper_and_lower_case() -> None:
    assert [ONCE.matches({"host": host}) for host in ("web", "web01", "Web01", "myweb", "db")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_all_globs_must_match_and_a_missing_label_is_an_empty_one() -> None:
    both = Maintenance.parse({"host": "web?", "heartbeat": "*"}, BERLIN, HOUR, start="2026-12-01 22:00")
    assert both.matches({"host": "web1"})
    assert both.matches({"host": "web1", "heartbeat": "backup", "name": "x"})
    assert not both.matches({"heartbeat": "backup"})


def test_work_begins_at_its_start_and_is_over_at_its_end() -> None:
    assert [ONCE.active(at(time)) for time in ("2026-12-01 21:59:59", "2026-12-01 22:00", "2026-12-02 01:59:59")] == [
        *(False, True, True),
    ]
    assert not ONCE.active(at("2026-12-02 02:00"))


def test_work_to_come_and_work_under_way_are_the_next_and_then_there_is_none() -> None:
    whole = (at("2026-12-01 22:00"), at("2026-12-02 02:00"))
    assert ONCE.next_open(at("2026-06-01 00:00")) == ONCE.next_open(at("2026-12-02 01:00")) == whole
    assert ONCE.next_open(at("2026-12-02 02:00")) == (math.inf, math.inf)


def test_work_that_recurs_comes_again() -> None:
    assert SUNDAYS.active(at("2026-06-07 04:59"))
    start, end = SUNDAYS.next_open(at("2026-06-07 05:00"))
    assert (shown(start), shown(end)) == ("2026-06-14 03:00:00+02:00", "2026-06-14 05:00:00+02:00")


def test_a_duration_is_time_that_really_passes() -> None:
    night = Maintenance.parse({"host": "*"}, BERLIN, 4 * HOUR, start="2026-10-25 00:00")
    assert shown(night.next_open(at("2026-10-24 00:00"))[1]) == "2026-10-25 03:00:00+01:00"


def test_a_start_in_the_skipped_hour_is_the_jump() -> None:
    night = Maintenance.parse({"host": "*"}, BERLIN, HOUR, start="2026-03-29 02:30")
    assert shown(night.next_open(at("2026-03-28 00:00"))[0]) == "2026-03-29 03:00:00+02:00"


def test_work_that_is_longer_than_the_way_to_its_next_start_never_ends() -> None:
    always = Maintenance.parse({"host": "*"}, BERLIN, 2 * HOUR, cron="0 * * * *")
    assert all(always.active(at(f"2026-06-01 {hour:02}:30")) for hour in range(24))


@pytest.mark.parametrize(
    ("matchers", "duration", "start", "cron", "complaint"),
    [
        ({}, HOUR, "2026-12-01 22:00", None, "names what it is for"),
        ({"host": "*"}, 0, "2026-12-01 22:00", None, "longer than 0 seconds"),
        ({"host": "*"}, math.inf, "2026-12-01 22:00", None, "longer than 0 seconds"),
        ({"host": "*"}, HOUR, None, None, "either a start or a cron"),
        ({"host": "*"}, HOUR, "2026-12-01 22:00", "0 3 * * 0", "either a start or a cron"),
        ({"host": "*"}, HOUR, "tomorrow", None, "a start is written"),
        ({"host": "*"}, HOUR, "2026-12-01 22:00+01:00", None, "no offset"),
        ({"host": "*"}, HOUR, None, "0 3 * *", "4 fields"),
    ],
)
def test_wrong_maintenance_is_refused_with_a_reason(
    matchers: dict[str, str], duration: float, start: str | None, cron: str | None, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Maintenance.parse(matchers, BERLIN, duration, start=start, cron=cron)


def test_an_unknown_zone_is_refused_for_a_start_and_for_a_cron_expression() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Maintenance.parse({"host": "*"}, "Mars", HOUR, start="2026-12-01 22:00")
    with pytest.raises(ValueError, match="no time zone"):
        Maintenance.parse({"host": "*"}, "Mars", HOUR, cron="0 3 * * 0")
