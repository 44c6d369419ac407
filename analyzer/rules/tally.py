"""How often was a rule's look met, under which keys? Bounded, whatever is written into a log."""

from dataclasses import dataclass, field

from analyzer.rules.load import MOST_DISTINCT
from analyzer.rules.rule import Rule

MOST_KEYS = 1000  # kept of one rule; then the half with the smaller counts goes
EVIDENCE = 3  # first lines kept beside the last one
CUT = 200  # characters of a line

Key = tuple[bytes, ...]
Line = tuple[int, str]


@dataclass(slots=True)
class Group:
    """The lines under one key."""

    count: int = 0
    first: list[Line] = field(default_factory=list)
    last: Line | None = None
    values: set[bytes] = field(default_factory=set)

    def reaches(self, rule: Rule) -> bool:
        """Is it a finding?"""
        return self.count >= rule.at_least and (rule.distinct is None or len(self.values) >= rule.distinct.at_least)

    def lines(self) -> list[Line]:
        """The evidence: the first few, and the last."""
        return [*self.first, *([self.last] if self.last else [])]


@dataclass(slots=True)
class Tally:
    """One rule's groups; `rest_*` is what had to be let go of, as far as it would have been a finding."""

    rule: Rule
    groups: dict[Key, Group] = field(default_factory=dict)
    rest_lines: int = 0
    rest_keys: int = 0
    rest_first: Line | None = None

    def add(self, key: Key, number: int, line: str, value: bytes | None, times: int) -> None:
        """Count a line, cut already, that stands for `times`; `value` is that of the distinct group."""
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= MOST_KEYS:
                self._let_go()
            group = self.groups[key] = Group()
        group.count += times
        if len(group.first) < EVIDENCE:
            group.first.append((number, line))
        else:
            group.last = (number, line)
        if value is not None and len(group.values) < MOST_DISTINCT:
            group.values.add(value)

    def count(self, key: Key) -> int:
        """Lines so far under a key."""
        group = self.groups.get(key)
        return group.count if group else 0

    def ranked(self) -> list[tuple[Key, Group]]:
        """The groups that are findings, by count."""
        reached = [(key, group) for key, group in self.groups.items() if group.reaches(self.rule)]
        return sorted(reached, key=lambda one: (-one[1].count, one[0]))

    def _let_go(self) -> None:
        by_count = sorted(self.groups.items(), key=lambda one: (-one[1].count, one[0]))
        self.groups = dict(by_count[: MOST_KEYS // 2])
        for _, group in by_count[MOST_KEYS // 2 :]:
            if group.reaches(self.rule):
                self.rest_lines += group.count
                self.rest_keys += 1
                self.rest_first = self.rest_first or group.first[0]
