"""Every rule finds its own example lines and leaves the others alone."""

import pytest

from analyzer.rules.load import load
from analyzer.rules.match import Matcher
from analyzer.rules.prefix import split
from analyzer.rules.review import Reviewer
from analyzer.rules.rule import Rule

RULES = load()
ALL = Matcher(tuple(dict.fromkeys(rule.look for rule in RULES)))
LOOKS = list(dict.fromkeys(rule.look for rule in RULES))


def named(rule: Rule) -> str:
    return rule.id


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_finds_its_examples_among_all_rules(rule: Rule) -> None:
    found = {hit.index for hit in ALL.hits(rule.match) if LOOKS[hit.look] == rule.look}
    assert [line for i, line in enumerate(rule.match) if i not in found] == []


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_leaves_alone_what_only_looks_alike(rule: Rule) -> None:
    found = {hit.index for hit in ALL.hits(rule.ignore) if LOOKS[hit.look] == rule.look}
    assert [line for i, line in enumerate(rule.ignore) if i in found] == []


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_every_pattern_of_a_rule_has_an_example(rule: Rule) -> None:
    messages = [split(line.encode())[1] for line in rule.match]
    unproven = [p.text for p in rule.look.patterns if not any(p.compiled.search(message) for message in messages)]
    assert unproven == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.distinct is None and rule.after is None], ids=named)
def test_enough_of_an_example_are_a_finding_worded_with_its_values(rule: Rule) -> None:
    reviewer = Reviewer(RULES, "web01", "auth")
    reviewer.add([rule.match[0]] * rule.at_least, 1)
    (found,) = [finding for finding in reviewer.findings([]) if finding.rule == rule.id]
    assert (found.severity, found.category, found.title) == (rule.severity, rule.category, rule.title)
    assert found.count == rule.at_least
    assert "{" not in found.text
    assert found.evidence[0].text == rule.match[0][:200]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.at_least > 1], ids=named)
def test_too_few_of_an_example_are_no_finding(rule: Rule) -> None:
    reviewer = Reviewer(RULES, "web01", "auth")
    reviewer.add([rule.match[0]] * (rule.at_least - 1), 1)
    assert [finding for finding in reviewer.findings([]) if finding.rule == rule.id] == []


def test_the_rules_are_many_and_of_all_subjects() -> None:
    assert len(RULES) >= 100
    assert len({rule.place.split(":")[0] for rule in RULES}) >= 15
