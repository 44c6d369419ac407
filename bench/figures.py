"""Numbers as a person compares them: percentiles, medians with their spread, goals; pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Format = Callable[[float], str]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed; NaN without values."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def spread(values: Sequence[float], form: Format) -> str:
    """`median (least–most)`; a dash without values."""
    if not values:
        return "–"
    return f"{form(median(values))} ({form(min(values))}–{form(max(values))})"


def count(value: float) -> str:
    return f"{value:,.0f}"


def ratio(value: float) -> str:
    return f"{value:.2f}"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


@dataclass(frozen=True)
class Goal:
    """What was to be reached; `found` is the figure in words."""

    wanted: str
    found: str
    reached: bool

    def __str__(self) -> str:
        return f"{'reached    ' if self.reached else 'NOT reached'}  {self.wanted}: {self.found}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns wide enough for what they hold; the first is left-aligned, the others right-aligned."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not n else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [head, *rows]
    )


def conclude(goals: Sequence[Goal]) -> None:
    """Print the verdicts."""
    print("\nGoals")
    for goal in goals:
        print(f"  {goal}")
