"""/metrics and the landing page."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from aiohttp import web

from analyzer import log_families, meta
from analyzer.counts import Counts
from analyzer.fetch.syslog import Receiver
from analyzer.lifecycle import Known
from analyzer.log_families import Watched
from analyzer.record import HostState
from analyzer.redact.redactor import Carry
from analyzer.store import StorageError
from toolkit.families import EOF, Family, render
from toolkit.negotiate import negotiate
from toolkit.own import Reloads
from toolkit.page import SECURITY, Markup, code, lines, marked, markup, page, paragraph, table

log = logging.getLogger(__name__)

SHOWN = 200  # findings on the landing page
HOSTS = ("Host", "Score", "Sources", "Last review", "Findings")
FINDINGS = ("Finding", "Severity", "Host", "Source", "Since", "Fingerprint")
LINKS = {"Metrics": "/metrics", "Health": "/-/healthy", "Readiness": "/-/ready"}
CLASSES = {"critical": "late", "warning": "new", "info": "paused"}
"""The page's colours: the same word means the same colour as on the exporter's page."""

Stored = Callable[[], Mapping[str, HostState]]


class Pages:
    """`stored` reads what the runs have left, in a thread; `running` are the hosts under review right now."""

    def __init__(
        self,
        stored: Stored,
        counts: Counts,
        watched: Callable[[], Mapping[str, Watched]],
        running: Callable[[], int],
        storage_up: Callable[[], bool],
        received: Callable[[], Receiver[Carry] | None],
        told: Callable[[], Iterator[Family]],
        reloads: Reloads,
    ) -> None:
        self._stored, self._counts, self._watched = stored, counts, watched
        self._running, self._storage_up, self._reloads = running, storage_up, reloads
        self._received, self._told = received, told
        self._last: Mapping[str, HostState] = {}
        self._readable = True

    async def metrics(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """/metrics"""
        if path:
            return web.Response(status=404, text="not found\n")
        form = negotiate(request.headers.get("Accept", ""), "")
        families = await self._families()
        text = render(families, form.openmetrics) + (EOF if form.openmetrics else b"")
        return web.Response(body=text, headers={"Content-Type": form.content_type, "Vary": "Accept"})

    async def landing(self, request: web.BaseRequest, path: list[str], query: str) -> web.StreamResponse:
        """/"""
        text = landing(await self._states(), self._watched(), self._storage_up() and self._readable)
        return web.Response(text=text, content_type="text/html", headers=SECURITY)

    async def _families(self) -> list[Family]:
        states = await self._states()
        watched = self._watched()
        own = meta.collect(self._reloads, len(watched), self._running(), self._storage_up() and self._readable)
        receiver = self._received()
        received = meta.syslog(receiver.taken, receiver.dropped) if receiver else ()
        return [*log_families.collect(states, self._counts, watched), *own, *received, *self._told()]

    async def _states(self) -> Mapping[str, HostState]:
        """As of now, or while the storage fails as they were last read: a full disk resolves no alert."""
        try:
            self._last = await asyncio.to_thread(self._stored)
        except StorageError as e:
            log.error("the storage cannot be read: %s", e)
            self._readable = False
        else:
            self._readable = True
        return self._last


def landing(states: Mapping[str, HostState], watched: Mapping[str, Watched], storage_up: bool) -> str:
    """How the hosts stand, those in trouble first, and what is open. No log text: this page asks for no key."""
    known = {name: states[name] for name in watched if name in states}
    worst = sorted(watched, key=lambda name: _trouble(known.get(name)))
    found = [one for name in worst if name in known for one in known[name].worst]
    count = f"{len(watched)} host{'' if len(watched) == 1 else 's'}, "
    health = "reviews are stored" if storage_up else marked("reviews cannot be stored", "late")
    rows = (_host(name, known.get(name), watched[name]) for name in worst)
    return page(
        "Heartline analyzer", Markup(count + health), LINKS, table("Hosts", HOSTS, rows), *_findings(found[:SHOWN])
    )


def _trouble(state: HostState | None) -> tuple[bool, int]:
    down = state is not None and not state.reached
    return not down, 101 if state is None or state.score is None else state.score


def _host(name: str, state: HostState | None, watched: Watched) -> Sequence[str]:
    if state is None:
        return name, "–", ", ".join(watched.sources), "not yet", "–"
    score = "–" if state.score is None else str(state.score)
    counts = ", ".join(f"{count} {severity}" for severity in CLASSES if (count := state.open(severity))) or "none"
    return name, score, lines(_sources(state, watched)), _at(state.finished), counts


def _sources(state: HostState, watched: Watched) -> Iterator[Markup]:
    for name in watched.sources:
        source = state.sources.get(name)
        if source is None:
            yield markup(f"{name}: not yet")
        else:
            how = marked("read", "up") if source.up else marked(source.error or "not read", "late")
            yield Markup(f"{markup(name)}: {how}")


def _findings(found: Sequence[Known]) -> Sequence[Markup]:
    if not found:
        return (paragraph("Nothing is open."),)
    proof = paragraph("The lines that prove one: ", code("python -m analyzer explain FINGERPRINT"))
    return table("Open findings", FINDINGS, (_finding(one) for one in found)), proof


def _finding(known: Known) -> Sequence[str]:
    f = known.finding
    return f.title, marked(f.severity, CLASSES[f.severity]), f.host, f.source, _at(known.opened), f.fingerprint


def _at(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%a %d %b %H:%M UTC}"
