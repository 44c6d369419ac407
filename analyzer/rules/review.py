"""The deterministic reviewer: the same lines give the same findings, whatever the lines say."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from analyzer.excerpt.template import Template
from analyzer.finding import Finding
from analyzer.rules import shapes, word
from analyzer.rules.match import Hit, Matcher
from analyzer.rules.rule import Look, Rule
from analyzer.rules.tally import KEY_CUT, Tally


class Reviewer:
    """Reviews one source of one host in one run."""

    def __init__(self, rules: Sequence[Rule], host: str, source: str) -> None:
        self._host, self._source = host, source
        self._tallies = {rule.id: Tally(rule) for rule in rules}
        by_look: dict[Look, list[Rule]] = {}
        for rule in rules:
            by_look.setdefault(rule.look, []).append(rule)
        self._rules = tuple(by_look.values())  # by the number of their look
        self._matcher = Matcher(tuple(by_look))
        self._met = array("Q")  # numbers of the lines that rules know, ascending

    def add(self, lines: Sequence[str], number: int) -> None:
        """Review redacted lines; `number` is that of the first one. Chunks come in order."""
        for hit in self._matcher.hits(lines):
            met = number + hit.index
            if not self._met or self._met[-1] != met:
                self._met.append(met)
            for rule in self._rules[hit.look]:
                self._count(rule, hit, met, lines[hit.index])

    def findings(self, templates: Sequence[Template]) -> list[Finding]:
        """What was found so far, in the order of the rules; `templates` tell what no rule does."""
        found = [f for tally in self._tallies.values() for f in word.findings(tally, self._host, self._source)]
        return found + shapes.findings(self._host, self._source, templates, self._knows)

    def _count(self, rule: Rule, hit: Hit, number: int, line: str) -> None:
        key = tuple([hit.value(name)[:KEY_CUT] for name in rule.key])
        if rule.after and self._tallies[rule.after.rule].count(key) < rule.after.at_least:
            return
        self._tallies[rule.id].add(key, number, line, hit.value(rule.distinct.of) if rule.distinct else None)

    def _knows(self, number: int) -> bool:
        place = bisect_left(self._met, number)
        return place < len(self._met) and self._met[place] == number
