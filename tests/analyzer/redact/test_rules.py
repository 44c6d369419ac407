"""Each rule finds what its file says that it finds, and leaves alone the rest."""

import pytest

from analyzer.redact.load import load
from analyzer.redact.redactor import Carry, Redactor
from analyzer.redact.rule import Rule

RULES = load(())
KEY = b"0123456789abcdef0123456789abcdef"
MATCHES = [(rule, line, secret) for rule in RULES for line, secret in rule.match.items()]
IGNORED = [(rule, line) for rule in RULES for line in rule.ignore]


def named(value: object) -> str:
    return value.id if isinstance(value, Rule) else ""


@pytest.mark.parametrize(("rule", "line", "secret"), MATCHES, ids=named)
def test_a_rule_masks_its_secret_and_all_rules_together_do(rule: Rule, line: str, secret: str) -> None:
    assert secret in line
    for rules in ([rule], RULES):
        clean = Redactor(rules, KEY).lines([line], Carry())[0]
        assert secret not in clean, rule.id
        assert f"<{rule.mark}:" in clean or rules is RULES


@pytest.mark.parametrize(("rule", "line"), IGNORED, ids=named)
def test_a_rule_leaves_alone_what_is_no_secret(rule: Rule, line: str) -> None:
    assert Redactor([rule], KEY).lines([line], Carry()) == [line], rule.id
