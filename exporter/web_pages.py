"""The pages that every Prometheus program has: /metrics, /-/healthy, /-/ready, /-/reload, and the landing page."""

import asyncio
import html
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from exporter import collect, meta, scrape
from exporter.exposition import lanes
from exporter.heartbeats import ping
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.receiver import Receiver
from exporter.host import COLLECTORS, unknown
from exporter.probes.run import budget
from exporter.strict import format_duration
from exporter.web_parts import LAST_INSTANT, stream

HOST_SECONDS = 5.0  # for the readings of the host, when the scraper announces no timeout
SLICE = 1000  # heartbeats that are looked at at once
SHOWN = 200  # heartbeats on the landing page, the troubled first
TROUBLE = ("late", "failing", "overdue", "running", "new", "maintenance", "paused", "up")
Reload = Callable[[], Awaitable[str | None]]


class Pages:
    """What they need to know. `reload` answers None, or what was wrong with the file."""

    def __init__(self, sources: collect.Sources, reload: Reload) -> None:
        self._sources = sources
        self._receiver = sources.receiver
        self._reload = reload
        self._thread = ThreadPoolExecutor(1, "deflate")

    async def metrics(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """/metrics, /metrics/heartbeats, /metrics/host; [?shard=1/4] [&collect[]=<reading>]"""
        headers = request.headers
        try:
            wanted = _wanted(path, ping.keys(query), self._sources.host.enabled)
            seconds = budget(headers.get("X-Prometheus-Scrape-Timeout-Seconds"), HOST_SECONDS)
        except ValueError as e:
            return web.Response(status=400, text=f"{e}\n")
        await self._receiver.look()
        host = await collect.host_families(self._sources, wanted, seconds)
        form = scrape.negotiate(headers.get("Accept", ""), headers.get("Accept-Encoding", ""))
        answer = stream(request, {"Content-Type": form.content_type, "Vary": "Accept, Accept-Encoding"})
        if form.gzip:
            answer.headers["Content-Encoding"] = "gzip"
        await answer.prepare(request)
        if request.method != "HEAD":
            pieces = collect.pieces(self._sources, wanted, host, form.openmetrics)
            async for part in scrape.stream(pieces, form, self._thread):
                await answer.write(part)
        await answer.write_eof()
        return answer

    async def health(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """/-/healthy, /-/ready, /-/reload"""
        match request.method, path:
            case (("GET" | "HEAD"), ["healthy"]):
                return web.Response(text="Heartline exporter is healthy.\n")
            case (("GET" | "HEAD"), ["ready"]) if self._receiver.ready:
                return web.Response(text="Heartline exporter is ready.\n")
            case (("GET" | "HEAD"), ["ready"]):
                return web.Response(status=503, text=f"not ready: {self._receiver.ledger.error or 'loading'}\n")
            case (("POST" | "PUT"), ["reload"]):
                trouble = await self._reload()
                return web.Response(status=500 if trouble else 200, text=f"{trouble}\n" if trouble else "")
            case _, ["healthy" | "ready"]:
                return web.Response(status=405, text="use GET or HEAD\n", headers={"Allow": "GET, HEAD"})
            case _, ["reload"]:
                return web.Response(status=405, text="use POST or PUT\n", headers={"Allow": "POST, PUT"})
        return web.Response(status=404, text="not found\n")

    async def landing(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """/"""
        return web.Response(text=await page(self._receiver), content_type="text/html", headers=SECURITY)


SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "Cache-Control": "no-store",
}
STYLE = """
:root { color-scheme: light dark; --fg: #1c2128; --soft: #59636e; --bg: #fff; --line: #d8dee4;
  --bad: #b3261e; --warn: #8a5a00; --good: #1a7f37 }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --soft: #9aa4ae; --bg: #0d1117; --line: #30363d;
  --bad: #ff7b72; --warn: #e3b341; --good: #56d364 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); max-width: 64rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 }
p { color: var(--soft); margin: .25rem 0 1rem }
nav a { margin-right: 1rem } a { color: inherit }
div { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin-top: 1rem }
caption { text-align: left; font-weight: 600 }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap }
th { color: var(--soft); font-weight: 500 }
td:first-child, td:nth-child(3) { white-space: normal; overflow-wrap: anywhere; min-width: 8rem }
.late, .failing, .overdue { color: var(--bad); font-weight: 600 }
.new, .running { color: var(--warn) } .up { color: var(--good) } .paused, .maintenance { color: var(--soft) }
"""


async def page(receiver: Receiver) -> str:
    """The landing page: where things are, and how the heartbeats stand."""
    now = receiver.now()
    standing: list[tuple[str, Heartbeat]] = []
    for heartbeat in list(receiver.register):
        standing.append((heartbeat.status(now), heartbeat))
        if len(standing) % SLICE == 0:
            standing.sort(key=_trouble)
            await asyncio.sleep(0)  # pings wait meanwhile
            del standing[SHOWN:]
    standing.sort(key=_trouble)
    left = len(receiver.register) - SHOWN
    more = f"<p>and {left} more: see the API</p>" if left > 0 else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Heartline exporter</title><style>{STYLE}</style><h1>Heartline exporter</h1>"
        f"<p>version {html.escape(meta.release())} · {_health(receiver)}</p>"
        '<nav><a href="/metrics">Metrics</a><a href="/-/healthy">Health</a><a href="/-/ready">Readiness</a>'
        '<a href="/probes">Probes</a></nav>'
        "<div><table><caption>Heartbeats</caption><thead><tr><th>Heartbeat<th>Status<th>Host<th>Last success<th>Late at"
        f"<th>Every<tbody>{''.join(_rows(standing[:SHOWN], now))}</table></div>{more}</html>"
    )


def _trouble(standing: tuple[str, Heartbeat]) -> tuple[int, str]:
    return TROUBLE.index(standing[0]), standing[1].definition.id


def _health(receiver: Receiver) -> str:
    if not receiver.ledger.up:
        return f'<span class="late">receipts cannot be stored: {html.escape(receiver.ledger.error)}</span>'
    return f"{len(receiver.register)} heartbeats, receipts are stored"


def _rows(standing: Iterable[tuple[str, Heartbeat]], now: float) -> Iterable[str]:
    for status, heartbeat in standing:
        d = heartbeat.definition
        interval = d.plan.rule.interval(now)
        every = format_duration(interval) if interval < math.inf else "never again"
        last, late = _at(heartbeat.succeeded, d.timezone), _at(heartbeat.deadline.at, d.timezone)
        cells = (d.id, status, d.host or "–", last, late, every)
        marked = (f'<td class="{status}">' if i == 1 else "<td>" for i in range(len(cells)))
        yield "<tr>" + "".join(mark + html.escape(cell) for mark, cell in zip(marked, cells, strict=True))


def _at(at: float, zone: str) -> str:
    if not 0 < at < LAST_INSTANT:
        return "–"
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%a %d %b %H:%M:%S %Z}"


def _wanted(path: list[str], asked: dict[str, list[str]], enabled: Sequence[str]) -> collect.Wanted:
    if path not in ([], ["heartbeats"], ["host"]):
        raise ValueError("there are /metrics, /metrics/heartbeats and /metrics/host")
    readings = asked.get("collect[]")
    if readings and path == ["heartbeats"]:
        raise ValueError("collect[] picks readings of the host: /metrics and /metrics/host have them")
    strange = unknown(readings or ())
    if strange:
        raise ValueError(f"there is no reading {strange[0]!r}; known: {', '.join(COLLECTORS)}")
    off = [name for name in readings or () if name not in enabled]
    if off:
        on = f"--collector.{off[0]} switches it on"
        raise ValueError(f"the reading {off[0]!r} is switched off, {on}; enabled: {', '.join(enabled) or 'none'}")
    mine = _lanes(asked.get("shard", ["1/1"])[-1])
    return collect.Wanted(path != ["host"] and not readings, path != ["heartbeats"], mine, readings)


def _lanes(shard: str) -> range:
    found = re.fullmatch("([0-9]{1,2})/([0-9]{1,2})", shard)
    if found is None:
        raise ValueError(f"shard {shard[:20]!r}: write it like 1/4")
    return lanes(int(found[1]), int(found[2]))
