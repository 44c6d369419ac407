"""A metric family as a light value, and its text: the 0.0.4 format and OpenMetrics 1.0.0."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, isnan
from typing import Literal, NamedTuple

Type = Literal["counter", "gauge", "untyped", "histogram", "summary"]
Labels = tuple[tuple[str, str], ...]

EOF = b"# EOF\n"
"""What an OpenMetrics exposition ends with; `render` leaves it to whoever joins the parts."""


class Sample(NamedTuple):
    """One line: `suffix` is what follows the family's name (`_bucket`, `_sum`, `_count`), else empty."""

    labels: Labels
    value: float
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """All lines of one name; the name of a counter carries its `_total`."""

    name: str
    type: Type
    help: str
    samples: Sequence[Sample]


def single(name: str, type: Type, help: str, value: float) -> Family:
    """A family of one sample without labels."""
    return Family(name, type, help, (Sample((), value),))


def by(name: str, type: Type, help: str, label: str, values: Mapping[str, float]) -> Family:
    """A family with one label; its values are the mapping's keys."""
    return Family(name, type, help, [Sample(((label, key),), value) for key, value in values.items()])


def table(
    name: str, type: Type, help: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], float]]
) -> Family:
    """A family with several labels, one row of label values for each sample."""
    samples = [Sample(tuple(zip(labels, values, strict=True)), value) for values, value in rows]
    return Family(name, type, help, samples)


def render(families: Iterable[Family], openmetrics: bool) -> bytes:
    """The families' text in UTF-8, each line ended; empty families are left out."""
    lines: list[str] = []
    for family in families:
        if family.samples:
            _openmetrics(family, lines) if openmetrics else _text(family, lines)
    return "".join(lines).encode()


def _text(family: Family, lines: list[str]) -> None:
    name = family.name
    lines.append(f"# HELP {name} {_help(family.help)}\n# TYPE {name} {family.type}\n")
    for labels, value, suffix in family.samples:
        lines.append(f"{name}{suffix}{_braces(labels)} {_number(value)}\n")


def _openmetrics(family: Family, lines: list[str]) -> None:
    """OpenMetrics names a counter's family without `_total`, its samples always with it."""
    name, type, total = family.name, family.type, ""
    if type == "counter":
        name, total = name.removesuffix("_total"), "_total"
    type_word = "unknown" if type == "untyped" else type
    lines.append(f"# HELP {name} {escape(family.help)}\n# TYPE {name} {type_word}\n")
    for labels, value, suffix in family.samples:
        lines.append(f"{name}{total}{suffix}{_braces(labels)} {_number(value)}\n")


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def escape(text: str) -> str:
    """A label's value as it stands between its quotes, in both formats and in PromQL."""
    return _help(text).replace('"', '\\"')


# The same few thousand label sets come back with every scrape.
@lru_cache(maxsize=20_000)
def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in labels) + "}" if labels else ""


def _number(value: float) -> str:
    """Prometheus's words for what Python calls inf, -inf and nan; whole numbers without a fraction, truth as 1."""
    if isfinite(value):
        return repr(+value)
    if isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
