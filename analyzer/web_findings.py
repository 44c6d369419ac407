"""The API: findings, hosts and their runs as JSON, for whoever has its key. What logs said stands in strings alone."""

import asyncio
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from analyzer.finding import RANK, SEVERITIES, Severity
from analyzer.lifecycle import STATES, State
from analyzer.show import finding_json, host_json, run_json
from analyzer.store import UNRESOLVED, StorageError, Store
from analyzer.store_read import Place
from toolkit.limits import Limit, subscriber
from toolkit.page import SECURITY
from toolkit.secret import same
from toolkit.web_parts import bearer, problem

MOST = 200  # findings or runs in one answer
USUAL = 50
MOST_KEYS = 20  # of a query
FINGERPRINT = re.compile("[0-9a-f]{16}")
CURSOR = re.compile(r"([0-2])_([0-9]{1,12}(?:\.[0-9]{1,20})?)_([0-9a-f]{16})")
KEYS = ("host", "severity", "state", "limit", "cursor")
Address = Callable[[web.BaseRequest], str]
T = TypeVar("T")


class Declined(Exception):
    """The request cannot be answered; told as problem details."""

    def __init__(self, status: int, detail: str, retry_after: float = 0.0, allow: Collection[str] = ()) -> None:
        super().__init__(detail)
        self.status, self.retry_after, self.allow = status, retry_after, tuple(allow)


class Findings:
    """The pages /findings and /hosts. `key` is what must be shown, None: nobody may; `hosts`: those configured."""

    def __init__(
        self,
        store: Store,
        key: Callable[[], str | None],
        hosts: Callable[[], Collection[str]],
        address: Address,
        wrong: Limit,
    ) -> None:
        self._store, self._key, self._hosts = store, key, hosts
        self._address, self._wrong = address, wrong

    async def findings(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """GET /findings, worst first, and GET /findings/<fingerprint>."""
        return await self._answered(request, path, query, self._findings)

    async def hosts(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """GET /hosts, /hosts/<host> and /hosts/<host>/runs, newest first."""
        return await self._answered(request, path, query, self._of_hosts)

    async def _answered(
        self,
        request: web.BaseRequest,
        path: list[str],
        query: str,
        tell: Callable[[list[str], Mapping[str, str]], object],
    ) -> web.StreamResponse:
        try:
            self._admit(request)
            if request.method not in ("GET", "HEAD"):
                raise Declined(405, f"{request.method} is not for this address", allow=("GET", "HEAD"))
            # In a thread, JSON too: a page of findings is a megabyte at worst, and others wait for the event loop.
            text = await asyncio.to_thread(lambda: json.dumps(tell(path, _keys(query))))
        except Declined as e:
            return problem(e.status, str(e), e.retry_after, e.allow)
        except StorageError:
            return problem(503, "the store cannot be read now; the log of this program says why", 10)
        return web.Response(text=text, content_type="application/json", headers=SECURITY)

    def _admit(self, request: web.BaseRequest) -> None:
        key = self._key()
        if key is None:
            raise Declined(403, "this API is off: set api_key, api_key_file or ANALYZER_API_KEY to turn it on")
        given = bearer(request) or request.headers.get("X-Api-Key", "")
        if same(given, key):
            return
        wait = self._wrong.allow(subscriber(self._address(request)), asyncio.get_running_loop().time())
        if wait:
            raise Declined(429, "too many wrong keys", wait)
        raise Declined(401, "an API key is needed: Authorization: Bearer <key>, or X-Api-Key")

    def _findings(self, path: list[str], keys: Mapping[str, str]) -> object:
        match path:
            case []:
                return self._list(keys)
            case [fingerprint] if FINGERPRINT.fullmatch(fingerprint):
                known = self._store.finding(fingerprint)
                if known is not None:
                    return finding_json(known)
                raise Declined(404, f"there is no finding {fingerprint}")
        raise Declined(404, "there is nothing at this address; a fingerprint is 16 hexadecimal digits")

    def _list(self, keys: Mapping[str, str]) -> object:
        limit = _limit(keys)
        found = self._store.findings(
            keys.get("host"), _severity(keys), _states(keys), limit + 1, _place(keys.get("cursor"))
        )
        shown = found[:limit]
        last = shown[-1] if len(found) > limit else None
        place = last and f"{RANK[last.finding.severity]}_{last.first_seen!r}_{last.fingerprint}"
        return {"findings": [finding_json(known) for known in shown], "next": place}

    def _of_hosts(self, path: list[str], keys: Mapping[str, str]) -> object:
        states = self._store.hosts(shown=0)
        if not path:
            return {"hosts": [host_json(name, states.get(name)) for name in sorted(self._hosts())]}
        name = path[0]
        if name not in states and name not in self._hosts():
            raise Declined(404, "there is no such host")
        match path[1:]:
            case []:
                return host_json(name, states.get(name))
            case ["runs"]:
                return {"runs": [run_json(ran) for ran in self._store.runs(name, _limit(keys))]}
        raise Declined(404, "there is nothing at this address")


def _keys(query: str) -> dict[str, str]:
    try:
        keys = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_KEYS, errors="replace"))
    except ValueError as e:
        raise Declined(400, "too many query keys") from e
    strange = sorted(keys.keys() - set(KEYS))
    if strange:
        raise Declined(400, f"{strange[0]!r} is no query key here: they are {', '.join(KEYS)}")
    return keys


def _severity(keys: Mapping[str, str]) -> Severity | None:
    return _one_of(keys, "severity", SEVERITIES) if "severity" in keys else None


def _states(keys: Mapping[str, str]) -> Collection[State]:
    """Without the key what is not resolved, with `all` everything."""
    if keys.get("state") == "all":
        return STATES
    return (_one_of(keys, "state", STATES),) if "state" in keys else UNRESOLVED


def _one_of(keys: Mapping[str, str], name: str, words: Collection[T]) -> T:
    for word in words:
        if word == keys[name]:
            return word
    raise Declined(400, f"{name}: expected one of {', '.join(map(str, words))}")


def _limit(keys: Mapping[str, str]) -> int:
    told = keys.get("limit", str(USUAL))
    if not re.fullmatch("[0-9]{1,4}", told) or not 1 <= int(told) <= MOST:
        raise Declined(400, f"limit: expected a whole number from 1 to {MOST}")
    return int(told)


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    told = CURSOR.fullmatch(cursor)
    if told is None:
        raise Declined(400, "cursor: expected what `next` of the page before it said")
    return int(told[1]), float(told[2]), told[3]
