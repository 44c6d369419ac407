"""Connections for the HTTP client: made by `dial`, so that gate, phases and certificates are those of every probe."""

from urllib.parse import urlsplit

import aiohttp
from aiohttp.client import ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.tracing import Trace

from exporter.probes import dial
from exporter.probes.attempt import Attempt
from exporter.probes.modules import HttpModule
from exporter.probes.target import Target


class Connector(aiohttp.BaseConnector):
    """One connection a request, in one attempt."""

    def __init__(self, target: Target, wanted: HttpModule, attempt: Attempt) -> None:
        super().__init__(force_close=True)
        self._target, self._wanted, self._attempt = target, wanted, attempt
        self._first_host: str | None = None
        self._opened: list[ResponseHandler] = []

    # The method that aiohttp's own connectors define, and all that distinguishes them.
    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature; the probe's own budget ends it
    ) -> ResponseHandler:
        host = req.url.raw_host or ""
        port = req.url.port or (443 if req.is_ssl() else 80)
        first = self._first_host is None
        self._first_host = self._first_host or host
        ip = await dial.find(host, self._target, self._wanted.ip, self._attempt, port, measured=first)
        sock = await dial.connect(ip, port, self._wanted.ip.source, self._attempt)
        tls = self._wanted.tls if req.is_ssl() else None
        protocol = await dial.attach(sock, self._factory, tls, self._name(host, req), self._attempt)
        self._opened.append(protocol)
        return protocol

    def abort(self) -> None:
        """Drop every connection at once: a TLS target that does not say goodbye would be waited for, for 30 s."""
        for protocol in self._opened:
            protocol.abort()

    def _name(self, host: str, req: ClientRequest) -> str:
        """For whom the certificate has to be: only the first host may go by another name."""
        if host != self._first_host:
            return host
        given = urlsplit(f"//{req.headers.get('Host', '')}").hostname
        return self._wanted.tls.server_name or given or host
