"""Sends HTTP requests to models with nothing more in them than must be, and takes no answer that never ends."""

from collections.abc import AsyncIterator, Mapping
from ssl import SSLContext, create_default_context

import certifi
import httpx

from analyzer.review.declare import Model

LONGEST = 1 << 20  # bytes of an answer, far more than any answer of our schema
ALLOWED = frozenset({"host", "content-type", "content-length", "accept", "authorization"})


class TooLong(Exception):
    """The answer is longer than any of ours could be, or packed, which was not asked for."""


class Transport(httpx.AsyncHTTPTransport):
    """The client's own headers stay here: they tell of this machine, and one can set them by environment."""

    def __init__(self, headers: Mapping[str, str], context: SSLContext) -> None:
        super().__init__(verify=context, trust_env=False, retries=0)
        self._headers = dict(headers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        kept = {name: value for name, value in request.headers.items() if name.lower() in ALLOWED}
        headers = kept | {"accept-encoding": "identity", "user-agent": "heartline"} | self._headers
        # A copy: the client finds out by the header of its own request how it wanted the answer.
        sent = httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )
        response = await super().handle_async_request(sent)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise TooLong("packed")
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream)
        return response


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > LONGEST:
                raise TooLong(f"more than {LONGEST} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def client(model: Model) -> httpx.AsyncClient:
    """Certificates are verified; redirects and proxies are not followed: lines go to the declared host or nowhere."""
    context = create_default_context(cafile=str(model.ca_file or certifi.where()))
    return httpx.AsyncClient(
        transport=Transport(model.headers, context),
        timeout=httpx.Timeout(model.timeout),
        follow_redirects=False,
        trust_env=False,
    )
