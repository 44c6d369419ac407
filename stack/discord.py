"""A server on this machine that takes messages as Discord's webhooks do, refuses what they refuse, and remembers."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from stack.layout import HOST
from stack.message import Message, Rejected, parse

WEBHOOK = "/api/webhooks/1/not-a-secret"
# Discord allows each webhook about five requests in two seconds.
RATE_REQUESTS, RATE_SECONDS = 5, 2.0


class StandIn:
    """One webhook at `url`; `messages` are those accepted, edits among them, `refusals` the others' codes; in order."""

    def __init__(self, rate_limited: bool = True, clock: Callable[[], float] = time.time) -> None:
        self.url = ""
        self.messages: list[Message] = []
        self.edits: list[Message] = []
        self.refusals: list[int] = []
        self._rate_limited = rate_limited
        self._clock = clock
        self._window_ends = 0.0
        self._used = 0
        self._changed = asyncio.Condition()

    async def wait_for(self, wanted: Callable[[Message], bool], within: float, after: int = 0) -> Message:
        """The first message from number `after` on that is `wanted`; raises TimeoutError after `within` seconds."""

        def found() -> Message | None:
            return next(filter(wanted, self.messages[after:]), None)

        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
        message = found()
        assert message is not None
        return message

    async def answer(self, request: web.Request) -> web.Response:
        """Take one request to a webhook."""
        now = self._clock()
        headers, wait = self._rate(now)
        if not f"{request.path}/".startswith(f"{WEBHOOK}/"):
            return self._refuse(404, {"message": "Unknown Webhook", "code": 10015}, headers)
        number = request.match_info.get("message", "")
        if number and number not in {str(posted + 1) for posted in range(len(self.messages))}:
            return self._refuse(404, {"message": "Unknown Message", "code": 10008}, headers)
        if wait > 0:
            body = {"message": "You are being rate limited.", "retry_after": round(wait, 3), "global": False}
            return self._refuse(429, body, headers | {"Retry-After": str(math.ceil(wait))})
        try:
            message = parse(await request.json(), now)
        except ValueError:
            return self._refuse(400, {"message": "The request body contains invalid JSON.", "code": 50109}, headers)
        except Rejected as e:
            return self._refuse(400, e.answer, headers)
        async with self._changed:
            self.messages.append(message)
            self.edits += [message] if number else []
            self._changed.notify_all()
        if not number and request.query.get("wait") != "true":
            return web.Response(status=204, headers=headers)
        answer = {"id": number or str(len(self.messages)), "content": message.content}
        return web.json_response(answer, headers=headers)

    def _rate(self, now: float) -> tuple[dict[str, str], float]:
        """Headers of the rate limit, and seconds to wait when it is exceeded; a refused request counts as well."""
        if not self._rate_limited:
            return {}, 0.0
        if now >= self._window_ends:
            self._window_ends, self._used = now + RATE_SECONDS, 0
        self._used += 1
        reset = self._window_ends - now
        headers = {
            "X-RateLimit-Limit": str(RATE_REQUESTS),
            "X-RateLimit-Remaining": str(max(0, RATE_REQUESTS - self._used)),
            "X-RateLimit-Reset": f"{self._window_ends:.3f}",
            "X-RateLimit-Reset-After": f"{reset:.3f}",
            "X-RateLimit-Bucket": "webhook",
        }
        return headers, reset if self._used > RATE_REQUESTS else 0.0

    def _refuse(self, status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> web.Response:
        self.refusals.append(status)
        return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def listening(rate_limited: bool = True, clock: Callable[[], float] = time.time) -> AsyncIterator[StandIn]:
    """A stand-in that listens on a free port of the loopback address."""
    stand_in = StandIn(rate_limited, clock)
    app = web.Application()
    app.router.add_post("/api/webhooks/{id}/{token}", stand_in.answer)
    app.router.add_patch("/api/webhooks/{id}/{token}/messages/{message}", stand_in.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        stand_in.url = f"http://{HOST}:{runner.addresses[0][1]}{WEBHOOK}"
        yield stand_in
    finally:
        await runner.cleanup()
