"""One mistake, and where it stands."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

MOST_LISTED = 12
Tell = Callable[[int, str], None]
"""Takes a line and what is wrong there."""


@dataclass(frozen=True, order=True)
class Trouble:
    """What is wrong in a line of a file; a hint is no mistake, only worth knowing."""

    file: Path
    line: int
    what: str
    hint: bool = False

    def shown(self, root: Path) -> str:
        """`file:line: what`, the path from `root` where it lies below."""
        file = self.file.relative_to(root) if self.file.is_relative_to(root) else self.file
        return f"{file}:{self.line}: {'hint: ' if self.hint else ''}{self.what}"


def meant(word: str, known: Iterable[str], near: float = 0.6) -> str:
    """` (did you mean "x"?)` for the nearest known word; empty where none is as near as `near`, 0 to 1."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=near)
    return f' (did you mean "{close[0]}"?)' if close else ""


def listed(words: Iterable[str], most: int = 8) -> str:
    """A few words, and how many more there are."""
    all_words = sorted(words)
    more = len(all_words) - most
    return ", ".join(all_words[:most]) + (f" and {more} more" if more > 0 else "")


def meant_or_listed(word: str, known: Iterable[str], begin: str) -> str:
    """What may have been meant, else `; <begin> a, b, c` where there are few."""
    words = list(known)
    few = f"; {begin} {listed(words, MOST_LISTED)}" if 0 < len(words) <= MOST_LISTED else ""
    return meant(word, words) or few
