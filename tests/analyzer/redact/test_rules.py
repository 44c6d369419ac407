"""Each rule finds what its file says that it finds, and leaves alone the rest."""

from pathlib import Path

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


def test_a_second_look_changes_nothing() -> None:
    redactor = Redactor(RULES, KEY)
    once = redactor.lines([line for _, line, _ in MATCHES], Carry())
    assert redactor.lines(once, Carry()) == once


def test_rules_are_applied_in_their_order() -> None:
    line = "login with ghp_0123456789abcdefghijABCDEFGHIJ012345 failed"  # which looks drawn by lot as well
    assert "<SECRET:github-token:" in Redactor(RULES, KEY).lines([line], Carry())[0]


def test_a_persons_rule_goes_before_what_only_looks_drawn_by_lot(tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text(
        "rules: [{id: ours, keywords: [ours], pattern: 'ours-[A-Za-z0-9]{24}', "
        "match: {'ours-aB3dE6gH9jK2mN5pQ8sT1vW4': 'aB3dE6gH9jK2mN5pQ8sT1vW4'}}]"
    )
    clean = Redactor(load((own,)), KEY).lines(["key ours-aB3dE6gH9jK2mN5pQ8sT1vW4"], Carry())
    assert "<SECRET:ours:" in clean[0]
