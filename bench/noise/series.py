"""A series as promtool reads it: texts of values, equal ones in a row written once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

GONE, ENDED = "_", "stale"


class Series(NamedTuple):
    """`values` has one text for each step: a number, GONE where there is no sample, ENDED where a scrape failed."""

    name: str
    labels: Mapping[str, str]
    values: list[str]


def constant(name: str, labels: Mapping[str, str], value: str, steps: int) -> Series:
    return Series(name, labels, [value] * steps)


def number(value: float) -> str:
    return f"{value:.5g}"


def hide(values: list[str], heard: Sequence[str]) -> list[str]:
    """What is left of the values of a target; `heard` has "1", "0" for a failed scrape, GONE while nobody scraped."""
    position, before = 0, "1"
    for state, run in groupby(heard):
        end = position + len(list(run))
        if state == GONE:
            values[position:end] = [GONE] * (end - position)
        elif state == "0":
            first = ENDED if before == "1" else GONE
            values[position:end] = [first, *[GONE] * (end - position - 1)]
        before = state if state != GONE else before
        position = end
    return values


def line(series: Series) -> str:
    """An entry of `input_series`."""
    labels = ",".join(f'{key}="{value}"' for key, value in series.labels.items())
    return f"      - {{series: '{series.name}{{{labels}}}', values: '{' '.join(_runs(series.values))}'}}\n"


def _runs(values: Sequence[str]) -> Iterator[str]:
    for text, run in groupby(values):
        count = len(list(run))
        if text in (ENDED, "Inf", "NaN") or count == 1:  # of these promtool knows no repetition
            yield from [text] * count
        else:
            yield f"_x{count}" if text == GONE else f"{text}x{count - 1}"
