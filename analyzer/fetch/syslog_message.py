"""What does a syslog message say: RFC 5424, RFC 3164, and what devices take for them? And where does one end on TCP?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MOST = 8192  # bytes of a message; RFC 5424 asks for 2048, RFC 3164 for 1024
LARGEST = 9_999_999  # bytes that a sender may announce
PRIORITY = re.compile(r"<(\d{1,3})>")
MODERN = re.compile(r"1 (\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ")
DATA = re.compile(r'-|(?:\[[^ =\]"]{1,32}(?: [^ =\]"]{1,32}="(?:[^"\\\]]|\\.){0,4096}")*\])+', re.S)
CLASSIC = re.compile(
    r"(?:\d{1,10}: )?[*.]?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:\d{4} )?(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?:? "
)
ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) ")
HOST = re.compile(r"[A-Za-z0-9_.:-]{1,255} (?=[A-Za-z0-9_./()-]{1,48}(?:\[[^\]]{1,128}\])?:)")
TAG = re.compile(r"([A-Za-z0-9_./()-]{1,48})(?:\[([^\]]{1,128})\])?: ?")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class Message:
    """`at` is when it was written, as far as that is told; `program` and `pid` may be empty; `level` is 0 to 7."""

    at: datetime
    program: str
    pid: str
    level: int | None
    text: str


def parse(data: bytes, received: datetime) -> Message:
    """Whatever came is a message; what cannot be told apart is its text. `received` (UTC) stands in for its time."""
    text = data[:MOST].decode("utf-8", "replace").rstrip("\r\n\0 ")
    priority = PRIORITY.match(text)
    level = int(priority[1]) % 8 if priority and int(priority[1]) < 192 else None
    rest = text[priority.end() :] if priority and level is not None else text
    modern = MODERN.match(rest)
    return _modern(modern, rest, level, received) if modern else _classic(rest, level, received)


def _modern(found: re.Match[str], text: str, level: int | None, received: datetime) -> Message:
    when, _, program, pid, _ = found.groups()
    rest = text[found.end() :]
    data = DATA.match(rest)
    if data is not None:
        # What stands in brackets is part of what happened; `-` says that there is nothing.
        told = "" if data[0] == "-" else data[0]
        message = rest[data.end() :].removeprefix(" ").removeprefix("\ufeff")
        rest = f"{told} {message}".strip()
    return Message(_time(when, received), _word(program), _word(pid), level, rest)


def _classic(text: str, level: int | None, received: datetime) -> Message:
    at, rest = received, text
    if found := CLASSIC.match(text):
        at, rest = _near(found, received), text[found.end() :]
    elif found := ISO.match(text):
        at, rest = _time(found[1], received), text[found.end() :]
    # Whoever sent it is known by his address; the name that he gives himself is left out.
    if found := HOST.match(rest):
        rest = rest[found.end() :]
    tag = TAG.match(rest)
    if tag is None:
        return Message(at, "", "", level, rest)
    return Message(at, tag[1], tag[2] or "", level, rest[tag.end() :])


def _word(text: str) -> str:
    return "" if text == "-" else text


def _time(text: str, received: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else received
    except (ValueError, OverflowError):
        return received


def _near(found: re.Match[str], received: datetime) -> datetime:
    """A time without year and zone, taken for UTC, in the year that brings it nearest."""
    month, day, hour, minute, second = found.groups()
    times = []
    for year in (received.year - 1, received.year, received.year + 1):
        try:
            number = MONTHS.index(month) + 1
            times.append(datetime(year, number, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC))
        except ValueError:
            continue
    return min(times, key=lambda at: abs(at - received), default=received) if times else received


class NoFrames(ValueError):
    """What comes are no syslog messages."""


class Frames:
    """Messages out of a stream (RFC 6587): each begins with its length, or ends with its line."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0  # bytes of a message of which enough was taken
        self._skipping_line = False

    def add(self, piece: bytes) -> Sequence[bytes]:
        """The messages that end in this piece, none longer than MOST; NoFrames for a length that is none."""
        data, found = self._rest + piece, list[bytes]()
        while data:
            message, data, is_more = self._next(data)
            if message:
                found.append(message)
            if not is_more:
                break
        self._rest = data
        return found

    def _next(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """A message or nothing, what is left, and whether there may be more in that."""
        if self._skip:
            gone = min(self._skip, len(data))
            self._skip -= gone
            return b"", data[gone:], True
        if self._skipping_line or not data[:1].isdigit():
            return self._line(data)
        return self._counted(data)

    def _counted(self, data: bytes) -> tuple[bytes, bytes, bool]:
        digits, space, rest = data.partition(b" ")
        if not space:
            if len(digits) > len(str(LARGEST)) or not digits.isdigit():
                raise NoFrames("a message begins with no length")
            return b"", data, False
        if not digits.isdigit() or not 0 < int(digits[: len(str(LARGEST)) + 1]) <= LARGEST:
            raise NoFrames("a message begins with no length")
        size = int(digits)
        kept = min(size, MOST)
        if len(rest) < kept:
            return b"", data, False
        self._skip = size - kept
        return rest[:kept], rest[kept:], True

    def _line(self, data: bytes) -> tuple[bytes, bytes, bool]:
        line, end, rest = data.partition(b"\n")
        if end:
            message = b"" if self._skipping_line else line[:MOST]
            self._skipping_line = False
            return message, rest, True
        if self._skipping_line:
            return b"", b"", False
        if len(data) > MOST:
            self._skipping_line = True
            return data[:MOST], b"", False
        return b"", data, False

    def end(self) -> Sequence[bytes]:
        """The last message, where the stream ended in it."""
        rest = self._rest if not self._skip and not self._skipping_line and not self._rest[:1].isdigit() else b""
        self._rest = b""
        return [rest] if rest else []
