"""Cron expressions: what is accepted, and both nights on which clocks are changed."""

import math

import pytest

from exporter.heartbeats.schedules import Cron
from tests.heartbeats.schedules.times import BERLIN, at, shown


def after(expression: str, text: str, *, fold: int = 0) -> str:
    return shown(Cron(expression, BERLIN).next(at(text, fold=fold)))


def test_a_slot_is_strictly_after_the_instant_asked_about() -> None:
    assert after("0 2 * * *", "2026-06-01 01:59:59") == "2026-06-01 02:00:00+02:00"
    assert after("0 2 * * *", "2026-06-01 02:00") == "2026-06-02 02:00:00+02:00"


def test_a_fraction_of_a_second_before_a_slot_it_is_still_to_come() -> None:
    assert Cron("0 2 * * *", BERLIN).next(at("2026-06-01 02:00") - 0.25) == at("2026-06-01 02:00")


def test_a_slot_in_the_skipped_hour_is_due_at_the_jump() -> None:
    assert after("30 2 * * *", "2026-03-28 12:00") == "2026-03-29 03:00:00+02:00"
    assert after("30 2 * * *", "2026-03-29 03:00") == "2026-03-30 02:30:00+02:00"


def test_several_slots_in_the_skipped_hour_are_one_at_the_jump() -> None:
    assert after("0,30 2,3 * * *", "2026-03-29 01:00") == "2026-03-29 03:00:00+02:00"
    assert after("0,30 2,3 * * *", "2026-03-29 03:00") == "2026-03-29 03:30:00+02:00"


def test_a_slot_in_the_doubled_hour_is_due_once_the_first_time() -> None:
    assert after("30 2 * * *", "2026-10-24 12:00") == "2026-10-25 02:30:00+02:00"
    assert after("30 2 * * *", "2026-10-25 02:30") == "2026-10-26 02:30:00+01:00"


def test_in_the_second_pass_the_slots_of_the_doubled_hour_are_over() -> None:
    assert after("30 2 * * *", "2026-10-25 02:10", fold=1) == "2026-10-26 02:30:00+01:00"


def test_what_runs_all_day_long_runs_in_both_passes_of_the_doubled_hour() -> None:
    assert after("*/30 * * * *", "2026-10-25 02:30") == "2026-10-25 02:00:00+01:00"
    assert after("*/30 * * * *", "2026-10-25 02:30", fold=1) == "2026-10-25 03:00:00+01:00"


def test_what_runs_all_day_long_has_no_extra_slot_at_the_jump() -> None:
    assert after("30 * * * *", "2026-03-29 01:30") == "2026-03-29 03:30:00+02:00"
    assert after("*/5 2 * * *", "2026-03-28 12:00") == "2026-03-30 02:00:00+02:00"


def test_a_change_by_half_an_hour_loses_no_slot() -> None:
    lord_howe = "Australia/Lord_Howe"
    slot = Cron("0 */2 * * *", lord_howe).next(at("2026-04-05 01:00", lord_howe))
    assert shown(slot, lord_howe) == "2026-04-05 02:00:00+10:30"


def test_either_day_will_do_unless_one_of_them_begins_with_a_star() -> None:
    assert after("0 0 13 * 5", "2026-06-01 12:00") == "2026-06-05 00:00:00+02:00"
    assert after("0 0 */2 * 5", "2026-06-01 12:00") == "2026-06-05 00:00:00+02:00"
    assert after("0 0 */2 * 5", "2026-06-05 12:00") == "2026-06-19 00:00:00+02:00"


def test_a_leap_day_is_found_years_ahead() -> None:
    assert after("0 0 29 2 *", "2096-03-01 00:00") == "2104-02-29 00:00:00+01:00"


def test_the_interval_is_the_distance_between_the_next_two_slots() -> None:
    nightly = Cron("0 2 * * *", BERLIN)
    assert nightly.interval(at("2026-06-01 12:00")) == 86400
    assert nightly.interval(at("2026-10-24 01:00")) == 86400
    assert Cron("0 12 * * *", BERLIN).interval(at("2026-10-24 01:00")) == 90000


def test_nothing_is_due_in_eternity() -> None:
    assert Cron("0 2 * * *", BERLIN).next(math.inf) == math.inf


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "0 fields instead of five"),
        ("* * * *", "4 fields"),
        ("0 * * * * *", "6 fields"),
        ("@daily", "1 fields"),
        ("61 * * * *", "Bad minute"),
        ("* * * * mun", "Bad day-of-week"),
        ("*/0 * * * *", "Bad minute"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 30,31 2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
    ],
)
def test_a_wrong_expression_is_refused_with_a_reason(expression: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Cron(expression, BERLIN)


@pytest.mark.parametrize("zone", ["Europe/Berln", "Europe", "", "../etc/passwd", "/etc/localtime", "\0"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Cron("0 2 * * *", zone)


def test_equal_expressions_in_one_zone_are_equal() -> None:
    assert Cron("0 2 * * *", BERLIN) == Cron("0 2 * * *", BERLIN) != Cron("0 2 * * *", "UTC")
