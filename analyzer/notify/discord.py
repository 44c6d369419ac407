"""Deliver to a Discord webhook: posted anew, or edited, within the limits that Discord's answers tell.

Discord knows a nonce only for messages of bots, and lists a webhook's messages to nobody: where its answer is lost, the
message is posted once more and says that it may be there twice.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from yarl import URL

from analyzer.notify import embeds
from analyzer.notify.buckets import TOO_MANY, Buckets
from analyzer.notify.incident import Step
from analyzer.notify.message import Message
from analyzer.notify.service import Undelivered

ANSWER_SECONDS = 10.0
ANSWER_BYTES = 256 * 1024
UNKNOWN_MESSAGE = 10008
BAD_REQUEST, GONE = 400, 404


@dataclass
class Discord:
    """One webhook. `clock` is monotonic, in seconds; `session` is asked for at the first message."""

    name: str
    url: str
    severities: frozenset[str]
    buckets: Buckets
    session: Callable[[], aiohttp.ClientSession]
    clock: Callable[[], float]
    seconds: float = ANSWER_SECONDS

    def wait(self) -> float:
        now = self.clock()
        return max(self.buckets.wait(method, now) for method in ("POST", "PATCH"))

    async def tell(self, message: Message, step: Step, messages: tuple[str, ...]) -> tuple[str, ...]:
        """Post it, edit the latest message, or, at the end, all of them; what is not there any more is posted anew."""
        if step == "post" or not messages:
            return (*messages, await self._post(message))
        # The latest last, so that a failure half-way is seen there.
        edited = messages if step == "close" else messages[-1:]
        kept = [one for one in edited if await self._edit(one, message)]
        if messages[-1] not in kept:
            kept.append(await self._post(message))
        return (*(one for one in messages if one not in edited), *kept)

    async def _post(self, message: Message) -> str:
        status, answer = await self._send("POST", URL(self.url).update_query(wait="true"), message)
        number = answer.get("id")
        if status >= 300 or not isinstance(number, str):
            raise self._failure(status, answer)
        return number

    async def _edit(self, number: str, message: Message) -> bool:
        """False: there is no such message any more."""
        url = URL(self.url)
        status, answer = await self._send(
            "PATCH", url.with_path(f"{url.path}/messages/{number}", keep_query=True), message
        )
        if status == GONE and answer.get("code") == UNKNOWN_MESSAGE:
            return False
        if status >= 300:
            raise self._failure(status, answer)
        return True

    async def _send(self, method: str, url: URL, message: Message) -> tuple[int, dict[str, object]]:
        payload = await asyncio.to_thread(embeds.payload, message)
        status, answer = await self._request(method, url, payload)
        if status == BAD_REQUEST:
            # Better told without any form than not told.
            return await self._request(method, url, embeds.plain(message))
        return status, answer

    async def _request(self, method: str, url: URL, payload: embeds.Payload) -> tuple[int, dict[str, object]]:
        # Ten messages are edited when an incident ends: to begin again at each limit would never come to its end.
        await asyncio.sleep(self.buckets.wait(method, self.clock()))
        timeout = aiohttp.ClientTimeout(total=self.seconds)
        try:
            async with self.session().request(
                method, url, json=payload, timeout=timeout, allow_redirects=False
            ) as answer:
                body = _parsed(await answer.content.read(ANSWER_BYTES))
                now = self.clock()
                wait = self.buckets.learn(method, answer.status, answer.headers, body, now)
        except (aiohttp.ClientError, TimeoutError) as e:
            # Not the error's own words: they hold the URL, which is the secret.
            unsure = not isinstance(e, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
            raise Undelivered(f"no answer ({type(e).__name__})", "unreachable", unsure=unsure) from None
        if answer.status == TOO_MANY:
            raise Undelivered(f"Discord asks to wait {wait:.1f} s", "limited")
        return answer.status, body

    def _failure(self, status: int, answer: dict[str, object]) -> Undelivered:
        word = str(answer.get("message", ""))[:100]
        if status >= 500:
            return Undelivered(f"Discord answered {status}", "failed")
        return Undelivered(f"Discord refuses: {status} {word}".rstrip(), "refused", broken=True)


def _parsed(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
