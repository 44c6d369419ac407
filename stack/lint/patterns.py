"""What do the matchers of PromQL and Alertmanager admit? Patterns are RE2's, anchored on both sides."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

import re2

MOST = 200  # texts that one pattern is written out to
CHOICE = re.compile(r"\((?:\?:)?([^()\\\[\]]*)\)(?![*+?{])")


class Compiled(Protocol):
    def fullmatch(self, text: str) -> object: ...


class NoPattern(ValueError):
    """RE2 cannot read it; the text says why."""


def strictly(pattern: str) -> Compiled:
    """Raises NoPattern."""
    options = re2.Options()
    options.log_errors = False
    try:
        found: Compiled = re2.compile(pattern, options)
    except re2.error as e:
        raise NoPattern(str(e)) from e
    return found


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Compiled | None:
    """None for what is no pattern: promtool and amtool tell that."""
    try:
        return strictly(pattern)
    except NoPattern:
        return None


def alternatives(pattern: str) -> list[str]:
    """The parts between `|`, groups of plain choices written out: a(b|c)|d is ab, ac, d; at most MOST of them."""
    found: list[str] = []
    waiting = [pattern]
    while waiting:
        part = waiting.pop()
        group = CHOICE.search(part)
        if group is not None and len(found) + len(waiting) + group[1].count("|") < MOST:
            waiting += [part[: group.start()] + choice + part[group.end() :] for choice in group[1].split("|")]
        else:
            found += _parted(part)
    return sorted(set(found))


def _parted(pattern: str) -> Iterator[str]:
    """Split at each `|` outside of brackets."""
    depth, start, escaped = 0, 0, False
    for at, sign in enumerate(pattern):
        depth += (sign in "([") - (sign in ")]") if not escaped else 0
        if sign == "|" and depth == 0 and not escaped:
            yield pattern[start:at]
            start = at + 1
        escaped = sign == "\\" and not escaped
    yield pattern[start:]


@lru_cache(maxsize=65536)
def admits(sign: str, value: str, text: str) -> bool:
    """Does a matcher `label <sign> value` admit this text, "" for a label that is missing?"""
    if sign in ("=", "!="):
        return (text == value) == (sign == "=")
    pattern = compiled(value)
    return pattern is None or (pattern.fullmatch(text) is not None) == (sign == "=~")
