"""POST /alerts: where Alertmanager's webhook_configs deliver, to all services or, as /alerts/NAME, to one."""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

from analyzer.notify.payload import Malformed, parse
from analyzer.notify.relay import Relay
from analyzer.notify.store import StoreError
from toolkit.limits import Limit, subscriber
from toolkit.secret import same
from toolkit.web_parts import bearer, problem, read_body

log = logging.getLogger(__name__)

BODY_BYTES = 16 * 2**20
RETRY_SECONDS = 5.0


class Alerts:
    """`secret` is what must be shown, None: nobody may; `wrong` limits wrong ones by client."""

    def __init__(
        self,
        relay: Relay,
        secret: Callable[[], str | None],
        address: Callable[[web.BaseRequest], str],
        wrong: Limit,
    ) -> None:
        self._relay, self._secret, self._address, self._wrong = relay, secret, address, wrong

    async def alerts(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """200 when everybody has it; 503 while somebody does not; other 4xx are mistakes, which no retry mends."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if request.method != "POST":
            return problem(405, f"{request.method} is not for this address", allow=("POST",))
        if len(path) > 1 or (path and path[0] not in self._relay.names):
            return problem(404, "there is no such service: the configuration's `notify` names them")
        if not self._relay.names:
            return problem(503, "no service to tell: the configuration's `notify` is empty", 60)
        return await self._taken(request, path[0] if path else None)

    async def _taken(self, request: web.BaseRequest, only: str | None) -> web.Response:
        body, more = await read_body(request, BODY_BYTES)
        if more:
            return problem(413, f"the body is longer than {BODY_BYTES} bytes, or it took too long")
        try:
            group = await asyncio.to_thread(parse, body)
            rest = await self._relay.take(group, only)
        except Malformed as e:
            log.warning("alerts refused: %s", e)
            return problem(400, str(e))
        except StoreError as e:
            log.error("alerts not kept: %s", e)
            return problem(503, "it cannot be kept now; the log of this program says why", RETRY_SECONDS)
        if rest:
            return problem(503, f"kept, but not told yet: {', '.join(rest)}", RETRY_SECONDS)
        return web.json_response({"status": "told"})

    def _refusal(self, request: web.BaseRequest) -> web.Response | None:
        secret = self._secret()
        if secret is None:
            return problem(403, "the relay is off: set relay.secret, relay.secret_file or ANALYZER_RELAY_SECRET")
        if same(bearer(request), secret):
            return None
        wait = self._wrong.allow(subscriber(self._address(request)), asyncio.get_running_loop().time())
        if wait:
            return problem(429, "too many wrong secrets", wait)
        return problem(401, "the relay's secret is needed: Authorization: Bearer <secret>")
