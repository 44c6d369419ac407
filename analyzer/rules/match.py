"""Which lines of a chunk do the looks of the rules mean?

One pass of all words over the joined chunk finds the few lines worth a closer look; only those are taken apart, and
only the patterns behind the words that stand in them are tried. Every step is linear in the text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2  # type: ignore[import-untyped,unused-ignore]  # the wheel carries no types

from analyzer.rules import prefix
from analyzer.rules.rule import QUIET, Look


@dataclass(frozen=True, slots=True)
class Hit:
    """A line, by its index in the chunk; the number of the look that means it, and what its pattern's groups found."""

    index: int
    look: int
    message: bytes
    found: Any
    groups: Mapping[str, int]

    def value(self, name: str) -> bytes:
        """What stands in a named group; empty where it took no part."""
        start, end = self.found.span(self.groups[name])
        return self.message[start:end] if start >= 0 else b""


class Matcher:
    """Find the lines that any of the looks means; a look's number is its place among them."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._every = tuple(looks)
        by_word: dict[bytes, list[int]] = {}
        for number, look in enumerate(looks):
            for word in look.words:
                by_word.setdefault(word.lower().encode(), []).append(number)
        # The longest word first, and with it what is found of the words that it begins with.
        words = sorted(by_word, key=lambda word: (-len(word), word))
        self._looks = {
            word: tuple(dict.fromkeys(number for w in words if word.startswith(w) for number in by_word[w]))
            for word in words
        }
        self._words = re2.compile(b"(?i)" + b"|".join(map(re2.escape, words)), QUIET) if words else None

    def hits(self, lines: Sequence[str]) -> Iterator[Hit]:
        """The hits by line; a line may be hit by several looks."""
        for index, line, numbers in self._candidates(_joined(lines)):
            program, message = prefix.split(line)
            for number in numbers:
                look = self._every[number]
                if look.programs and program is not None and not _is_of(program, look.programs):
                    continue
                if hit := _hit(index, number, look, message):
                    yield hit

    def _candidates(self, data: bytes) -> Iterator[tuple[int, bytes, Sequence[int]]]:
        """The lines with words in them: index, line, looks to try."""
        if self._words is None:
            return
        search, index, start, place = self._words.search, 0, 0, 0
        while found := search(data, place):
            at, end = found.span()
            index += data.count(b"\n", start, at)
            start = max(start, data.rfind(b"\n", start, at) + 1)
            stop = data.find(b"\n", at)
            stop = len(data) if stop < 0 else stop
            looks: Sequence[int] = self._looks[data[at:end].lower()]
            # One character on, not behind the word: words may overlap.
            if another := search(data, at + 1, stop):
                looks = self._all(data, looks, another, stop)
            yield index, data[start:stop], looks
            place = stop

    def _all(self, data: bytes, first: Sequence[int], another: Any, stop: int) -> Sequence[int]:
        looks = dict.fromkeys(first)
        while another:
            at, end = another.span()
            looks |= dict.fromkeys(self._looks[data[at:end].lower()])
            another = self._words.search(data, at + 1, stop) if self._words else None
        return tuple(looks)


def _joined(lines: Sequence[str]) -> bytes:
    data = "\n".join(lines).encode(errors="replace")
    if data.count(b"\n") >= max(1, len(lines)):
        return "\n".join(line.replace("\n", " ") for line in lines).encode(errors="replace")
    return data


def _is_of(program: bytes, programs: frozenset[bytes]) -> bool:
    """`postfix` is meant also by postfix/smtpd."""
    return program in programs or program.split(b"/", 1)[0] in programs


def _hit(index: int, number: int, look: Look, message: bytes) -> Hit | None:
    for pattern in look.patterns:
        if found := pattern.compiled.search(message):
            if any(excluded.compiled.search(message) for excluded in look.excluded):
                return None
            return Hit(index, number, message, found, pattern.groups)
    return None
