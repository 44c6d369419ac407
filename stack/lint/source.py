"""A YAML file as text and as tree, so that what is wrong in a value has a line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.yamltree import ConfigError, Entries, Listing, Node, Scalar, compose

LITERAL = re.compile(r"\|[-+0-9]*\s*(#.*)?$")


@dataclass(frozen=True)
class Source:
    """One file; `root` is None where there is nothing in it."""

    path: Path
    lines: tuple[str, ...]
    root: Node | None

    def line_of(self, value: Scalar, word: str = "", at: int | None = None) -> int:
        """The line of a word in a value, where its offset in the value is known or else by looking for it."""
        first = value.line
        if LITERAL.search(self.lines[first - 1]):
            offset = value.text.find(word) if at is None else at
            return first + 1 + value.text.count("\n", 0, max(offset, 0))
        # A folded text has lost its lines; a word in it has at most as many lines before it as there are words.
        wanted = re.compile(rf"(?<![\w:]){re.escape(word)}(?![\w:])")
        last = min(len(self.lines), first + len(value.text.split()))
        return next((n for n in range(first, last + 1) if word and wanted.search(self.lines[n - 1])), first)

    def line_with(self, word: str) -> int:
        """The first line, comments left out, in which the text stands; 1 where none has it."""
        found = (n for n, line in enumerate(self.lines, 1) if word in line and not line.lstrip().startswith("#"))
        return next(found, 1)


def read(path: Path) -> Source:
    """Raises ConfigError, with file and line, for what is no YAML or cannot be read."""
    try:
        octets = path.read_bytes()
    except OSError as e:
        raise ConfigError(f"{path}:1: cannot be read: {e.strerror}") from e
    root = compose(octets, str(path))
    return Source(path, tuple(octets.decode("utf-8-sig").split("\n")), root)


def child(node: Node | None, key: str) -> Node | None:
    """The value under a key, None where there is none."""
    return node.entries[key][1] if isinstance(node, Entries) and key in node.entries else None


def text(node: Node | None, key: str) -> Scalar | None:
    """The text under a key."""
    value = child(node, key)
    return value if isinstance(value, Scalar) and not value.nothing else None


def items(node: Node | None, key: str) -> tuple[Node, ...]:
    """The entries of the list under a key; a text alone counts as a list of one."""
    value = child(node, key)
    if isinstance(value, Listing):
        return value.items
    return (value,) if isinstance(value, Scalar) and not value.nothing else ()


def mappings(node: Node | None, key: str) -> list[Entries]:
    """The mappings among the entries of the list under a key."""
    return [item for item in items(node, key) if isinstance(item, Entries)]


def texts(node: Node | None, key: str) -> list[Scalar]:
    """The texts among the entries of the list under a key."""
    return [item for item in items(node, key) if isinstance(item, Scalar)]


def pairs(node: Node | None, key: str) -> Iterator[tuple[str, int, Scalar]]:
    """Name, line and text of each entry of the mapping under a key."""
    value = child(node, key)
    if isinstance(value, Entries):
        for name, (line, inner) in value.entries.items():
            if isinstance(inner, Scalar):
                yield name, line, inner


def named(pattern: Scalar, by: Path) -> list[Path]:
    """The files that a pattern in the file `by` names, relative to that file."""
    place = Path(pattern.text)
    base = Path("/") if place.is_absolute() else by.parent
    return sorted(base.glob(str(place.relative_to("/") if place.is_absolute() else place)))
