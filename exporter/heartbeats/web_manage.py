"""The management API: what heartbeats there are, registering, changing, pausing and deleting them, their receipts."""

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from exporter.heartbeats import ping
from exporter.heartbeats.declare import Calendar, heartbeat_of
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.receipt import KINDS
from exporter.heartbeats.receiver import Receiver, Unavailable
from exporter.heartbeats.store import Entry
from toolkit.limits import Limit, subscriber
from toolkit.strict import ConfigError
from toolkit.web_parts import bearer, instant, problem, read_body, stream

REQUEST_LIMIT = 100_000  # bytes of a declaration
MOST_RECEIPTS = 1000
SLICE = 100  # heartbeats that are described at once
Address = Callable[[web.BaseRequest], str]


class Declined(Exception):
    """The request cannot be done; answered as problem details."""

    def __init__(self, status: int, detail: str, retry_after: float = 0.0, allow: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status, self.retry_after, self.allow = status, retry_after, allow


class Management:
    """Everything under /api/v1/heartbeats. `base_url`: what ping URLs begin with; `calendar`: what is referred to."""

    calendar: Calendar
    base_url: str

    def __init__(self, receiver: Receiver, address: Address, wrong: Limit, file: str) -> None:
        self._receiver = receiver
        self._register = receiver.register
        self._address = address
        self._wrong = wrong
        self._file = file
        self._changing = asyncio.Lock()  # look and change belong together

    async def answer(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """`path`: what follows /api/v1/heartbeats, split at its slashes."""
        try:
            self._admit(request)
            method, allowed = request.method, _methods(path)
            if method not in allowed:
                raise Declined(405, f"{method} is not for this address", allow=allowed)
            if not self._receiver.ready:
                raise Declined(503, "starting: the store is not loaded yet", 5)
            if method in ("GET", "HEAD"):
                return await self._show(request, path, query)
            spec = await _spec(request) if path[1:] == [] and method != "DELETE" else {}
            # The body was read before: whoever sends it slowly must not keep others waiting.
            async with self._changing:
                return await self._change(method, path, spec)
        except Declined as e:
            return problem(e.status, str(e), e.retry_after, e.allow)
        except Unavailable as e:
            return problem(503, str(e), e.retry_after)
        except (ConfigError, ping.Malformed) as e:
            return problem(400, str(e))

    async def _show(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        match path:
            case [id]:
                return web.json_response(self.describe(self._known(id)))
            case [id, _]:
                entries = await self._receiver.recent(self._known(id), _count(query))
                return web.json_response({"receipts": [_receipt(entry) for entry in entries]})
        return await self._list(request)

    async def _list(self, request: web.BaseRequest) -> web.StreamResponse:
        answer = stream(request, {"Content-Type": "application/json; charset=utf-8"})
        await answer.prepare(request)
        if request.method != "HEAD":
            heartbeats = list(self._register)
            # A slice at a time: describing a hundred thousand takes seconds, in which pings would wait.
            for start in range(0, len(heartbeats), SLICE):
                texts = [json.dumps(self.describe(heartbeat)) for heartbeat in heartbeats[start : start + SLICE]]
                await answer.write((", " if start else '{"heartbeats": [').encode() + ", ".join(texts).encode())
                await asyncio.sleep(0)
            await answer.write(b"]}" if heartbeats else b'{"heartbeats": []}')
        await answer.write_eof()
        return answer

    async def _change(self, method: str, path: list[str], spec: Mapping[str, Any]) -> web.Response:
        match method, path:
            case "POST", []:
                return await self._add(spec)
            case "PUT", [id]:
                return await self._put(id, spec)
            case "PATCH", [id]:
                heartbeat = self._known(id)
                spec = {**(heartbeat.definition.spec or {}), **spec}
                return await self._redefine(heartbeat, {key: value for key, value in spec.items() if value is not None})
            case "DELETE", [id]:
                heartbeat = self._known(id)
                self._refuse_file(heartbeat)
                await self._receiver.remove(heartbeat)
                return web.json_response({"deleted": id})
        heartbeat = self._known(path[0])
        await self._receiver.pause(heartbeat, path[1] == "pause")
        return web.json_response(self.describe(heartbeat))

    async def _put(self, id: str, spec: Mapping[str, Any]) -> web.Response:
        heartbeat = self._register.by_id(id)
        if heartbeat is not None:
            return await self._redefine(heartbeat, spec)
        if spec.get("id", id) != id:
            raise Declined(409, f"id: the address says {id!r}")
        return await self._add({**spec, "id": id})

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

    async def _redefine(self, heartbeat: Heartbeat, spec: Mapping[str, Any]) -> web.Response:
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
            "url": f"{self.base_url}/ping/{self._register.keys.token(d.id, d.token)}",
        }

    def _admit(self, request: web.BaseRequest) -> None:
        key = bearer(request) or request.headers.get("X-Api-Key", "")
        if self._register.keys.is_api_key(key):
            return
        wait = self._wrong.allow(subscriber(self._address(request)), asyncio.get_running_loop().time())
        if wait:
            raise Declined(429, "too many wrong keys", wait)
        raise Declined(401, "an API key is needed: Authorization: Bearer <key>, or X-Api-Key; `urls --keys` prints it")

    def _known(self, id: str) -> Heartbeat:
        heartbeat = self._register.by_id(id)
        if heartbeat is None:
            raise Declined(404, f"there is no heartbeat {id!r}")
        return heartbeat

    def _refuse_file(self, heartbeat: Heartbeat) -> None:
        if heartbeat.definition.spec is None:
            id = heartbeat.definition.id
            raise Declined(409, f"heartbeat {id!r} is defined in {self._file}: change it there and reload")

    def _refuse_token(self, definition: Definition, owner: Heartbeat | None) -> None:
        if self._register.by_token(self._register.keys.token(definition.id, definition.token)) not in (None, owner):
            raise Declined(409, "token: another heartbeat has it")


def _methods(path: list[str]) -> tuple[str, ...]:
    """What may be done with an address."""
    match path:
        case []:
            return "GET", "HEAD", "POST"
        case [_]:
            return "GET", "HEAD", "PUT", "PATCH", "DELETE"
        case [_, "receipts"]:
            return "GET", "HEAD"
        case [_, "pause" | "resume"]:
            return ("POST",)
    raise Declined(404, "there is nothing at this address")


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
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= MOST_RECEIPTS:
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
