"""What several web modules need: bodies within bounds, bearer tokens, errors as problem details."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import HttpVersion11, web

BODY_SECONDS = 10.0  # for a whole body; what has arrived by then is kept

# Under which a request carries the headers that the web configuration gives to its answer.
HEADERS: web.RequestKey[Mapping[str, str]] = web.RequestKey("headers", Mapping)
LAST_INSTANT = 253_402_300_800.0  # datetime ends with the year 9999


class Ready(web.StreamResponse):
    """A short answer whose bytes are known before it is asked for: a third of a ping's time went into composing it.

    For HTTP/1.1 on a connection that stays open, see `is_plain`. It holds nothing of a request: one serves them all.
    """

    keep_alive = True

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    async def prepare(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        transport.write(self._content)

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


def is_plain(request: web.BaseRequest) -> bool:
    """May a `Ready` answer this request?"""
    return request.version == HttpVersion11 and request.keep_alive and request.method != "HEAD"


async def read_body(request: web.BaseRequest, limit: int, seconds: float = BODY_SECONDS) -> tuple[bytes, bool]:
    """The body's first `limit` bytes, and whether there was more or it took longer than `seconds`.

    The server reads and forgets the rest of a long one, for a while, so that its sender hears the answer.
    """
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        # curl and .NET hold a long body back until they hear this, for a second.
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > limit:
                    break
    except TimeoutError:
        return b"".join(parts)[:limit], True
    return b"".join(parts)[:limit], size > limit


def stream(request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
    """An answer that is written bit by bit, with these headers and those of the web configuration."""
    return web.StreamResponse(headers={**headers, **request.get(HEADERS, {})})


def bearer(request: web.BaseRequest) -> str:
    """The token of `Authorization: Bearer`, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def problem(status: int, detail: str, retry_after: float = 0.0, allow: Sequence[str] = ()) -> web.Response:
    """An error as RFC 9457 has it; `allow`: the methods that the address knows."""
    headers = {"Retry-After": whole_seconds(retry_after)} if retry_after else {}
    if allow:
        headers["Allow"] = ", ".join(allow)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="heartline"'
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return web.json_response(content, status=status, headers=headers, content_type="application/problem+json")


def whole_seconds(wait: float) -> str:
    """A wait as Retry-After has it."""
    return str(math.ceil(wait))


def instant(name: str, at: float) -> dict[str, str | float | None]:
    """An instant for people and for programs: RFC 3339 under `name`, epoch seconds under `name`_timestamp; or null."""
    if not 0 < at < LAST_INSTANT:
        return {name: None, f"{name}_timestamp": None}
    return {name: datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"), f"{name}_timestamp": at}
