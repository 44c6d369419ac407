"""Percentiles, medians with their spread, tables."""

import math

import pytest

from bench.figures import Goal, count, milliseconds, percentile, ratio, spread, table


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1), (0.991, 100)])
def test_a_percentile_is_the_smallest_value_that_enough_values_do_not_exceed(share: float, wanted: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == wanted


def test_a_percentile_of_one_value_is_that_value_and_of_none_not_a_number() -> None:
    assert percentile([3.0], 0.99) == 3.0
    assert math.isnan(percentile([], 0.99))


def test_a_spread_shows_the_median_between_the_least_and_the_most() -> None:
    assert spread([3000, 1000, 2000], count) == "2,000 (1,000–3,000)"
    assert spread([0.0125], milliseconds) == "12.5 ms (12.5 ms–12.5 ms)"
    assert spread([], ratio) == "–"


def test_a_table_aligns_the_first_column_left_and_the_others_right() -> None:
    assert (
        table(["who", "rate"], [["heartline", "9"], ["x", "10"]]) == "who        rate\nheartline     9\nx            10"
    )


def test_a_goal_says_whether_it_was_reached() -> None:
    assert str(Goal("> 1", "2", True)) == "reached      > 1: 2"
    assert str(Goal("> 1", "0", False)) == "NOT reached  > 1: 0"
