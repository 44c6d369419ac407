"""Which lines of a chunk do the looks of the rules mean?

One pass of all words over the joined chunk finds the few lines worth a closer look; only those are taken apart, and
only the patterns behind the words that stand in them are tried. Every step is linear in the text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from analyzer.rules import prefix
from analyzer.rules.rule import Look
from analyzer.rules.words import Words

KERNEL = b"kernel"
VALUE_CUT = 200  # bytes of what a group holds


# Not frozen: there may be one for every line, and freezing doubles what it costs.
@dataclass(slots=True)
class Hit:
    """A line, by its index in the chunk; the number of the look that means it, and what its named groups hold.

    A group that took no part holds nothing.
    """

    index: int
    look: int
    values: Mapping[str, bytes]
    times: int = 1  # that the message was written, where the line sums up some


class Matcher:
    """Find the lines that any of the looks means; a look's number is its place among them."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = tuple(looks)
        asking: dict[bytes, list[int]] = {}
        for number, look in enumerate(looks):
            for word in look.words:
                asking.setdefault(word.lower().encode(), []).append(number)
        self._words = Words(asking)

    def hits(self, lines: Sequence[str]) -> Iterator[Hit]:
        """The hits by line; a line may be hit by several looks."""
        for index, line, numbers in self._words.lines(_joined(lines)):
            program, message = prefix.split(line.rstrip(b"\r"))
            times, message = prefix.repeated(message)
            for number in numbers:
                look = self._looks[number]
                if look.programs and not _is_of(program, look.programs):
                    continue
                if hit := _hit(index, number, look, message):
                    hit.times = times
                    yield hit


@lru_cache(maxsize=4)
def matcher(looks: tuple[Look, ...]) -> Matcher:
    """The matcher of some looks; one serves all sources, as it takes a while to make and remembers nothing."""
    return Matcher(looks)


def _joined(lines: Sequence[str]) -> bytes:
    data = "\n".join(lines).encode(errors="replace")
    if data.count(b"\n") >= max(1, len(lines)):
        return "\n".join(line.replace("\n", " ") for line in lines).encode(errors="replace")
    return data


def _is_of(program: bytes | None, programs: frozenset[bytes]) -> bool:
    """`postfix` is meant also by postfix/smtpd; a bare message may be of any program but the kernel.

    The kernel's always have a time, and the patterns of what it says begin with too little to tell them from others'.
    """
    if program is None:
        return KERNEL not in programs
    return program in programs or program.split(b"/", 1)[0] in programs


def _hit(index: int, number: int, look: Look, message: bytes) -> Hit | None:
    for pattern in look.patterns:
        if found := pattern.compiled.search(message):
            if any(excluded.compiled.search(message) for excluded in look.excluded):
                return None
            return Hit(index, number, {name: _value(message, found, group) for name, group in pattern.groups.items()})
    return None


def _value(message: bytes, found: Any, group: int) -> bytes:
    start, end = found.span(group)
    return message[start : min(end, start + VALUE_CUT)] if start >= 0 else b""
