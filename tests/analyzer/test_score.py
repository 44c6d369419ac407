"""The health score: what findings cost, and what they never do."""

import itertools
from collections.abc import Mapping

import pytest

from analyzer import score
from analyzer.finding import CATEGORIES, SEVERITIES, Severity

Counts = Mapping[tuple[Severity, str], int]


def test_a_host_without_findings_is_at_its_best() -> None:
    assert score.score({}) == 100
    assert score.score({("critical", "auth"): 0}) == 100


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({("critical", "auth"): 1}, 60),
        ({("critical", "auth"): 2}, 40),
        ({("critical", "auth"): 3}, 30),
        ({("critical", "auth"): 1, ("critical", "storage"): 1}, 20),
        ({("critical", "auth"): 2, ("critical", "storage"): 2}, 0),
        ({("warning", "auth"): 1}, 90),
        ({("warning", "auth"): 2}, 85),
        ({("warning", "auth"): 1, ("warning", "web"): 1}, 80),
        ({("info", "auth"): 1}, 99),
        ({("info", "auth"): 2}, 98),
        ({("critical", "auth"): 1, ("warning", "auth"): 1, ("info", "web"): 1}, 49),
    ],
)
def test_the_table_of_costs(counts: Counts, expected: int) -> None:
    assert score.score(counts) == expected


def test_a_hundred_of_one_kind_are_not_the_end() -> None:
    assert score.score({("critical", "auth"): 10**6}) == 20


def test_notes_alone_never_bring_a_host_below_95_and_warnings_never_below_50() -> None:
    notes: dict[tuple[Severity, str], int] = {("info", category): 10**6 for category in CATEGORIES}
    warnings: dict[tuple[Severity, str], int] = {("warning", category): 10**6 for category in CATEGORIES}
    assert score.score(notes) == 95
    assert score.score(notes | warnings) == 50


def test_the_score_stays_between_0_and_100_and_one_more_finding_never_raises_it() -> None:
    kinds = list(itertools.product(SEVERITIES, ("auth", "web")))
    for amounts in itertools.product((0, 1, 3), repeat=len(kinds)):
        counts = dict(zip(kinds, amounts, strict=True))
        points = score.score(counts)
        assert 0 <= points <= 100
        for kind in kinds:
            assert score.score(counts | {kind: counts[kind] + 1}) <= points
