"""Window schedules: their language, their edges, and a walk over the minutes."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.heartbeats.schedules import Windows
from tests.heartbeats.schedules import oracle
from tests.heartbeats.schedules.drawn import DAY, WINDOWS, change_days, date_of, inside
from tests.heartbeats.schedules.times import BERLIN, ZONES, at, shown


def berlin(*windows: str, holidays: str | None = None, except_: tuple[date, ...] = ()) -> Windows:
    return Windows.parse("office", BERLIN, windows, holidays, except_)


def opening(windows: Windows, after: str) -> tuple[str, str]:
    start, end = windows.next_open(at(after))
    return shown(start), shown(end)


def test_a_window_is_open_from_its_start_up_to_but_not_at_its_end() -> None:
    office = berlin("Mon-Fri 08:00-18:00")
    assert [office.active(at(f"2026-06-01 {time}")) for time in ("07:59:59", "08:00", "17:59:59", "18:00")] == [
        False,
        True,
        True,
        False,
    ]


def test_after_friday_evening_monday_morning_comes_next() -> None:
    assert opening(berlin("Mon-Fri 08:00-18:00"), "2026-06-05 18:00") == (
        "2026-06-08 08:00:00+02:00",
        "2026-06-08 18:00:00+02:00",
    )


def test_while_a_window_is_open_it_is_the_next_one() -> None:
    assert opening(berlin("08:00-18:00"), "2026-06-01 12:00")[0] == "2026-06-01 08:00:00+02:00"


def test_a_window_across_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    night = berlin("Fri 22:00-06:00")
    assert night.active(at("2026-06-06 05:59"))
    assert not night.active(at("2026-06-05 05:59"))


def test_the_last_night_of_a_year_reaches_into_the_next() -> None:
    night = berlin("22:00-06:00")
    for time in ("2026-12-31 23:59", "2027-01-01 00:00", "2027-01-01 05:59"):
        assert opening(night, time)[1] == "2027-01-01 06:00:00+01:00"


def test_an_excepted_day_closes_the_night_that_starts_on_it_and_leaves_the_one_before() -> None:
    night = berlin("22:00-06:00", except_=(date(2026, 12, 24),))
    assert night.active(at("2026-12-24 05:59"))
    assert not night.active(at("2026-12-24 22:00"))
    assert not night.active(at("2026-12-25 05:59"))
    assert night.active(at("2026-12-25 22:00"))


def test_days_without_hours_are_whole_days() -> None:
    assert opening(berlin("Sat-Sun"), "2026-06-01 00:00") == ("2026-06-06 00:00:00+02:00", "2026-06-08 00:00:00+02:00")


def test_a_list_mixes_days_and_ranges_and_a_range_may_pass_sunday() -> None:
    open_days = berlin("Mon,Wed-Fri 09:00-12:00")
    assert [open_days.active(at(f"2026-06-0{day} 10:00")) for day in range(1, 8)] == [
        *(True, False, True, True, True),
        *(False, False),
    ]
    weekend = berlin("Fri-Mon")
    assert [weekend.active(at(f"2026-06-0{day} 10:00")) for day in range(1, 8)] == [
        *(True, False, False, False, True),
        *(True, True),
    ]


def test_twenty_four_hundred_is_midnight() -> None:
    assert opening(berlin("Sat,Sun 10:00-24:00"), "2026-06-05 12:00")[1] == "2026-06-07 00:00:00+02:00"


def test_overlapping_and_adjacent_windows_are_one() -> None:
    assert opening(berlin("08:00-12:00", "12:00-14:00", "13:00-18:00"), "2026-06-01 00:00") == (
        "2026-06-01 08:00:00+02:00",
        "2026-06-01 18:00:00+02:00",
    )


def test_holidays_of_a_country_and_of_one_of_its_parts_are_closed() -> None:
    epiphany, unity = "2026-01-06 12:00", "2026-10-03 12:00"
    assert [berlin("08:00-18:00", holidays="DE").active(at(day)) for day in (epiphany, unity)] == [True, False]
    assert [berlin("08:00-18:00", holidays="DE-BY").active(at(day)) for day in (epiphany, unity)] == [False, False]


def test_a_window_over_the_skipped_hour_is_an_hour_shorter_and_over_the_doubled_hour_an_hour_longer() -> None:
    night = berlin("01:00-04:00")
    start, end = night.next_open(at("2026-03-29 00:00"))
    assert end - start == 2 * 3600
    start, end = night.next_open(at("2026-10-25 00:00"))
    assert end - start == 4 * 3600


def test_an_edge_in_the_skipped_hour_is_the_jump() -> None:
    assert opening(berlin("02:30-04:00"), "2026-03-29 00:00")[0] == "2026-03-29 03:00:00+02:00"
    assert opening(berlin("01:00-02:30"), "2026-03-29 00:00")[1] == "2026-03-29 03:00:00+02:00"


def test_a_window_within_the_skipped_hour_does_not_open_that_day() -> None:
    assert opening(berlin("02:15-02:45"), "2026-03-29 00:00")[0] == "2026-03-30 02:15:00+02:00"


def test_a_window_within_the_doubled_hour_opens_once_the_first_time() -> None:
    window = berlin("02:15-02:45")
    assert opening(window, "2026-10-25 00:00") == ("2026-10-25 02:15:00+02:00", "2026-10-25 02:45:00+02:00")
    assert not window.active(at("2026-10-25 02:30", fold=1))


def test_a_day_that_was_left_out_has_no_window() -> None:
    office = Windows.parse("office", "Pacific/Apia", ["08:00-18:00"])
    start, _ = office.next_open(at("2011-12-29 18:00", "Pacific/Apia"))
    assert shown(start, "Pacific/Apia") == "2011-12-31 08:00:00+14:00"


def test_next_change_is_the_next_opening_or_closing() -> None:
    office = berlin("Mon-Fri 08:00-18:00")
    assert shown(office.next_change(at("2026-06-01 12:00"))) == "2026-06-01 18:00:00+02:00"
    assert shown(office.next_change(at("2026-06-01 18:00"))) == "2026-06-02 08:00:00+02:00"


def test_what_is_always_open_never_changes() -> None:
    always = berlin("Mon-Sun")
    assert always.active(at("2026-06-01 12:00"))
    assert always.next_change(at("2026-06-01 12:00")) == math.inf


def test_what_never_opens_again_is_not_searched_for_ever() -> None:
    sundays = tuple(date(2026, 1, 4) + timedelta(weeks=week) for week in range(500))
    never = berlin("Sun 10:00-12:00", except_=sundays)
    assert never.next_open(at("2026-06-01 12:00")) == (math.inf, math.inf)
    assert never.next_change(at("2026-06-01 12:00")) == math.inf
    assert not never.active(at("2026-06-07 11:00"))


def test_the_offset_is_that_of_summer_and_winter() -> None:
    office = berlin("08:00-18:00")
    assert (office.offset(at("2026-06-01 12:00")), office.offset(at("2026-12-01 12:00"))) == (7200, 3600)


@pytest.mark.parametrize(
    ("windows", "complaint"),
    [
        ([], "would never open"),
        ([""], "a window is written"),
        (["Mon Tue 08:00-09:00"], "a window is written"),
        (["Montag 08:00-09:00"], "no day of the week"),
        (["Mon- 08:00-09:00"], "no day of the week"),
        (["08:00"], "a time of day"),
        (["08:00-08:00"], "not empty"),
        (["24:00-08:00"], "not empty"),
        (["8-18:00"], "a time of day"),
        (["08:60-09:00"], "a time of day"),
        (["08:00-24:01"], "ends at 24:00"),
    ],
)
def test_a_wrong_window_is_refused_with_a_reason(windows: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Windows.parse("office", BERLIN, windows)


@pytest.mark.parametrize("place", ["XX", "DE-XX", ""])
def test_holidays_of_an_unknown_place_are_refused(place: str) -> None:
    with pytest.raises(ValueError, match="no holidays known"):
        berlin("08:00-18:00", holidays=place)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone 'Europe/Berln'"):
        Windows.parse("office", "Europe/Berln", ["08:00-18:00"])


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_walk_over_the_minutes_finds_the_same_open_time(zone: str, data: st.DataObject) -> None:
    start = data.draw(change_days(zone)) - 2 * DAY
    end = start + 5 * DAY
    drawn = data.draw(st.lists(WINDOWS, min_size=1, max_size=3))
    excepted = data.draw(st.sets(st.integers(-1, 6).map(lambda day: date_of(start + day * DAY)), max_size=2))
    windows = Windows.parse("drawn", zone, [text for text, *_ in drawn], except_=tuple(excepted))
    answers = oracle.open_minutes(inside(drawn, excepted), start, end, zone)
    found = []
    opens, closes = windows.next_open(start)
    while opens < end:
        found.append((max(opens, start), min(closes, end)))
        opens, closes = windows.next_open(closes)
    assert found == oracle.runs(answers, start)
