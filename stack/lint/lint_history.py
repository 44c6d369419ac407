"""Does Prometheus keep as much history as rules look back?"""

import re
from collections.abc import Iterator
from pathlib import Path

from stack.lint.promql import Aggregation, Binary, Call, Literal, Node, Past, Selector
from stack.lint.rules import Rule
from stack.lint.series import parsed_of
from toolkit.durations import format_duration, parse_duration
from toolkit.yamltree import ConfigError

DAY = 86_400.0
USUAL = 15 * DAY  # what Prometheus keeps when nobody says otherwise
# Data is dropped in blocks, and only whole ones: a little more than is looked back must be kept.
MORE = 2 * DAY
FLAG = re.compile(r"--storage\.tsdb\.retention\.time[= \"',-]+([0-9a-z]+)")
STARTS = re.compile(r"prometheus\b.*--|--config\.file")


def longest(rules: list[Rule]) -> tuple[float, Rule] | None:
    """The most that a rule looks back, in seconds, and that rule."""
    found = [(looks_back(node), rule) for rule in rules if (node := parsed_of(rule.expr.text))]
    return max(found, key=lambda pair: pair[0], default=None)


def looks_back(node: Node) -> float:
    """Seconds."""
    match node:
        case Past():
            return node.seconds + looks_back(node.inner)
        case Call() | Aggregation():
            return max((looks_back(one) for one in node.arguments), default=0.0)
        case Binary():
            return max(looks_back(node.left), looks_back(node.right))
        case Selector() | Literal():
            return 0.0


def kept(file: Path) -> tuple[int, float] | None:
    """Line and seconds of what a unit, compose file or list of arguments tells Prometheus to keep; None: not one."""
    starts = None
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        told = FLAG.search(line)
        if told is not None and not line.lstrip().startswith("#"):
            try:
                return number, parse_duration(told[1])
            except ConfigError:
                return None
        if starts is None and STARTS.search(line):
            starts = number
    return None if starts is None else (starts, USUAL)


def too_short(seconds: float, rules: list[Rule], root: Path) -> Iterator[str]:
    """The hint that this is too short for a rule."""
    most = longest(rules)
    if most is None or most[0] < USUAL - MORE:
        return
    needed = -(-(most[0] + MORE) // DAY) * DAY
    if seconds < needed:
        rule = most[1]
        file = rule.source.path
        place = f"{file.relative_to(root) if file.is_relative_to(root) else file}:{rule.line}"
        what = f"Prometheus keeps {format_duration(seconds)}, and {place} looks back {format_duration(most[0])}"
        yield f"{what} (--storage.tsdb.retention.time={format_duration(needed)})"
