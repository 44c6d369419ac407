"""What a secret looks like: one rule, as its file has it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import re2

Mark = Literal["SECRET", "USER", "PRIVATE"]
LONGEST_PATTERN = 4000


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` (RE2) is looked for in lines where `finder` finds something; `groups` of it are masked.

    `check` has a last look at what was found, `allow` says of it that it is no secret.
    """

    id: str
    mark: Mark
    finder: str  # RE2 on bytes: quick, and found in whatever `pattern` matches
    pattern: Any = field(repr=False)
    allow: Any | None = field(repr=False)
    check: Callable[[str], bool] | None
    source: str  # all that decides what is masked; the version is made of it
    match: Mapping[str, str] = field(repr=False)  # line -> the part that has to vanish
    ignore: tuple[str, ...] = field(repr=False)

    @property
    def groups(self) -> tuple[int, ...]:
        """Those named `secret`, `secret2`, ...: the first that took part is masked; else all that was found."""
        named = tuple(number for name, number in self.pattern.groupindex.items() if name.startswith("secret"))
        return named or (0,)


def pattern(text: str) -> Any:
    """The compiled pattern; ValueError says what is wrong with it. RE2: linear in what a hostile line says."""
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"longer than {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.never_nl = False
    try:
        return re2.compile(text, options)
    except re2.error as e:
        raise ValueError(e.args[0].decode() if isinstance(e.args[0], bytes) else str(e)) from e
