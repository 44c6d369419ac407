"""Read rule files: YAML that people edit, each rule with the lines that prove it.

A rule looks at a message without its log prefix. One of its `words` must stand there (they find the few lines worth a
closer look), one of its `patterns` (RE2) must match and none of `not`; `programs` are those it believes, and then
patterns begin with ^. `{source}` in a pattern stands for an address. `like` takes all this from an earlier rule. Named
groups can be the `key`, by which one finding is told from another; `count`, `distinct` and `after` say how many lines,
how many different values, and how many lines of another rule before, make a finding. `match` and `ignore` hold lines
that it must find and must leave alone: they are its tests.
"""

import re
import string
from collections.abc import Iterable
from pathlib import Path

from analyzer.finding import CATEGORIES, SEVERITIES
from analyzer.rules.rule import After, Distinct, Look, Pattern, Rule, pattern
from toolkit.strict import ConfigError, Section, read

OWN = Path(__file__).parent
ID = re.compile(r"[a-z][a-z0-9-]{2,49}")
TITLE = 80  # characters: it is a label
SHORTEST = 3  # characters of a word; shorter ones would stand in every line
EXAMPLES = 2
MOST_DISTINCT = 64  # values remembered under one key
OPEN = {"count", "distinct", "values"}  # what a text may hold beside the key


def load(*more: Path, own: Path = OWN) -> tuple[Rule, ...]:
    """All rules of our own folder and of more folders, by file and place; ConfigError names file, line and key."""
    rules: dict[str, Rule] = {}
    for file in _files((own, *more)):
        top = read(file)
        sections = top.sections("rules")
        top.end()
        for section in sections:
            rule = _rule(section, rules)
            if rule.id in rules:
                raise section.error("id", f"{rule.id} is a rule in {rules[rule.id].place} already")
            rules[rule.id] = rule
    return tuple(rules.values())


def _files(folders: Iterable[Path]) -> list[Path]:
    files = []
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no folder of rules")
        files += sorted(folder.glob("*.yml"))
    return files


def _rule(section: Section, earlier: dict[str, Rule]) -> Rule:
    count, distinct, after = section.section("count"), section.section("distinct"), section.section("after")
    look = _look(section, earlier)
    rule = Rule(
        id=_shaped(section, "id", ID, "lower case letters, digits and -, 3 to 50 of them"),
        title=_title(section),
        severity=SEVERITIES[SEVERITIES.index(section.choice("severity", SEVERITIES))],
        category=section.choice("category", CATEGORIES),
        look=look,
        key=tuple(section.texts("key")),
        at_least=_at_least(count) if count else 1,
        distinct=_distinct(distinct) if distinct else None,
        after=_after(after, earlier) if after else None,
        text=section.text("text"),
        recommendation=section.text("recommendation"),
        match=tuple(section.texts("match")),
        ignore=tuple(section.texts("ignore")),
        place=f"{section.name}:{section.line}",
    )
    section.end()
    _check(section, rule, earlier)
    return rule


def _look(section: Section, earlier: dict[str, Rule]) -> Look:
    like = section.text("like", None)
    if like is not None:
        if like not in earlier:
            raise section.error("like", f"no rule {like!r} stands before this one")
        return earlier[like].look
    words = tuple(section.texts("words"))
    if not words or not all(len(word) >= SHORTEST and word.isascii() and word.isprintable() for word in words):
        wanted = f"expected words of at least {SHORTEST} printable ASCII characters, one of them in every line"
        raise section.error("words", wanted)
    look = Look(
        words=words,
        programs=frozenset(name.lower().encode() for name in section.texts("programs")),
        patterns=_patterns(section, "patterns"),
        excluded=_patterns(section, "not"),
    )
    if not look.patterns:
        raise section.error("patterns", "missing; expected a list of regular expressions")
    for one in look.patterns:
        # Else a message could hold, after some words of a stranger's, what looks like another message.
        if look.programs and not one.text.startswith("^"):
            raise section.error("patterns", f"{one.text!r} must begin with ^, as the rule names programs")
    return look


def _patterns(section: Section, key: str) -> tuple[Pattern, ...]:
    texts = section.texts(key)
    try:
        return tuple(pattern(text) for text in texts)
    except ConfigError as e:
        raise section.error(key, str(e)) from e


def _at_least(section: Section) -> int:
    least = section.integer("at_least", low=1)
    section.end()
    return least


def _distinct(section: Section) -> Distinct:
    distinct = Distinct(section.text("of"), section.integer("at_least", low=1, high=MOST_DISTINCT))
    section.end()
    return distinct


def _after(section: Section, earlier: dict[str, Rule]) -> After:
    after = After(section.text("rule"), section.integer("at_least", low=1))
    if after.rule not in earlier:
        raise section.error("rule", f"no rule {after.rule!r} stands before this one")
    section.end()
    return after


def _title(section: Section) -> str:
    title = section.text("title")
    if not 3 <= len(title) <= TITLE or not title.isprintable() or "{" in title:
        raise section.error("title", f"expected 3 to {TITLE} characters without values: it becomes a label")
    return title


def _shaped(section: Section, key: str, shape: re.Pattern[str], wanted: str) -> str:
    text = section.text(key)
    if not shape.fullmatch(text):
        raise section.error(key, f"{text!r}: expected {wanted}")
    return text


def _check(section: Section, rule: Rule, earlier: dict[str, Rule]) -> None:
    """What must fit together within a rule."""
    for name in (*rule.key, *([rule.distinct.of] if rule.distinct else [])):
        for one in rule.look.patterns:
            if name not in one.groups:
                raise section.error("key", f"{one.text!r} has no group {name!r}")
    if rule.after and earlier[rule.after.rule].key != rule.key:
        raise section.error("after", f"{rule.after.rule} has another key")
    _check_text(section, rule)
    for key, examples in (("match", rule.match), ("ignore", rule.ignore)):
        if len(examples) < EXAMPLES:
            raise section.error(key, f"expected at least {EXAMPLES} example lines: they are the rule's tests")


def _check_text(section: Section, rule: Rule) -> None:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(rule.text) if name is not None}
    except ValueError as e:
        raise section.error("text", str(e)) from e
    if strange := names - OPEN - set(rule.key):
        raise section.error("text", f"{{{min(strange)}}} is neither of the key nor one of {', '.join(sorted(OPEN))}")
