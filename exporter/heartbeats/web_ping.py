"""Answers pings: finds out who reports, takes the receipt in, says OK when it is on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from exporter.heartbeats import ping
from exporter.heartbeats.declare import Calendar, heartbeat_of
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.ping import Malformed, Said
from exporter.heartbeats.receipt import BODY_LIMIT, KINDS, Receipt
from exporter.heartbeats.receiver import Receiver, Unavailable
from exporter.heartbeats.register import ID
from toolkit.limits import Limit, subscriber
from toolkit.strict import ConfigError
from toolkit.web_parts import Ready, bearer, instant, is_plain, problem, read_body, whole_seconds

AGENT_LIMIT = 200
OUTCOMES = ("accepted", "created", "malformed", "not_found", "unauthorized", "limited", "unavailable")
JSON_LIMIT = 1 << 20  # bytes of a JSON body that are read for what they say; BODY_LIMIT of them are kept
METHODS = ("GET", "POST", "HEAD", "PUT")
PLAIN: CIMultiDict[str] = CIMultiDict(
    {
        "Content-Type": "text/plain; charset=utf-8",
        "Ping-Body-Limit": str(BODY_LIMIT),
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
    }
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%b\r\nOK" % b"".join(
    f"{name}: {value}\r\n".encode() for name, value in PLAIN.items()
)
READY = Ready(OK)
Address = Callable[[web.BaseRequest], str]


@dataclass(frozen=True, slots=True)
class Creation:
    """What a heartbeat is that `?create=1` makes, and how many there may be; `spec` as in the file, without id."""

    spec: dict[str, Any]
    limit: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one heartbeat may report: so many a second in the long run, so many at once."""

    per_second: float
    burst: int


class Refused(Exception):
    """The ping is not taken; `status` and `text` answer it, `outcome` counts it."""

    def __init__(self, status: int, text: str, outcome: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.status, self.outcome, self.retry_after = status, outcome, retry_after

    @property
    def headers(self) -> dict[str, str]:
        if self.status == 405:
            return {"Allow": ", ".join(METHODS)}
        return {"Retry-After": whole_seconds(self.retry_after)} if self.retry_after else {}


REFUSALS = (Malformed, Refused, Unavailable)


class Pings:
    """The three forms of the ping API. `address` tells a request's client."""

    def __init__(self, receiver: Receiver, address: Address, wrong: Limit, pace: Pace, creation: Creation) -> None:
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self.calendar = Calendar()
        self.creation = creation
        self._receiver = receiver
        self._register = receiver.register
        self._address = address
        self._wrong = wrong
        self.pace = pace
        self._creating = asyncio.Lock()

    async def healthchecks(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """/ping/<token>[/...] and /ping/<ping_key>/<id>[/...]; `path` is what follows /ping/."""
        try:
            token, _, rest = path.partition("/")
            heartbeat = self._register.by_token(token)
            asked = ping.query(query)
            created = False
            if heartbeat is None:
                heartbeat, rest, created = await self._by_ping_key(request, token, rest, asked.create)
            said = ping.action(rest)
            body, cut = await read_body(request, BODY_LIMIT) if request.body_exists else (b"", False)
            await self._submit(request, heartbeat, said, asked.rid, body, cut)
        except REFUSALS as e:
            refused = self._refused(e, 400)
            return web.Response(
                body=f"{refused}\n".encode(), status=refused.status, headers={**PLAIN, **refused.headers}
            )
        self.outcomes["created" if created else "accepted"] += 1
        if not created and is_plain(request):
            return READY
        return web.Response(body=b"Created" if created else b"OK", status=201 if created else 200, headers=PLAIN)

    async def kuma(self, request: web.BaseRequest, token: str, query: str) -> web.Response:
        """/api/push/<token>?status=&msg=&ping=; every refusal but overload is a 404, as Uptime Kuma answers."""
        try:
            heartbeat = self._register.by_token(token)
            if heartbeat is None:
                raise self._unknown(request, "not_found")
            said, message = ping.push(query)
            await self._submit(request, heartbeat, said, None, message.encode(errors="replace")[:BODY_LIMIT], False)
        except REFUSALS as e:
            refused = self._refused(e, 404)
            text = "Monitor not found or not active." if refused.outcome == "not_found" else str(refused)
            status = refused.status if refused.retry_after else 404
            return web.json_response({"ok": False, "msg": text}, status=status, headers=refused.headers)
        self.outcomes["accepted"] += 1
        return web.json_response({"ok": True})

    async def own(self, request: web.BaseRequest, id: str, query: str) -> web.Response:
        """/api/v1/heartbeat/<id> with the token as a query key or as Bearer; a JSON body may say more."""
        heartbeat = self._register.by_id(id)
        try:
            token = ping.token(query) or bearer(request)
            known_key, own_token = self._register.keys.is_ping_key(token), self._register.matches(heartbeat, token)
            if heartbeat is None and known_key and self._receiver.ready:
                raise Refused(404, f"there is no heartbeat {id!r}", "not_found")
            if heartbeat is None or not (known_key or own_token):
                raise self._unknown(request, "unauthorized")
            body, cut = await read_body(request, JSON_LIMIT)
            said, rid = ping.metadata(body, request.content_type == "application/json", whole=not cut)
            cut = cut or len(body) > BODY_LIMIT
            await self._submit(request, heartbeat, said, rid or ping.query(query).rid, body[:BODY_LIMIT], cut)
        except REFUSALS as e:
            refused = self._refused(e, 400)
            return problem(refused.status, str(refused), refused.retry_after, METHODS if refused.status == 405 else ())
        self.outcomes["accepted"] += 1
        status = {"id": id, "received": KINDS[said.kind], "status": heartbeat.status(self._receiver.now())}
        return web.json_response(status | instant("deadline", heartbeat.deadline.at))

    async def _by_ping_key(
        self, request: web.BaseRequest, key: str, rest: str, create: bool
    ) -> tuple[Heartbeat, str, bool]:
        """The heartbeat, what follows its id, and whether it was made just now."""
        id, _, rest = rest.partition("/")
        if not id or not self._register.keys.is_ping_key(key):
            raise self._unknown(request, "not_found")
        if not ID.fullmatch(id):
            raise Malformed("invalid url format")
        heartbeat = self._register.by_id(id)
        if heartbeat is not None:
            return heartbeat, rest, False
        # Before the store is loaded nobody knows whether it is new.
        if not create or not self._receiver.ready:
            raise self._unknown(request, "not_found")
        _refuse_method(request)  # what cannot be answered makes no heartbeat
        ping.action(rest)
        heartbeat, created = await self._create(id)
        return heartbeat, rest, created

    async def _create(self, id: str) -> tuple[Heartbeat, bool]:
        async with self._creating:
            known = self._register.by_id(id)
            if known is not None:
                return known, False
            if sum(h.definition.spec is not None for h in self._register) >= self.creation.limit:
                raise Refused(404, "not found", "not_found")
            try:
                return await self._receiver.declare(heartbeat_of({"id": id} | self.creation.spec, self.calendar)), True
            except ConfigError as e:
                raise Malformed(str(e)) from e

    def _submit(
        self, request: web.BaseRequest, heartbeat: Heartbeat, said: Said, rid: str | None, body: bytes, cut: bool
    ) -> "asyncio.Future[None]":
        _refuse_method(request)
        receiver = self._receiver
        now = receiver.now()
        self._limit(heartbeat, now)
        kind, code, duration = said
        agent = request.headers.get("User-Agent", "")[:AGENT_LIMIT]
        return receiver.submit(
            heartbeat, Receipt(now, kind, code, rid, duration, self._address(request), agent, body, cut)
        )

    def _limit(self, heartbeat: Heartbeat, now: float) -> None:
        # One number a heartbeat: the instant at which its bucket is full again, as in `Limit`, without a look-up.
        spacing = 1 / self.pace.per_second
        full, slack = heartbeat.full_at, (self.pace.burst - 1) * spacing
        if full - now > slack:
            # Further ahead than it can get is no debt but a wall clock that was set back.
            if full - now < slack + spacing + 60:
                raise Refused(429, "too many pings for this heartbeat", "limited", full - now - slack)
            full = now
        heartbeat.full_at = (full if full > now else now) + spacing

    def _unknown(self, request: web.BaseRequest, outcome: str) -> Refused:
        """What a wrong token hears: nothing that tells it from an unknown heartbeat, and less and less often."""
        if not self._receiver.ready:
            return Refused(503, "starting: the store is not loaded yet", "unavailable", 5)
        wait = self._wrong.allow(subscriber(self._address(request)), asyncio.get_running_loop().time())
        if wait:
            return Refused(429, "too many unknown addresses asked for", "limited", wait)
        return Refused(404, "not found", outcome) if outcome == "not_found" else Refused(401, "wrong token", outcome)

    def _refused(self, error: Exception, malformed: int) -> Refused:
        """What to answer, counted; `malformed` is the status that a form has for what it cannot read."""
        if isinstance(error, Refused):
            refused = error
        elif isinstance(error, Unavailable):
            refused = Refused(503, str(error), "unavailable", error.retry_after)
        else:
            refused = Refused(malformed, str(error), "malformed")
        self.outcomes[refused.outcome] += 1
        return refused


def _refuse_method(request: web.BaseRequest) -> None:
    if request.method not in METHODS:
        raise Refused(405, f"use {', '.join(METHODS)}", "malformed")
