"""Prometheus's rule files, each rule with its lines."""

from collections.abc import Iterator
from dataclasses import dataclass

from stack.lint.source import Source, child, mappings, pairs, text
from toolkit.yamltree import Entries, Scalar

KEYS = frozenset({"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"})


@dataclass(frozen=True)
class Rule:
    """One rule; `alert` or `record` is empty. Labels and annotations by name, with their lines."""

    source: Source
    line: int
    alert: str
    record: str
    expr: Scalar
    wait: Scalar | None
    labels: dict[str, tuple[int, Scalar]]
    annotations: dict[str, tuple[int, Scalar]]
    unknown: dict[str, int]
    """Keys that no rule has, with their lines."""


@dataclass(frozen=True)
class Group:
    name: str
    line: int
    rules: tuple[Rule, ...]


def groups(source: Source) -> Iterator[Group]:
    """All groups of a file; what is no rule is left out, as promtool tells it."""
    for group in mappings(source.root, "groups"):
        name = text(group, "name")
        rules = tuple(rule for entry in mappings(group, "rules") if (rule := _rule(source, entry)))
        yield Group(name.text if name else "", group.line, rules)


def _rule(source: Source, entry: Entries) -> Rule | None:
    alert, record, expr = text(entry, "alert"), text(entry, "record"), text(entry, "expr")
    if expr is None or (alert is None) == (record is None):
        return None
    return Rule(
        source,
        (alert or record or expr).line,
        alert.text if alert else "",
        record.text if record else "",
        expr,
        text(entry, "for"),
        _named(entry, "labels"),
        _named(entry, "annotations"),
        {key: line for key, (line, _) in entry.entries.items() if key not in KEYS},
    )


def _named(entry: Entries, key: str) -> dict[str, tuple[int, Scalar]]:
    return {name: (line, value) for name, line, value in pairs(entry, key)} if child(entry, key) else {}
