"""A mistake in a rule file stops the start and names file, line and key."""

from pathlib import Path

import pytest

from analyzer.rules.load import load
from toolkit.strict import ConfigError

RULE = r"""rules:
  - id: tea-cold
    title: The tea is cold
    severity: info
    category: other
    programs: [kettle]
    words: [tea is]
    patterns: ['^tea is (?P<state>cold|iced) in (?P<room>\S+)$']
    key: [room]
    text: '{count} times the tea was cold in {room}.'
    recommendation: Heat it.
    match: ['kettle: x', 'tea is cold in 4']
    ignore: ['tea is hot in 4', 'a tea is cold in 4']
"""


def folder(tmp_path: Path, text: str, name: str = "tea.yml") -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path


def test_a_folder_of_ones_own_adds_to_ours(tmp_path: Path) -> None:
    rules = load(folder(tmp_path, RULE))
    assert len(rules) == len(load()) + 1
    assert rules[-1].id == "tea-cold"
    assert rules[-1].place == f"{tmp_path}/tea.yml:2"


def test_rules_are_read_in_the_order_of_their_files(tmp_path: Path) -> None:
    folder(tmp_path, RULE.replace("tea-cold", "tea-warm"), "b.yml")
    folder(tmp_path, RULE, "a.yml")
    assert [rule.id for rule in load(own=tmp_path)] == ["tea-cold", "tea-warm"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("severity: info", "severty: info", r'tea.yml:4: rules\[0\].severty: unknown key; did you mean "severity"'),
        ("severity: info", "severity: warn", r'tea.yml:4: .*expected one of info, warning.*did you mean "warning"'),
        ("category: other", "category: tee", r"tea.yml:5: .*expected one of auth"),
        ("id: tea-cold", "id: Tea", r"tea.yml:2: .*id.*lower case"),
        ("The tea is cold", "The tea in {room}", r"tea.yml:3: .*title.*label"),
        ("(?P<state>", "(?P<state", r"tea.yml:8: .*patterns.*no valid regular expression"),
        ("(?P<state>cold|iced)", "(?=cold)", r"tea.yml:8: .*no valid regular expression"),
        ("'^tea", "'tea", r"tea.yml:8: .*must begin with \^"),
        ("[tea is]", "[te]", r"tea.yml:7: .*words of at least 3"),
        ("[tea is]", "[thé]", r"tea.yml:7: .*ASCII"),
        ("key: [room]", "key: [rom]", r"tea.yml:9: .*no group 'rom'"),
        ("{room}.", "{state}.", r"tea.yml:10: .*\{state\} is neither"),
        ("{room}.", "{room.", r"tea.yml:10: .*text"),
        ("['kettle: x', 'tea is cold in 4']", "['tea is cold in 4']", r"tea.yml:12: .*at least 2 example lines"),
        ("    key:", "    like: coffee\n    key:", r"tea.yml:9: .*no rule 'coffee' stands before"),
        ("    key:", "    after: {rule: coffee, at_least: 2}\n    key:", r"tea.yml:9: .*no rule 'coffee'"),
        ("    key:", "    count: {at_lest: 2}\n    key:", r'tea.yml:9: .*did you mean "at_least"'),
        ("    key:", "    distinct: {of: cup, at_least: 2}\n    key:", r"no group 'cup'"),
        ("rules:", "rule:", r'tea.yml:1: rule: unknown key; did you mean "rules"'),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in RULE
    with pytest.raises(ConfigError, match=told):
        load(own=folder(tmp_path, RULE.replace(old, new, 1)))


def test_a_rule_there_twice_is_refused_and_both_places_are_named(tmp_path: Path) -> None:
    folder(tmp_path, RULE)
    with pytest.raises(ConfigError, match=r"z.yml:2: .*tea-cold is a rule in .*tea.yml:2 already"):
        load(own=folder(tmp_path, RULE, "z.yml"))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder of rules"):
        load(tmp_path / "nowhere")
