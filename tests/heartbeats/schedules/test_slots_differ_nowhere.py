"""Slots of cron and OnCalendar against a walk over the minutes, and against cronsim and oncalendar themselves."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st
from oncalendar import OnCalendar as TheirOnCalendar

from exporter.heartbeats.schedules import Cron, OnCalendar, Rule
from tests.heartbeats.schedules import oracle
from tests.heartbeats.schedules.drawn import DAY, FIRST, LAST, Expression, change_days, crons, oncalendars
from tests.heartbeats.schedules.times import ZONES

bounded = settings(max_examples=20, deadline=None, derandomize=True)


def iterated(rule: Rule, start: float, end: float) -> list[float]:
    """Our slots in [start, end)."""
    found = []
    slot = rule.next(start - 1)
    while slot < end:
        found.append(slot)
        slot = rule.next(slot)
    return found


def walked(expression: Expression, start: float, end: float, zone: str) -> list[float]:
    return oracle.slots(expression.matches, start, end, zone, repeats=expression.repeats)


@pytest.mark.parametrize("zone", ZONES)
@bounded
@given(data=st.data(), expression=crons())
def test_cron_finds_the_slots_that_a_walk_over_the_minutes_finds(
    zone: str, data: st.DataObject, expression: Expression
) -> None:
    start = data.draw(change_days(zone)) - DAY
    end = start + 3 * DAY
    assert iterated(Cron(expression.text, zone), start, end) == walked(expression, start, end, zone)


@pytest.mark.parametrize("zone", ZONES)
@bounded
@given(data=st.data(), expression=oncalendars())
def test_oncalendar_finds_the_slots_that_a_walk_over_the_minutes_finds(
    zone: str, data: st.DataObject, expression: Expression
) -> None:
    start = data.draw(change_days(zone)) - DAY
    end = start + 3 * DAY
    assert iterated(OnCalendar(expression.text, zone), start, end) == walked(expression, start, end, zone)


@pytest.mark.parametrize("zone", ZONES)
@bounded
@given(data=st.data(), expression=crons())
def test_from_any_second_the_next_slot_is_the_first_one_after_it(
    zone: str, data: st.DataObject, expression: Expression
) -> None:
    start = data.draw(change_days(zone)) - DAY
    after = start + data.draw(st.floats(0, 2 * DAY))
    expected = [slot for slot in walked(expression, start, start + 3 * DAY, zone) if slot > after]
    found = Cron(expression.text, zone).next(after)
    assert found == expected[0] if expected else found >= start + 3 * DAY


# Fixed times are the same in cronsim; what runs all day long loses slots there when Lord Howe changes by half an hour.
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "expression", ["30 2 * * *", "15 1,2,3 * * *", "0 0 1 * *", "45 23 * * 0", "5 0 13 * 5", "59 1 * * *"]
)
def test_cronsim_itself_has_the_same_two_years_of_fixed_times(expression: str, zone: str) -> None:
    theirs = []
    for slot in CronSim(expression, datetime.fromtimestamp(FIRST - 1, ZoneInfo(zone))):
        if slot.timestamp() >= LAST:
            break
        theirs.append(slot.timestamp())
    assert iterated(Cron(expression, zone), FIRST, LAST) == sorted(set(theirs))


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone != "Australia/Lord_Howe"])
@pytest.mark.parametrize("expression", ["17 */3 * * *", "*/20 1-4 * * 0", "* 3 28-31 3,10 *"])
def test_cronsim_itself_has_the_same_two_years_of_what_runs_all_day_long(expression: str, zone: str) -> None:
    theirs = []
    for slot in CronSim(expression, datetime.fromtimestamp(FIRST - 1, ZoneInfo(zone))):
        if slot.timestamp() >= LAST:
            break
        theirs.append(slot.timestamp())
    assert iterated(Cron(expression, zone), FIRST, LAST) == theirs


# oncalendar leaves skipped times out, where ours are due at the jump; nothing else may differ.
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "expression", ["*-*-* 02:30", "Sun *-*-* 01..03:15,45", "*-*~1 02:00", "Mon..Fri 09:00", "*-3,10-* 02:10:30"]
)
def test_oncalendar_itself_has_the_same_two_years_but_for_the_jumps(expression: str, zone: str) -> None:
    clock = ZoneInfo(zone)
    theirs = set()
    for slot in TheirOnCalendar(expression, datetime.fromtimestamp(FIRST - 1, clock)):
        if slot.timestamp() >= LAST:
            break
        theirs.add(slot.timestamp())
    ours = set(iterated(OnCalendar(expression, zone), FIRST, LAST))
    assert theirs <= ours
    for extra in ours - theirs:
        before, after = (datetime.fromtimestamp(second, clock).replace(tzinfo=None) for second in (extra - 1, extra))
        assert (after - before).total_seconds() > 1


def test_oncalendar_itself_has_the_same_two_years_where_clocks_never_change() -> None:
    for expression in ("*:0/20", "Sat 0/6:30", "hourly", "*-*-* 23:59:59"):
        theirs = TheirOnCalendar(expression, datetime.fromtimestamp(FIRST - 1, ZoneInfo("Asia/Kolkata")))
        for slot in iterated(OnCalendar(expression, "Asia/Kolkata"), FIRST, FIRST + 30 * DAY):
            assert next(theirs).timestamp() == slot
