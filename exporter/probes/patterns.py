"""Regular expressions in RE2's syntax, as blackbox_exporter's are, in time linear in the text.

Python's own engine could be kept busy for hours by what a target sends, and reads some expressions differently.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped,unused-ignore]  # the wheel carries no types

from toolkit.strict import ConfigError

QUIET = re2.Options()
QUIET.log_errors = False
QUIET.max_mem = 64 << 20


@dataclass(frozen=True, slots=True)
class Match:
    """A match's groups; 0 is all of it."""

    groups: tuple[bytes, ...]
    names: tuple[str, ...] = ()

    def expand(self, template: bytes) -> bytes:
        """The template with `$1`, `${1}` and `${name}` filled in, and `$$` as a dollar, as Go's Expand does."""
        named = dict(zip(self.names, self.groups, strict=False))
        return bytes(REFERENCE.sub(lambda found: _filled(found, self.groups, named), template))


@dataclass(frozen=True, slots=True)
class Pattern:
    """An expression as written; ConfigError from `compiled` where it is none."""

    text: str
    compiled: Any = field(repr=False, compare=False)

    def search(self, data: bytes) -> Match | None:
        found = self.compiled.search(data)
        if found is None:
            return None
        names = {number: _text(name) for name, number in self.compiled.groupindex.items()}
        groups = (found.group(0), *found.groups(b""))
        return Match(groups, tuple(names.get(i, "") for i in range(len(groups))))

    def matches(self, data: bytes) -> bool:
        return self.compiled.search(data) is not None


@lru_cache(maxsize=1000)
def pattern(text: str) -> Pattern:
    """Compile an expression; ConfigError where it is none."""
    try:
        return Pattern(text, re2.compile(text.encode(), QUIET))
    except re2.error as e:
        trouble = e.args[0] if e.args else e
        raise ConfigError(f"no valid regular expression (RE2): {_text(trouble)}") from e


REFERENCE = re2.compile(rb"\$(?:(\$)|(\w+)|\{(\w+)\})", QUIET)


def _filled(found: Any, groups: tuple[bytes, ...], named: dict[str, bytes]) -> bytes:
    dollar, plain, braced = found.groups()
    if dollar:
        return b"$"
    name = (plain or braced).decode()
    if name.isdigit():
        return groups[int(name)] if int(name) < len(groups) else b""
    return named.get(name, b"")


def _text(trouble: object) -> str:
    return trouble.decode(errors="replace") if isinstance(trouble, bytes) else str(trouble)
