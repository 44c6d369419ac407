"""OnCalendar expressions: what is accepted, and both nights on which clocks are changed."""

import math

import pytest

from exporter.heartbeats.schedules import OnCalendar
from tests.heartbeats.schedules.times import BERLIN, at, shown


def after(expression: str, text: str, *, fold: int = 0) -> str:
    return shown(OnCalendar(expression, BERLIN).next(at(text, fold=fold)))


def test_weekdays_dates_and_times_are_read_as_systemd_does() -> None:
    assert after("Mon..Fri 09:30", "2026-06-05 12:00") == "2026-06-08 09:30:00+02:00"
    assert after("*-*~1 00:00", "2026-06-05 12:00") == "2026-06-30 00:00:00+02:00"
    assert after("weekly", "2026-06-05 12:00") == "2026-06-08 00:00:00+02:00"
    assert after("*:*:0/20", "2026-06-05 12:00:05") == "2026-06-05 12:00:20+02:00"


def test_a_slot_in_the_skipped_hour_is_due_at_the_jump() -> None:
    assert after("*-*-* 02:30", "2026-03-28 12:00") == "2026-03-29 03:00:00+02:00"


def test_a_slot_in_the_doubled_hour_is_due_once_the_first_time() -> None:
    assert after("*-*-* 02:30", "2026-10-24 12:00") == "2026-10-25 02:30:00+02:00"
    assert after("*-*-* 02:30", "2026-10-25 02:30") == "2026-10-26 02:30:00+01:00"
    assert after("*-*-* 02:30", "2026-10-25 02:10", fold=1) == "2026-10-26 02:30:00+01:00"


def test_what_runs_all_day_long_runs_in_both_passes_of_the_doubled_hour() -> None:
    assert after("*:0/30", "2026-10-25 02:30") == "2026-10-25 02:00:00+01:00"


def test_a_line_may_name_its_own_zone_and_the_earliest_line_counts() -> None:
    lines = "00:00 America/New_York\n05:00\n\n"
    assert after(lines, "2026-06-01 00:00") == "2026-06-01 05:00:00+02:00"
    assert after(lines, "2026-06-01 05:00") == "2026-06-01 06:00:00+02:00"
    assert after("12:00 UTC", "2026-06-01 12:00") == "2026-06-01 14:00:00+02:00"


def test_a_single_date_is_due_once_and_then_never_again() -> None:
    once = OnCalendar("2026-06-01 12:00", BERLIN)
    assert once.next(at("2026-06-01 11:00")) == at("2026-06-01 12:00")
    assert once.next(at("2026-06-01 12:00")) == math.inf


def test_the_interval_is_infinite_where_there_is_no_second_slot() -> None:
    once = OnCalendar("2026-06-01 12:00", BERLIN)
    assert once.interval(at("2026-06-01 11:00")) == once.interval(at("2026-06-01 13:00")) == math.inf
    assert OnCalendar("hourly", BERLIN).interval(at("2026-06-01 11:00")) == 3600


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "must not be empty"),
        (" \n ", "must not be empty"),
        ("25:00", "Bad hour"),
        ("Mon Tue", "no time zone 'Tue'"),
        ("12:00 Europe/Berln", "no time zone 'Europe/Berln'"),
        ("*-02-30 12:00", "never fires"),
        ("12:00\n*-13-01", "Bad month"),
    ],
)
def test_a_wrong_expression_is_refused_with_a_reason(expression: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        OnCalendar(expression, BERLIN)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone 'Mars'"):
        OnCalendar("12:00", "Mars")
