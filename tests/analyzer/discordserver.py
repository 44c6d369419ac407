"""A server on this machine that behaves as Discord does to webhooks: limits, refusals, edits, and bad days."""

import asyncio
import itertools
import json
import math
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiohttp import web

from stack.message import Message, Rejected, parse

HOST = "127.0.0.1"
TOKEN = "not-a-secret-AbC_d"


@dataclass
class Window:
    """At most `most` requests in `seconds` from the first on."""

    most: int
    seconds: float
    used: int = 0
    ends: float = 0.0

    def take(self, now: float) -> float:
        """Count a request; seconds until there is room for it, 0.0: there is."""
        if now >= self.ends:
            self.used, self.ends = 0, now + self.seconds
        self.used += 1
        return self.ends - now if self.used > self.most else 0.0

    def full(self, now: float) -> float:
        """The same without counting it."""
        return self.ends - now if now < self.ends and self.used >= self.most else 0.0


@dataclass(frozen=True)
class Limits:
    """`scale`: how much shorter than in real life all of them are; `refused_count`: do refused requests count too?"""

    burst: int = 5
    burst_seconds: float = 2.0
    minute: int = 30
    minute_seconds: float = 60.0
    globally: int = 50
    global_seconds: float = 1.0
    scale: float = 1.0
    refused_count: bool = True

    def windows(self) -> tuple[Window, Window]:
        """Those of one webhook."""
        burst = Window(self.burst, self.burst_seconds * self.scale)
        return burst, Window(self.minute, self.minute_seconds * self.scale)


NONE = Limits(burst=10**9, minute=10**9, globally=10**9)


@dataclass
class Event:
    """A request that was accepted."""

    at: float
    method: str
    id: str
    message: Message


@dataclass
class DiscordServer:
    """`messages`: the latest form of each by its id; `events`: all that was accepted; `refusals`: the others' codes."""

    limits: Limits
    seed: int = 0
    failing: float = 0.0  # share of requests that get a 500
    clock: Callable[[], float] = time.monotonic
    base: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    refusals: Counter[int] = field(default_factory=Counter)
    bodies: list[Mapping[str, object]] = field(default_factory=list)
    down_until: float = 0.0
    hang: bool = False
    lose_answer: bool = False  # accept the next message and never say so
    unknown_webhook: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_200_000_000_000_000_000))
    _windows: dict[str, tuple[Window, Window]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._global = Window(self.limits.globally, self.limits.global_seconds * self.limits.scale)

    def url(self, webhook: int = 1) -> str:
        return f"{self.base}/api/webhooks/{webhook}/{TOKEN}"

    def windows(self) -> tuple[Window, Window]:
        """How the first webhook's limits stand now, to reckon with."""
        burst, minute = self._windows.get("1") or self.limits.windows()
        return replace(burst), replace(minute)

    def outage(self, seconds: float) -> None:
        """From now on nobody is answered, for so long."""
        self.down_until = self.clock() + seconds

    async def heard(self, wanted: Callable[["DiscordServer"], bool], within: float = 20.0) -> None:
        """Wait until `wanted` is true of what was accepted; TimeoutError after `within` seconds."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(lambda: wanted(self))

    @property
    def posts(self) -> list[Event]:
        return [event for event in self.events if event.method == "POST"]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take one request."""
        now = self.clock()
        if now < self.down_until:
            self.refusals[502] += 1
            return web.Response(status=502, text="<html>bad gateway</html>", content_type="text/html")
        if self.hang:
            await asyncio.sleep(3600)
        headers, refusal = self._limited(request.match_info["webhook"], now)
        if refusal is None:
            refusal = self._absent(request, headers)
        if refusal is None and self._random.random() < self.failing:
            refusal = _problem(500, {"message": "500: Internal Server Error", "code": 0}, headers)
        if refusal is not None:
            self.refusals[refusal.status] += 1
            return refusal
        return await self._accepted(request, now, headers)

    async def _accepted(self, request: web.Request, now: float, headers: Mapping[str, str]) -> web.StreamResponse:
        try:
            body = await request.json()
            message = parse(body, now)
        except Rejected as e:
            self.refusals[400] += 1
            return _problem(400, e.answer, headers)
        except json.JSONDecodeError:
            self.refusals[400] += 1
            return _problem(400, {"message": "The request body contains invalid JSON.", "code": 50109}, headers)
        number = request.match_info.get("message") or str(next(self._ids))
        async with self.changed:
            self.messages[number] = message
            self.events.append(Event(now, request.method, number, message))
            self.bodies.append(body)
            self.changed.notify_all()
        if self.lose_answer:
            self.lose_answer = False
            assert request.transport is not None
            request.transport.abort()
        if request.method == "POST" and request.query.get("wait") != "true":
            return web.Response(status=204, headers=headers)
        return web.json_response({"id": number, "content": message.content}, headers=headers)

    def _absent(self, request: web.Request, headers: Mapping[str, str]) -> web.Response | None:
        if self.unknown_webhook or request.match_info["token"] != TOKEN:
            return _problem(404, {"message": "Unknown Webhook", "code": 10015}, headers)
        if request.match_info.get("message", "") not in {"", *self.messages}:
            return _problem(404, {"message": "Unknown Message", "code": 10008}, headers)
        return None

    def _limited(self, webhook: str, now: float) -> tuple[dict[str, str], web.Response | None]:
        burst, minute = self._windows.setdefault(webhook, self.limits.windows())
        everybody = self._global.take(now)
        if everybody:
            headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
            return headers, _slow_down(everybody, True, headers)
        wait = 0.0 if self.limits.refused_count else max(burst.full(now), minute.full(now))
        wait = wait or max(burst.take(now), minute.take(now))
        headers = {
            "X-RateLimit-Limit": str(burst.most),
            "X-RateLimit-Remaining": str(max(0, burst.most - burst.used)),
            "X-RateLimit-Reset": f"{time.time() + burst.ends - now:.3f}",
            "X-RateLimit-Reset-After": f"{burst.ends - now:.3f}",
            "X-RateLimit-Bucket": f"bucket-{webhook}",
        }
        if wait:
            return headers, _slow_down(wait, False, headers | {"X-RateLimit-Scope": "user"})
        return headers, None


def _slow_down(wait: float, everybody: bool, headers: Mapping[str, str]) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": math.ceil(wait * 1000) / 1000, "global": everybody}
    return _problem(429, body, {**headers, "Retry-After": str(math.ceil(wait))})


def _problem(status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def listening(limits: Limits = NONE, failing: float = 0.0, seed: int = 0) -> AsyncIterator[DiscordServer]:
    """One that listens on a free port of the loopback address."""
    server = DiscordServer(limits, seed, failing)
    app = web.Application()
    app.router.add_post("/api/webhooks/{webhook}/{token}", server.answer)
    app.router.add_patch("/api/webhooks/{webhook}/{token}/messages/{message}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        server.base = f"http://{HOST}:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
