"""Elapsed time, with neither windows nor downtime."""

import math

import pytest

from exporter.heartbeats.schedules import Every


def test_the_next_receipt_is_expected_one_period_after_the_last() -> None:
    assert Every(300).next(1000) == 1300


def test_the_interval_is_the_period() -> None:
    assert Every(300).interval(1000) == 300


def test_it_is_not_a_calendar_rule() -> None:
    assert not Every.calendar


@pytest.mark.parametrize("period", [0, -1, math.inf, math.nan])
def test_a_period_that_is_not_positive_and_finite_is_refused(period: float) -> None:
    with pytest.raises(ValueError, match="longer than 0 seconds"):
        Every(period)
