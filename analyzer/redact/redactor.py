"""Takes secrets out of lines, before anybody else sees them: the same secret has the same mask, and no way back.

Most lines hold nothing: one pass of RE2 over a whole chunk finds those with a word that any rule looks for, and only
these are looked at closely.
"""

import hmac
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import re2

from analyzer.redact.keys import Carry, masked
from analyzer.redact.rule import Mark, Rule, pattern

__all__ = ["CannotRedact", "Carry", "Redactor"]

MASK = re.compile(r"<(?:SECRET|USER|PRIVATE):[a-z][a-z0-9-]{0,39}:[0-9a-f]{6}>")
# One character stands for each mask while rules look at a line, so that none of them looks into a mask.
HELD = 0xE000
MOST_HELD = 6000
HELD_ANY = re.compile("[\ue000-\uf8ff]")
ADDRESS = Rule(
    id="address",
    mark="PRIVATE",
    finder=r"[0-9]\.[0-9]|:[0-9A-Fa-f]*:",
    pattern=pattern(
        r"(?:^|[^0-9A-Za-z.:])(?P<secret>(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4})+|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})(?:[^0-9A-Za-z.]|\.?$|\.[^0-9])"
    ),
    allow=pattern(r"^[0-9]{1,2}:[0-9]{2}:[0-9]{2}$"),
    check=None,
    source="",
    match={},
    ignore=(),
)


class CannotRedact(Exception):
    """Nothing of these lines may go anywhere."""


class Redactor:
    """Masks what the rules find; `key` is this installation's own. `counts` by rule grow with each mask made."""

    def __init__(self, rules: Sequence[Rule], key: bytes, addresses: bool = False) -> None:
        self._rules = (*rules, ADDRESS) if addresses else tuple(rules)
        self._key = key
        self._candidate, self._which = _finders(self._rules)
        self.counts: Counter[str] = Counter()

    def lines(self, lines: list[str], carry: Carry) -> list[str]:
        """As many lines as given, without their secrets; CannotRedact, whatever is wrong."""
        try:
            return self._lines(lines, carry)
        except Exception as e:  # noqa: BLE001 (fails closed: whatever it is, no line goes on)
            # Its text may hold a line.
            raise CannotRedact(f"{type(e).__name__} in the redactor") from None

    def text(self, text: str) -> str:
        """Words of whatever length and lines, without their secrets."""
        return "\n".join(self.lines(text.split("\n"), Carry()))

    def _lines(self, lines: list[str], carry: Carry) -> list[str]:
        clean = list(lines)
        if carry.left or any("-----BEGIN " in line or "Private-Lines: " in line for line in lines):
            clean = [self._of_keys(line, carry) for line in lines]
        joined = "\n".join(clean).encode("utf-8", "surrogatepass")
        for number in _numbers(joined, self._candidate):
            clean[number] = self._line(clean[number])
        return clean

    def _of_keys(self, line: str, carry: Carry) -> str:
        clean = masked(line, carry, self._mask("SECRET", "private-key", line))
        self.counts["private-key"] += clean != line
        return clean

    def _line(self, line: str) -> str:
        held: list[str] = []
        if HELD_ANY.search(line):
            line = HELD_ANY.sub("?", line)
        line = MASK.sub(lambda found: _hold(held, found[0]), line)
        for number in sorted(self._which.Match(line.encode("utf-8", "surrogatepass")) or ()):  # None for none
            line = self._applied(self._rules[number], line, held)
        return HELD_ANY.sub(lambda found: held[ord(found[0]) - HELD], line) if held else line

    def _applied(self, rule: Rule, line: str, held: list[str]) -> str:
        parts: list[str] = []
        done = 0
        groups = rule.groups
        for found in rule.pattern.finditer(line):
            start, end = next((found.span(group) for group in groups if found.start(group) >= 0), (0, 0))
            secret = line[start:end]
            if start < done or not secret or HELD_ANY.fullmatch(secret) or _harmless(rule, secret):
                continue
            parts += (line[done:start], _hold(held, self._mask(rule.mark, rule.id, _restored(secret, held))))
            done = end
            self.counts[rule.id] += 1
        return "".join([*parts, line[done:]]) if parts else line

    def _mask(self, mark: Mark, id: str, secret: str) -> str:
        told = hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256").hex()[:6]
        return f"<{mark}:{id}:{told}>"


def _harmless(rule: Rule, secret: str) -> bool:
    if rule.allow is not None and rule.allow.search(secret):
        return True
    return rule.check is not None and not rule.check(secret)


def _hold(held: list[str], mask: str) -> str:
    """A character that stands for the mask; a line with thousands of secrets loses its end's, not its secrets."""
    if len(held) < MOST_HELD:
        held.append(mask)
    return chr(HELD + len(held) - 1)


def _restored(secret: str, held: list[str]) -> str:
    return HELD_ANY.sub(lambda found: held[ord(found[0]) - HELD], secret)


def _finders(rules: Sequence[Rule]) -> tuple[Any, Any]:
    """Finds each line that any rule is about, and tells of one line which rules those are."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 32 << 20
    which = re2.Set.SearchSet(options)
    for rule in rules:
        which.Add(rule.finder)
    which.Compile()
    union = "|".join(f"(?:{rule.finder})" for rule in rules)
    return re2.compile(f"(?:{union})[^\n]*".encode(), options), which


def _numbers(joined: bytes, candidate: Any) -> list[int]:
    """Which lines a pattern finds something in, each once."""
    numbers: list[int] = []
    number = done = 0
    for found in candidate.finditer(joined):
        start, end = found.span()
        number += joined.count(b"\n", done, start)
        done = end
        numbers.append(number)
    return numbers
