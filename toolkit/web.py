"""The HTTP server of a program: which address means what, and who may ask.

On aiohttp's low-level server, without an Application: its router alone takes longer than everything we do for a ping.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web

from toolkit.limits import Network, client_address
from toolkit.web_entrance import Entrance
from toolkit.web_parts import HEADERS, problem
from toolkit.webconfig import WebConfig

log = logging.getLogger(__name__)

SILENT_SECONDS = 10.0  # in which a new connection must have sent the head of a request
IDLE_SECONDS = 75.0  # between two requests; longer than any scrape interval in use
LINE_LIMIT = 8190  # bytes of a request line or header
Page = Callable[[web.BaseRequest, list[str], str], Awaitable[web.StreamResponse]]
Hot = Callable[[web.BaseRequest, str, str], Awaitable[web.StreamResponse]]


class Site:
    """Hands each request to whom its address names. `open_pages` bring their own keys; all others have an entrance.

    `hot`: a prefix of addresses, and who answers those before anything else is looked at.
    """

    def __init__(
        self,
        open_pages: Mapping[str, Page],
        pages: Mapping[str, Page],
        entrance: Entrance,
        hot: tuple[str, Hot] | None = None,
    ) -> None:
        self._hot = hot
        self._open_pages = open_pages
        self._pages = pages
        self._entrance = entrance
        self.silent: set[asyncio.BaseTransport] = set()  # connections that have not asked anything yet

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        self.silent.discard(request.transport)
        if "Upgrade" in request.headers:
            request.protocol.close()  # behind such a request aiohttp would wait for ever and read no other
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):  # the form that proxies are asked in: http://host/path
            path = "/" + path.partition("://")[2].partition("/")[2]
        try:
            if self._hot is not None and path.startswith(self._hot[0]):
                return await self._hot[1](request, path.removeprefix(self._hot[0]), query)
            headers = request[HEADERS] = self._entrance.headers
            answer = await self._answer(request, path.strip("/").split("/"), query)
            if not answer.prepared:
                answer.headers.update(headers)
            return answer
        except (ConnectionError, asyncio.CancelledError, web.HTTPException):
            raise
        except Exception:  # the one broad one: whatever is wrong with one request, the others go on
            log.exception("request failed: %s", request.method)
            return problem(500, "this request failed; the log of this program says why")

    async def _answer(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        page = self._open_pages.get(path[0])
        if page is not None:
            return await page(request, path[1:], query)
        refusal = await self._entrance.refusal(request)
        if refusal is not None:
            return refusal
        page = self._pages.get(path[0])
        if page is None:
            return web.Response(status=404, text="not found\n")
        if request.method not in ("GET", "HEAD") and path[0] != "-":  # there is something to post to
            return web.Response(status=405, text="use GET or HEAD\n", headers={"Allow": "GET, HEAD"})
        return await page(request, path[1:], query)


class Connection(web.RequestHandler):
    """aiohttp's, but for what it does with a request that it cannot read."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Say that it is malformed. aiohttp's own logs and echoes its bytes, and with them a token."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was under way already")
        if status >= 500:
            log.error("request failed: %s", type(exc).__name__)
        answer = web.Response(status=status, text="this is no request that can be read\n")
        answer.force_close()
        return answer


class Server(web.Server):
    """aiohttp's server that bears with no more than `most` connections, and with none that stays silent."""

    def __init__(
        self,
        site: Site,
        most: int,
        web_config: Callable[[], WebConfig],
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        super().__init__(
            site.handle,
            access_log=None,  # request lines hold tokens
            keepalive_timeout=IDLE_SECONDS,
            max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT,
            auto_decompress=False,  # a body is kept as it came; unpacking it would let 1 kB become 1 GB
        )
        self._site = site
        self._most = most
        self._web_config = web_config
        self._silent_seconds = silent_seconds

    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: "web.RequestHandler", transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        certificate = transport.get_extra_info("peercert")
        if len(self._connections) > self._most or not self._web_config().allowed_peer(certificate):
            transport.abort()
            return
        self._site.silent.add(transport)
        asyncio.get_running_loop().call_later(self._silent_seconds, self._drop_if_silent, transport)

    def _drop_if_silent(self, transport: asyncio.Transport) -> None:
        if transport in self._site.silent:
            self._site.silent.discard(transport)
            transport.abort()


def client(trusted: Callable[[], Sequence[Network]]) -> Callable[[web.BaseRequest], str]:
    """Who asks: the peer, or what a trusted proxy says of it."""

    def address(request: web.BaseRequest) -> str:
        peer = request.remote or ""
        if "X-Forwarded-For" not in request.headers:
            return peer
        return client_address(peer, ",".join(request.headers.getall("X-Forwarded-For")), trusted())

    return address
