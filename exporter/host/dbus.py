"""What does a service on a message bus answer? As much of the D-Bus protocol as reading takes."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

HELLO = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
CALL, ERROR = 1, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SIGNATURE = 1, 2, 3, 4, 5, 6, 8
FIXED = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}
ALIGNMENT = {"y": 1, "n": 2, "q": 2, "x": 8, "t": 8, "d": 8, "(": 8, "{": 8, "g": 1, "v": 1}
HEADER = 16
LARGEST_MESSAGE = 1 << 27


class Refused(Exception):
    """The bus or the service said no; the message is its error's name."""


class Request(NamedTuple):
    destination: str
    path: str
    interface: str
    member: str
    arguments: tuple[str, ...] = ()


def parse(signature: str, body: bytes, order: str = "<") -> list[object]:
    """The values of a message body, in Python's types: arrays as lists, of pairs as dicts, structures as tuples."""
    reader = _Reader(body, order)
    return [reader.value(type) for type in split(signature)]


def split(signature: str) -> list[str]:
    """The complete types a signature consists of: `sa{sv}u` is `s`, `a{sv}` and `u`."""
    types, start, depth = [], 0, 0
    for end, letter in enumerate(signature):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            types.append(signature[start : end + 1])
            start = end + 1
    return types


class _Reader:
    """Takes one value after another from the bytes; struct.error or IndexError where they end too early."""

    def __init__(self, data: bytes, order: str) -> None:
        self._data = data
        self._order = order
        self._at = 0

    def value(self, type: str) -> object:
        kind = type[0]
        self._align(ALIGNMENT.get(kind, 4))
        if kind in FIXED:
            return self._fixed(FIXED[kind])
        if kind == "b":
            return bool(self._fixed("I"))
        if kind in "sog":
            return self._string("B" if kind == "g" else "I")
        if kind == "v":
            return self.value(self._string("B"))
        if kind == "a":
            return self._array(type[1:])
        return tuple(self.value(each) for each in split(type[1:-1]))

    def _array(self, type: str) -> object:
        length = self._fixed("I")
        self._align(ALIGNMENT.get(type[0], 4))
        end = self._at + length
        items = []
        while self._at < end:
            items.append(self.value(type))
        return dict(item for item in items if isinstance(item, tuple)) if type[0] == "{" else items

    def _align(self, size: int) -> None:
        self._at += -self._at % size

    def _fixed(self, letter: str) -> int:
        value: int
        (value,) = struct.unpack_from(self._order + letter, self._data, self._at)
        self._at += struct.calcsize(letter)
        return value

    def _string(self, length_letter: str) -> str:
        length = self._fixed(length_letter)
        text = self._data[self._at : self._at + length].decode(errors="replace")
        self._at += length + 1
        return text


def pack(request: Request, serial: int) -> bytes:
    """A call whose arguments are strings, as bytes on the wire."""
    body = b""
    for argument in request.arguments:
        body += b"\0" * (-len(body) % 4) + _string(argument)
    fields = [(PATH, "o", request.path), (INTERFACE, "s", request.interface)]
    fields += [(MEMBER, "s", request.member), (DESTINATION, "s", request.destination)]
    array = b""
    for code, type, value in fields:
        array += b"\0" * (-len(array) % 8) + bytes((code, 1, ord(type), 0)) + _string(value)
    if body:
        letters = b"s" * len(request.arguments)
        array += b"\0" * (-len(array) % 8) + bytes((SIGNATURE, 1, ord("g"), 0, len(letters))) + letters + b"\0"
    start = struct.pack("<cBBBIII", b"l", CALL, 0, 1, len(body), serial, len(array)) + array
    return start + b"\0" * (-len(start) % 8) + body


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


@asynccontextmanager
async def connect(path: str) -> AsyncIterator["Bus"]:
    """A bus by its Unix socket. OSError where nobody listens, Refused where we may not."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        uid = str(os.getuid()).encode().hex()
        writer.write(f"\0AUTH EXTERNAL {uid}\r\n".encode())
        answer = await reader.readline()
        if not answer.startswith(b"OK"):
            raise Refused(answer.decode(errors="replace").strip())
        writer.write(b"BEGIN\r\n")
        bus = Bus(reader, writer)
        await bus.ask([Request(*HELLO)])
        yield bus
    finally:
        writer.close()


class Bus:
    """A connection to a message bus."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._serial = 0

    async def ask(self, requests: Sequence[Request]) -> list[list[object] | Refused]:
        """The answers in the requests' order, or in an answer's place why there is none."""
        first = self._serial + 1
        self._serial += len(requests)
        self._writer.writelines(pack(request, first + i) for i, request in enumerate(requests))
        answers: dict[int, list[object] | Refused] = {}
        while len(answers) < len(requests):
            serial, answer = await self._receive()
            # Signals, and the bus's own messages, answer nothing.
            if serial >= first:
                answers[serial] = answer
        return [answers[first + i] for i in range(len(requests))]

    async def _receive(self) -> tuple[int, list[object] | Refused]:
        """One message: the serial of the call it answers (0: none), and the answer."""
        start = await self._reader.readexactly(HEADER)
        order = "<" if start[:1] == b"l" else ">"
        body_length, _, fields_length = struct.unpack_from(order + "III", start, 4)
        if body_length + fields_length > LARGEST_MESSAGE:
            raise Refused(f"a message of {body_length} bytes")
        body_at = HEADER + fields_length + -fields_length % 8
        message = start + await self._reader.readexactly(body_at - HEADER + body_length)
        _, type, *_, fields = parse("yyyyuua(yv)", message, order)
        known: dict[int, Any] = dict(cast(list[tuple[int, object]], fields))
        serial = known.get(REPLY_SERIAL, 0)
        if type == ERROR:
            return serial, Refused(known.get(ERROR_NAME, "an error without a name"))
        return serial, parse(known.get(SIGNATURE, ""), message[body_at:], order)
