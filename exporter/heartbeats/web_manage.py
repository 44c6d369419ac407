"""The management API: what heartbeats there are, registering, changing, pausing and deleting them, their receipts."""

import asyncio
import hmac
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from exporter.heartbeats import ping
from exporter.heartbeats.declare import Calendar, heartbeat_of
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.receipt import KINDS
from exporter.heartbeats.receiver import Receiver, Unavailable
from exporter.heartbeats.store import Entry
from exporter.limits import Limit
from exporter.strict import ConfigError
from exporter.web_parts import bearer, instant, problem, read_body

REQUEST_LIMIT = 100_000  # bytes of a declaration
MOST_RECEIPTS = 1000
Address = Callable[[web.BaseRequest], str]


class Declined(Exception):
    """The request cannot be done; answered as problem details."""

    def __init__(self, status: int, detail: str, retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.status, self.retry_after = status, retry_after


class Management:
    """Everything under /api/v1/heartbeats. `base_url` is what ping URLs begin with."""

    def __init__(self, receiver: Receiver, address: Address, wrong: Limit, base_url: str, file: str) -> None:
        self.calendar = Calendar()
        self._receiver = receiver
        self._register = receiver.register
        self._address = address
        self._wrong = wrong
        self._base_url = base_url
        self._file = file
        self._changing = asyncio.Lock()  # look and change belong together

    async def answer(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """`path`: what follows /api/v1/heartbeats, split at its slashes."""
        try:
            self._admit(request)
            async with self._changing:
                return await self._route(request, path, query)
        except Declined as e:
            return problem(e.status, str(e), e.retry_after)
        except Unavailable as e:
            return problem(503, str(e), e.retry_after)
        except (ConfigError, ping.Malformed) as e:
            return problem(400, str(e))

    async def _route(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        match request.method, path:
            case (("GET" | "HEAD"), []):
                return web.json_response({"heartbeats": [self.describe(heartbeat) for heartbeat in self._register]})
            case "POST", []:
                return await self._add(await _spec(request))
            case "PUT", [id] if self._register.by_id(id) is None:
                return await self._add(await _spec(request) | {"id": id})
            case _, [id, *rest]:
                return await self._one(request, self._known(id), rest, query)
        raise Declined(405, f"{request.method} is not for this address")

    async def _one(self, request: web.BaseRequest, heartbeat: Heartbeat, rest: list[str], query: str) -> web.Response:
        match request.method, rest:
            case (("GET" | "HEAD"), []):
                return web.json_response(self.describe(heartbeat))
            case "PUT", []:
                return await self._change(heartbeat, await _spec(request))
            case "PATCH", []:
                spec = {**(heartbeat.definition.spec or {}), **await _spec(request)}
                return await self._change(heartbeat, {key: value for key, value in spec.items() if value is not None})
            case "DELETE", []:
                self._refuse_file(heartbeat)
                await self._receiver.remove(heartbeat)
                return web.json_response({"deleted": heartbeat.definition.id})
            case "POST", [("pause" | "resume") as verb]:
                await self._receiver.pause(heartbeat, verb == "pause")
                return web.json_response(self.describe(heartbeat))
            case (("GET" | "HEAD"), ["receipts"]):
                entries = await self._receiver.recent(heartbeat, _count(query))
                return web.json_response({"receipts": [_receipt(entry) for entry in entries]})
        raise Declined(404 if rest else 405, f"{request.method} is not for this address")

    async def _add(self, spec: Mapping[str, Any]) -> web.Response:
        definition = heartbeat_of(spec, self.calendar)
        known = self._register.by_id(definition.id)
        if known is not None:
            self._refuse_file(known)
            raise Declined(409, f"there is a heartbeat {definition.id!r} already; change it with PUT or PATCH")
        self._refuse_token(definition, None)
        heartbeat = await self._receiver.declare(definition)
        headers = {"Location": f"/api/v1/heartbeats/{definition.id}"}
        return web.json_response(self.describe(heartbeat), status=201, headers=headers)

    async def _change(self, heartbeat: Heartbeat, spec: Mapping[str, Any]) -> web.Response:
        self._refuse_file(heartbeat)
        definition = heartbeat_of({**spec, "id": spec.get("id", heartbeat.definition.id)}, self.calendar)
        if definition.id != heartbeat.definition.id:
            raise Declined(409, "an id stays what it is: register the new one and delete the old one")
        self._refuse_token(definition, heartbeat)
        return web.json_response(self.describe(await self._receiver.declare(definition)))

    def describe(self, heartbeat: Heartbeat) -> dict[str, Any]:
        """A heartbeat as JSON tells of it: instants in RFC 3339 and as epoch seconds, lengths in seconds."""
        d, now = heartbeat.definition, self._receiver.now()
        return {
            "id": d.id,
            "host": d.host,
            "name": d.name,
            "tags": list(d.tags),
            "status": heartbeat.status(now),
            **instant("deadline", heartbeat.deadline.at),
            **instant("due", heartbeat.deadline.due),
            **instant("run_deadline", heartbeat.run_deadline),
            **instant("last_success", heartbeat.succeeded),
            **instant("last_seen", heartbeat.seen),
            **instant("last_start", heartbeat.started),
            "last_duration_seconds": _finite(heartbeat.duration),
            "last_exit_code": _finite(heartbeat.exit_code),
            "failing": heartbeat.failing,
            "paused": heartbeat.paused,
            "maintenance": heartbeat.maintenance,
            "runs_under_way": len(heartbeat.runs or ()),
            "receipts": dict(zip(KINDS, heartbeat.counts, strict=True)),
            "expected_interval_seconds": _finite(d.plan.rule.interval(now)),
            "grace_seconds": d.plan.grace,
            "max_runtime_seconds": _finite(d.max_runtime),
            "schedule": d.schedule,
            "timezone": d.timezone,
            "defined_in": self._file if d.spec is None else "api",
            "definition": d.spec,
            "url": f"{self._base_url}/ping/{self._register.keys.token(d.id, d.token)}",
        }

    def _admit(self, request: web.BaseRequest) -> None:
        key = bearer(request) or request.headers.get("X-Api-Key", "")
        if hmac.compare_digest(key.encode(), self._register.keys.api_key.encode()):
            return
        wait = self._wrong.allow(self._address(request), asyncio.get_running_loop().time())
        if wait:
            raise Declined(429, "too many wrong keys", wait)
        raise Declined(401, "an API key is needed: Authorization: Bearer <key>, or X-Api-Key; `urls --keys` prints it")

    def _known(self, id: str) -> Heartbeat:
        heartbeat = self._register.by_id(id)
        if heartbeat is None:
            if not self._receiver.ready:
                raise Declined(503, "starting: the store is not loaded yet", 5)
            raise Declined(404, f"there is no heartbeat {id!r}")
        return heartbeat

    def _refuse_file(self, heartbeat: Heartbeat) -> None:
        if heartbeat.definition.spec is None:
            id = heartbeat.definition.id
            raise Declined(409, f"heartbeat {id!r} is defined in {self._file}: change it there and reload")

    def _refuse_token(self, definition: Definition, owner: Heartbeat | None) -> None:
        if self._register.by_token(self._register.keys.token(definition.id, definition.token)) not in (None, owner):
            raise Declined(409, "token: another heartbeat has it")


async def _spec(request: web.BaseRequest) -> dict[str, Any]:
    body, cut = await read_body(request, REQUEST_LIMIT)
    if cut:
        raise Declined(400, f"the body is longer than {REQUEST_LIMIT} bytes, or came too slowly")
    try:
        spec = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise Declined(400, f"the body is not JSON: {e}") from e
    if not isinstance(spec, dict):
        raise Declined(400, "the body is not a JSON object")
    return spec


def _count(query: str) -> int:
    text = ping.keys(query).get("limit", ["100"])[-1]
    if not text.isdecimal() or not 1 <= int(text) <= MOST_RECEIPTS:
        raise Declined(400, f"limit: expected a whole number from 1 to {MOST_RECEIPTS}")
    return int(text)


def _receipt(entry: Entry) -> dict[str, Any]:
    r = entry.receipt
    return {
        "number": entry.id,
        **instant("time", r.time),
        "kind": KINDS[r.kind],
        "exit_code": r.exit_code,
        "rid": r.rid,
        "duration_seconds": r.duration,
        "remote": r.remote,
        "user_agent": r.agent,
        # Whatever bytes came: what is no UTF-8 shows as U+FFFD, the stored body is untouched.
        "body": r.body.decode(errors="replace"),
        "body_cut": r.cut,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
