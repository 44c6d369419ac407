"""/metrics and the landing page."""

import asyncio
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from exporter import collect, scrape
from exporter.exposition import lanes
from exporter.heartbeats import ping
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.receiver import Receiver
from exporter.host import COLLECTORS, unknown
from exporter.probes.run import budget
from toolkit.negotiate import negotiate
from toolkit.page import SECURITY, Markup, marked, markup, page, paragraph, table
from toolkit.strict import format_duration
from toolkit.web_parts import LAST_INSTANT, stream

HOST_SECONDS = 5.0  # for the readings of the host, when the scraper announces no timeout
SLICE = 1000  # heartbeats that are looked at at once
SHOWN = 200  # heartbeats on the landing page, the troubled first
HEADINGS = ("Heartbeat", "Status", "Host", "Last success", "Late at", "Every")
LINKS = {"Metrics": "/metrics", "Probes": "/probes", "Health": "/-/healthy", "Readiness": "/-/ready"}
NOTHING = "No heartbeat is expected yet. Name the first one under heartbeats: in exporter.yml, and reload."
TROUBLE = ("late", "failing", "overdue", "running", "new", "maintenance", "paused", "up")


class Pages:
    """What they need to know."""

    def __init__(self, sources: collect.Sources) -> None:
        self._sources = sources
        self._receiver = sources.receiver
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
        form = negotiate(headers.get("Accept", ""), headers.get("Accept-Encoding", ""))
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

    async def landing(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        """/"""
        return web.Response(text=await landing(self._receiver), content_type="text/html", headers=SECURITY)


async def landing(receiver: Receiver) -> str:
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
    parts = [table("Heartbeats", HEADINGS, _rows(standing[:SHOWN], now))] if standing else [paragraph(NOTHING)]
    if left > 0:
        parts.append(paragraph(f"and {left} more: see the API"))
    return page("Heartline exporter", _health(receiver), LINKS, *parts)


def _trouble(standing: tuple[str, Heartbeat]) -> tuple[int, str]:
    return TROUBLE.index(standing[0]), standing[1].definition.id


def _health(receiver: Receiver) -> Markup:
    if not receiver.ledger.up:
        return marked(f"receipts cannot be stored: {receiver.ledger.error}", "late")
    count = len(receiver.register)
    return markup(f"{count} heartbeat{'' if count == 1 else 's'}, receipts are stored")


def _rows(standing: Iterable[tuple[str, Heartbeat]], now: float) -> Iterator[Sequence[str]]:
    for status, heartbeat in standing:
        d = heartbeat.definition
        interval = d.plan.rule.interval(now)
        every = format_duration(interval) if interval < math.inf else "never again"
        last, late = _at(heartbeat.succeeded, d.timezone), _at(heartbeat.deadline.at, d.timezone)
        yield d.id, marked(status, status), d.host or "–", last, late, every


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
