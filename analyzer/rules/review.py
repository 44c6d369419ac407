"""The deterministic reviewer: the same lines give the same findings, whatever the lines say."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from analyzer.excerpt.template import Template
from analyzer.finding import Finding
from analyzer.rules import shapes, word
from analyzer.rules.match import Hit, matcher
from analyzer.rules.rule import Look, Rule
from analyzer.rules.tally import CUT, Tally


class Reviewer:
    """Reviews one source of one host in one run."""

    def __init__(self, rules: Sequence[Rule], host: str, source: str) -> None:
        self._host, self._source = host, source
        self._tallies = {rule.id: Tally(rule) for rule in rules}
        by_look: dict[Look, list[Tally]] = {}
        for tally in self._tallies.values():
            by_look.setdefault(tally.rule.look, []).append(tally)
        self._tallies_of = tuple(by_look.values())  # by the number of their look
        self._matcher = matcher(tuple(by_look))
        self._met = array("Q")  # numbers of the lines that rules know, ascending

    def add(self, lines: Sequence[str], number: int) -> None:
        """Review redacted lines; `number` is that of the first one. Chunks come in order."""
        last = 0
        for hit in self._matcher.hits(lines):
            met = number + hit.index
            if met != last:
                self._met.append(met)
                last = met
            line = lines[hit.index][:CUT]
            for tally in self._tallies_of[hit.look]:
                self._count(tally, hit, met, line)

    def findings(self, templates: Sequence[Template]) -> list[Finding]:
        """What was found so far, in the order of the rules; `templates` tell what no rule does."""
        found = [f for tally in self._tallies.values() for f in word.findings(tally, self._host, self._source)]
        return found + shapes.findings(self._host, self._source, templates, self._knows)

    def _count(self, tally: Tally, hit: Hit, number: int, line: str) -> None:
        rule, values = tally.rule, hit.values
        key = tuple([values[name] for name in rule.key])
        if rule.after and self._tallies[rule.after.rule].count(key) < rule.after.at_least:
            return
        tally.add(key, number, line, values[rule.distinct.of] if rule.distinct else None, hit.times)

    def _knows(self, number: int) -> bool:
        place = bisect_left(self._met, number)
        return place < len(self._met) and self._met[place] == number
