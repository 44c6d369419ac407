"""Read rule files of secrets: YAML that people extend, each rule with the lines that prove it.

rules:
  - id: example-key                 # stands in the mask and in a label
    keywords: [exk_]                # one of them must stand in the line, in whatever case; for what has no word
                                    # `hint`, a quick pattern on the line in small letters
    pattern: '\\bexk_(?P<secret>[a-z0-9]{32})\\b'      # RE2; `secret`, `secret2`, ..., or all of it, is masked
    allow: '^0+$'                   # optional: what is found is no secret after all
    check: luhn                     # optional: luhn, iban, random, strange or mixed (checks.py)
    mark: PRIVATE                   # optional: SECRET, USER or PRIVATE
    match: {'key exk_0123...': '0123...'}              # line -> what has to vanish
    ignore: ['exk_ is how keys begin']
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from analyzer.redact.checks import CHECKS
from analyzer.redact.rule import Mark, Rule, pattern
from toolkit.strict import ConfigError, Section, read

HERE = Path(__file__).parent
# In this order: what names itself first; what only looks like a secret after people's own rules, which name it better.
OWN = tuple(
    HERE / f"{name}.yml" for name in ("named", "spoken", "commands", "devices", "web", "formats", "vendors", "personal")
)
LAST = (HERE / "drawn.yml",)
ID = re.compile("[a-z][a-z0-9-]{0,39}")
MARKS = ("SECRET", "USER", "PRIVATE")
VERSION = "1"  # of how rules are applied: answers of models are remembered by it


def load(files: Iterable[Path]) -> tuple[Rule, ...]:
    """Our own rules and those of the files; ConfigError names file, line and key of the first mistake."""
    found: dict[str, Rule] = {}
    for file in (*OWN, *files, *LAST):
        top = read(file)
        for section in top.sections("rules"):
            rule = _rule(section)
            if rule.id in found:
                raise section.error("id", f"{rule.id!r} is there twice")
            found[rule.id] = rule
        top.end()
    return tuple(found.values())


def version(rules: Sequence[Rule]) -> str:
    """Changes with whatever changes what is masked."""
    told = "\0".join([VERSION, *(f"{rule.id} {rule.mark} {rule.finder} {rule.source}" for rule in rules)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _rule(section: Section) -> Rule:
    id = section.text("id")
    if not ID.fullmatch(id):
        raise section.error("id", f"{id!r}: expected small letters, digits and -, at most 40 of them")
    text, allow = section.text("pattern"), section.text("allow", None)
    check = section.choice("check", tuple(CHECKS), None)
    rule = Rule(
        id=id,
        mark=cast(Mark, section.choice("mark", MARKS, "SECRET")),
        finder=_finder(section),
        pattern=_pattern(section, "pattern", text),
        allow=None if allow is None else _pattern(section, "allow", allow),
        check=None if check is None else CHECKS[check],
        source=f"{text} {allow} {check}",
        match=section.text_map("match"),
        ignore=tuple(section.texts("ignore")),
    )
    section.end()
    if not rule.match:
        raise section.error("match", "a rule needs at least one line that it finds, as line: secret")
    return rule


def _finder(section: Section) -> str:
    words, hint = section.texts("keywords"), section.text("hint", "")
    if not all(word and word.isascii() for word in words):
        raise section.error("keywords", "expected words in ASCII")
    if hint:
        _pattern(section, "hint", hint)
    if not (words or hint):
        raise section.missing_one_of(("keywords", "hint"))
    return "|".join([*(f"(?i:{re.escape(word)})" for word in words), *([hint] if hint else [])])


def _pattern(section: Section, key: str, text: str) -> object:
    try:
        return pattern(text)
    except ValueError as e:
        raise section.error(key, f"{text!r} is no pattern of RE2: {e}") from e


__all__ = ["ConfigError", "load", "version"]
