"""Bytes of a log become lines: whole, decoded, bounded, and with nothing in them that acts on who looks at them."""

import re
from datetime import UTC, datetime
from typing import Literal

Mode = Literal["", "open", "skip"]
"""Where a place in a file is: between lines; after a beginning that was taken for a line; in what is passed over."""

CUT = " [cut]"
BEFORE = 64  # bytes before a place that are remembered, to know the place again
ENTRY_LINES = 1000  # of one message; the rest is cut
# Tabs and line ends are left; what moves a cursor, colours, rings, hides or turns the direction of text is not.
CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n")
HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
UNKNOWN = re.compile(r"[^A-Za-z0-9_./@()-]")
WARNING = 4  # of syslog's severities: what is graver has a lower number
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def harmless(text: str) -> str:
    """The text with control, invisible and direction-turning characters written as what they are: `\\x1b`."""
    return HARMFUL.sub(_escape, text) if HARMFUL.search(text) else text


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def shortened(line: str, most: int) -> str:
    """The line, cut and marked where it takes more than `most` bytes as UTF-8."""
    if len(line) * 4 <= most:
        return line
    raw = line.encode()
    return line if len(raw) <= most else raw[: most - len(CUT)].decode("utf-8", "ignore") + CUT


def decoded(block: bytes, most: int) -> list[str]:
    """The lines of a block that ends with a line's end, each at most `most` bytes; CRLF ends a line as LF does."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    text = block.decode("utf-8", "replace")
    if text.isascii():
        clean = len(block.translate(None, CONTROLS)) == len(block)
        widest = 1
    else:
        clean, widest = False, 4
    lines = (text if clean else harmless(text)).split("\n")
    lines.pop()
    if lines and max(map(len, lines)) * widest > most:
        return [shortened(line, most) for line in lines]
    return lines


class Splitter:
    """Cuts what comes in pieces into lines; never holds more than one line's most bytes beside a piece.

    `offset` is where to go on: of the first byte that is in no line yet; `before` are the bytes in front of it, and
    `pending` those after it that wait for their line's end. `full`: no more lines were wanted, the rest was not taken.
    """

    def __init__(self, most: int, offset: int = 0, mode: Mode = "", before: bytes = b"") -> None:
        self._most = most
        self.offset, self.mode, self.before = offset, mode, before
        self.pending = b""
        self.full = False

    def add(self, piece: bytes, wanted: int) -> list[str]:
        """The lines that end in this piece, at most `wanted`; what is longer than a line may be is one, marked."""
        data = self.pending + piece if self.pending else piece
        data = self._continued(data)
        end = data.rfind(b"\n") + 1
        if end and data.count(b"\n") > wanted:
            end, self.full = _after(data, wanted), True
        lines = decoded(data[:end], self._most) if end else []
        if end:
            self._consume(data[:end])
            self.mode = ""
        self.pending = b"" if self.full else data[end:]
        if len(self.pending) > self._most:
            lines += self._overlong(wanted - len(lines))
        return lines

    def rest(self) -> list[str]:
        """What waits for its line's end is taken for a line; its continuation, should it come, is one of its own."""
        if not self.pending:
            return []
        lines = decoded(self.pending + b"\n", self._most)
        self._consume(self.pending)
        self.pending, self.mode = b"", "open"
        return lines

    def _continued(self, data: bytes) -> bytes:
        """Without what belongs to a line of which something was taken already."""
        if self.mode == "skip":
            end = data.find(b"\n") + 1
            self._consume(data[:end] if end else data)
            self.mode = "" if end else "skip"
            return data[end:] if end else b""
        if self.mode == "open":
            for ending in (b"\n", b"\r\n"):
                if data.startswith(ending):
                    self._consume(ending)
                    self.mode = ""
                    return data[len(ending) :]
        return data

    def _overlong(self, wanted: int) -> list[str]:
        """The beginning of a line that is too long already; what follows of it is passed over."""
        if wanted <= 0:
            self.full, self.pending = True, b""
            return []
        beginning = self.pending
        self._consume(beginning)
        self.pending, self.mode = b"", "skip"
        line = harmless(beginning[: self._most].decode("utf-8", "replace"))
        return [shortened(line, self._most - len(CUT)).removesuffix(CUT) + CUT]

    def _consume(self, data: bytes) -> None:
        self.offset += len(data)
        self.before = (self.before + data[-BEFORE:])[-BEFORE:]


def _after(data: bytes, lines: int) -> int:
    """Where the so many first lines end."""
    end = 0
    for _ in range(lines):
        end = data.index(b"\n", end) + 1
    return end


def entry(at: datetime, host: str, program: str, pid: str, level: int | None, message: str, most: int) -> list[str]:
    """A message as syslog writes it, each of its lines with all of the beginning, so that none passes for another's.

    Times are UTC. A level that says warning or worse stands in front as `<3>`, where the reviewer looks for it.
    """
    at = at.astimezone(UTC)
    front = f"<{level}>" if level is not None and level <= WARNING else ""
    when = f"{MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S}"
    number = f"[{pid}]" if pid.isascii() and pid.isdecimal() and len(pid) <= 10 else ""
    beginning = f"{front}{when} {_word(host)} {_word(program)}{number}: "
    texts = message.split("\n", ENTRY_LINES)
    if len(texts) > ENTRY_LINES:
        texts = [*texts[: ENTRY_LINES - 1], texts[ENTRY_LINES - 1] + CUT]
    return [shortened(beginning + harmless(text.removesuffix("\r")), most) for text in texts if text.strip()]


def _word(text: str) -> str:
    return UNKNOWN.sub("_", text[:100]) or "unknown"
