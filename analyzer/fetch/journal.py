"""What is new in a host's journal?"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from analyzer.fetch.chunk import Caps, Chunk, Cursor
from analyzer.fetch.lines import entry
from analyzer.fetch.pieces import closing
from analyzer.fetch.way import CannotLook, Way

# What stands in a command line: the host chose it.
CURSOR = re.compile(r"(?:[a-z]=[0-9a-f]{1,64};?){1,12}")
ENTRY = 1 << 20  # bytes of one entry; a longer one is passed over, and counted as a gap
# No message can say this of itself: in it, quotes are escaped.
OWN = re.compile(rb'"__CURSOR" ?: ?"([a-z0-9=;]{1,512})"')
AROUND = 4096  # bytes beside a long field
FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM,_SYSTEMD_UNIT,_HOSTNAME,_TRANSPORT"
# --all, because without it a field of more than 4096 bytes is `null`.
WORDS = ("journalctl", "--output=json", "--no-pager", "--all", f"--output-fields={FIELDS}")
LATEST = 253_402_300_799_000_000  # microseconds; the last of the year 9999
AFTER = 10.0  # seconds that a command has beyond those in which we read it


@dataclass(frozen=True, slots=True)
class Journal:
    """A source: entries of some units, or all, of a priority and graver ones."""

    name: str
    units: tuple[str, ...] = ()
    priority: str | None = None

    async def read(self, way: Way, cursor: Cursor | None, caps: Caps, now: float) -> AsyncGenerator[Chunk, None]:
        """New entries as syslog would write them, oldest first; CannotLook where journalctl fails or says nonsense."""
        reading = Reading(caps, cursor)
        command = self.command(reading.asked, caps.first_seconds)
        deadline = asyncio.get_running_loop().time() + caps.seconds
        async with closing(way.output(command, caps.bytes + ENTRY, caps.seconds + AFTER)) as pieces:
            async for piece in pieces:
                chunk = reading.add(piece)
                if chunk.lines:
                    yield chunk
                if reading.cut or asyncio.get_running_loop().time() >= deadline:
                    reading.cut = True
                    break
        yield reading.end()

    def command(self, cursor: str | None, first_seconds: float) -> list[str]:
        """The words of the command.

        The entry at the cursor is asked for as well: a cursor that is no more is passed over without a word, to the
        nearest entry, and with --after-cursor that one would be lost too.
        """
        units = [f"--unit={unit}" for unit in self.units]
        priority = [f"--priority={self.priority}"] if self.priority is not None else []
        start = f"--cursor={cursor}" if cursor is not None else f"--since=-{int(first_seconds)}s"
        return [*WORDS, *units, *priority, start]


class Reading:
    """One run: bytes of journalctl's output become lines, and the cursor moves behind them."""

    def __init__(self, caps: Caps, cursor: Cursor | None) -> None:
        stored = cursor.get("cursor") if cursor is not None else None
        self.asked = stored if isinstance(stored, str) and CURSOR.fullmatch(stored) else None
        self.cut = False
        self._caps = caps
        self._cursor = self.asked
        # Counted once, and not with every run until something new comes.
        self._known_lost = cursor is not None and cursor.get("lost") is True
        self._gaps = int(stored is not None and self.asked is None)
        self._is_first = self.asked is not None
        self._rest, self._skipping = b"", False
        self._bytes, self._lines, self._told = 0, 0, 0

    def add(self, piece: bytes) -> Chunk:
        """The lines of the entries that end in this piece."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        lines: list[str] = []
        for raw in whole:
            if self._is_over():
                break
            lines += self._entry(raw)
        if len(self._rest) > ENTRY and not self._is_over():
            self._pass_over(self._rest)
            # Fields come in any order, so the cursor may be in what follows.
            self._rest, self._skipping = self._rest[-AROUND:], True
        self.cut = self._is_over()
        return self._chunk(lines)

    def end(self) -> Chunk:
        """What is left to say once there is no more: where to go on, and whether the cursor is gone."""
        if self._is_first and not self.cut:
            # Not even the entry at the cursor is there any more.
            self._gaps += not self._known_lost
            return self._chunk([], lost=True)
        return self._chunk([], lost=self._is_first and self._known_lost)

    def _entry(self, raw: bytes) -> list[str]:
        if self._skipping:
            self._pass_over(raw)
            self._skipping = False
            return []
        # `-- No entries --` and `-- Boot ... --`, which are no JSON.
        if not raw or raw.startswith(b"-- "):
            return []
        fields = _parsed(raw)
        # The one at the old cursor takes nothing from the cap, or a long one would leave nothing for others.
        self._bytes += 0 if fields["__CURSOR"] == self.asked else len(raw) + 1
        return self._taken(fields["__CURSOR"], _line(fields, self._caps.line_bytes))

    def _pass_over(self, raw: bytes) -> None:
        """Move behind an entry that is too long, where its cursor is in this part of it."""
        found = OWN.search(raw)
        if found and CURSOR.fullmatch(cursor := found[1].decode()) and cursor != self._cursor:
            self._gaps += 1
            self._taken(cursor, [])
        elif found:
            self._is_first = False

    def _taken(self, cursor: str, lines: list[str]) -> list[str]:
        """Move behind an entry; the one at the old cursor was reviewed before."""
        if self._is_first:
            self._is_first = False
            if cursor == self.asked:
                return []
            self._gaps += not self._known_lost
        self._cursor = cursor
        self._lines += len(lines)
        return lines

    def _is_over(self) -> bool:
        return self._lines >= self._caps.lines or self._bytes >= self._caps.bytes

    def _chunk(self, lines: list[str], lost: bool = False) -> Chunk:
        cursor: dict[str, Any] = {"cursor": self._cursor, **({"lost": True} if lost else {})}
        gaps, self._gaps = self._gaps, 0
        size, self._told = self._bytes - self._told, self._bytes
        return Chunk(lines, size, cursor, gaps, self.cut)


def _parsed(raw: bytes) -> dict[str, Any]:
    """An entry whose cursor and time are what they must be."""
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as e:
        raise CannotLook("journalctl: printed something that is no JSON") from e
    if not isinstance(fields, dict) or not isinstance(cursor := fields.get("__CURSOR"), str):
        raise CannotLook("journalctl: printed something that is no entry")
    at = fields.get("__REALTIME_TIMESTAMP")
    if not CURSOR.fullmatch(cursor) or not isinstance(at, str) or not at.isascii() or not at.isdigit():
        raise CannotLook("journalctl: printed an entry without cursor or time")
    return fields


def _line(fields: dict[str, Any], most: int) -> list[str]:
    message = _text(fields.get("MESSAGE"))
    if not message:
        return []
    at = datetime.fromtimestamp(min(int(fields["__REALTIME_TIMESTAMP"][:20]), LATEST) / 1_000_000, UTC)
    program = _text(fields.get("SYSLOG_IDENTIFIER")) or _text(fields.get("_COMM")) or _unit(fields)
    if program == "kernel" and fields.get("_TRANSPORT", "kernel") != "kernel":
        # Anybody may call himself that.
        program = "not-kernel"
    priority = _text(fields.get("PRIORITY"))
    level = int(priority) if priority in tuple("01234567") else None
    pid = _text(fields.get("_PID")) or _text(fields.get("SYSLOG_PID"))
    return entry(at, _text(fields.get("_HOSTNAME")), program, pid, level, message, most)


def _unit(fields: dict[str, Any]) -> str:
    return _text(fields.get("_SYSTEMD_UNIT")).removesuffix(".service")


def _text(value: Any) -> str:
    """A field as text: a list of numbers is what is no UTF-8, a list of texts a field that is there several times."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    if all(type(byte) is int and 0 <= byte < 256 for byte in value):
        return bytes(value).decode("utf-8", "replace")
    return "\n".join(_text(one) for one in value if isinstance(one, str) or _is_bytes(one))


def _is_bytes(value: Any) -> bool:
    return isinstance(value, list) and all(type(byte) is int for byte in value)


def unknown(units: Sequence[str]) -> str | None:
    """The first that is no name of a unit, nor a pattern of names."""
    return next(
        (unit for unit in units if not re.fullmatch(r"[A-Za-z0-9@_.*?:\\][A-Za-z0-9@_.*?:\\-]{0,254}", unit)), None
    )
