"""What happened between two readings of the clocks."""

import time
from dataclasses import replace

import pytest

from exporter.clock import Change, Reading, SystemClock, between

BEFORE = Reading(wall=1000.0, up=50.0, boot="a")


def after(wall: float, up: float, boot: str = "a") -> Reading:
    return Reading(BEFORE.wall + wall, BEFORE.up + up, boot)


def test_a_second_that_passes_is_nothing() -> None:
    assert between(BEFORE, after(1, 1)) == []


@pytest.mark.parametrize("away", [0.9, -0.9])
def test_slewing_of_less_than_a_second_is_followed(away: float) -> None:
    assert between(BEFORE, after(1 + away, 1)) == []


@pytest.mark.parametrize("away", [1, -1, 3600, -18_000])
def test_a_wall_clock_that_moved_by_itself_was_set(away: float) -> None:
    assert between(BEFORE, after(2 + away, 2)) == [Change("step", 1002, 1002 + away)]


def test_five_seconds_between_two_looks_are_still_a_busy_loop() -> None:
    assert between(BEFORE, after(5, 5)) == []


def test_a_loop_that_did_not_run_for_longer_did_not_listen() -> None:
    assert between(BEFORE, after(5.1, 5.1)) == [Change("down", 1000, 1005.1)]


def test_downtime_comes_before_the_step_that_happened_in_it() -> None:
    assert between(BEFORE, after(3600 + 7200, 3600)) == [Change("down", 1000, 4600), Change("step", 4600, 11_800)]


def test_between_two_boots_only_the_wall_clock_tells() -> None:
    now = replace(after(600, 0, "b"), up=3.0)
    assert between(BEFORE, now, stall=0) == [Change("down", 1000, 1600)]


def test_a_wall_clock_that_went_back_over_a_boot_is_a_step() -> None:
    assert between(BEFORE, Reading(400, 3, "b"), stall=0) == [Change("step", 1000, 400)]


def test_the_machine_s_clocks_tell_the_time_and_the_boot() -> None:
    clock = SystemClock()
    one, two = clock.read(), clock.read()
    assert abs(one.wall - time.time()) < 60
    assert one.boot == two.boot != ""
    assert one.up <= two.up <= clock.up()
