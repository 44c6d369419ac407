"""The values of a rule: what it looks for in a line, when that is a finding, and how the finding is worded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped,unused-ignore]  # the wheel carries no types

from analyzer.finding import Severity
from toolkit.strict import ConfigError

QUIET = re2.Options()
QUIET.log_errors = False

# What patterns may write instead; an address may have been redacted to a placeholder.
MACROS: Mapping[str, str] = {
    "{source}": r"(?P<source>[0-9A-Fa-f.:]{2,}(?:%[0-9A-Za-z_.-]+)?|<[A-Za-z0-9:_-]{3,}>)",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """An expression in RE2's syntax, matched in linear time; `groups` are the numbers of its named groups."""

    text: str
    compiled: Any = field(repr=False, compare=False)
    groups: Mapping[str, int] = field(repr=False, compare=False)


@lru_cache(maxsize=10_000)
def pattern(text: str) -> Pattern:
    """Compile an expression with macros; ConfigError where it is none."""
    written = text
    for macro, meaning in MACROS.items():
        written = written.replace(macro, meaning)
    try:
        # Bytes make RE2 read Latin-1, one byte a character: no malformed text stays unseen.
        compiled = re2.compile(written.encode(), QUIET)
    except re2.error as e:
        trouble = e.args[0] if e.args else e
        told = trouble.decode(errors="replace") if isinstance(trouble, bytes) else str(trouble)
        raise ConfigError(f"no valid regular expression (RE2): {told}") from e
    return Pattern(text, compiled, {name.decode(): number for name, number in compiled.groupindex.items()})


@dataclass(frozen=True, slots=True)
class Look:
    """What a line must be: of one of the programs, with one of the words, of a pattern and of no excluded one."""

    words: tuple[str, ...]  # one of these stands in every line meant, in capitals or not: they are looked for first
    programs: frozenset[bytes]  # lower case; empty: any, and the whole message counts
    patterns: tuple[Pattern, ...]
    excluded: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Distinct:
    """A finding needs `at_least` different values of the group `of` under one key."""

    of: str
    at_least: int


@dataclass(frozen=True, slots=True)
class After:
    """A line counts only behind `at_least` lines of another rule with the same key."""

    rule: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Rule:
    """`key` names the groups whose values tell one finding of the rule from another; empty: there is one at most."""

    id: str
    title: str  # becomes a label: no values in it
    severity: Severity
    category: str
    look: Look
    key: tuple[str, ...]
    at_least: int  # lines under one key
    distinct: Distinct | None
    after: After | None
    text: str  # with {count}, {distinct}, {values} and the names of the key
    recommendation: str
    match: tuple[str, ...]  # lines that the look must find
    ignore: tuple[str, ...]  # lines that it must not find
    place: str  # file and line
