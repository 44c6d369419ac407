"""/metrics and the landing page."""

import asyncio
import html
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from toolkit.own import Reloads, release
from toolkit.page import SECURITY, STYLE

log = logging.getLogger(__name__)

SHOWN = 200  # findings on the landing page
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
        text = page(await self._states(), self._watched(), self._storage_up() and self._readable)
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


def page(states: Mapping[str, HostState], watched: Mapping[str, Watched], storage_up: bool) -> str:
    """How the hosts stand, those in trouble first, and what is open. No log text: this page asks for no key."""
    known = {name: states[name] for name in watched if name in states}
    worst = sorted(watched, key=lambda name: _trouble(known.get(name)))
    found = [one for name in worst if name in known for one in known[name].worst]
    health = "reviews are stored" if storage_up else '<span class="late">reviews cannot be stored</span>'
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Heartline analyzer</title><style>{STYLE}</style><h1>Heartline analyzer</h1>"
        f"<p>version {html.escape(release())} · {len(watched)} hosts, {health}</p>"
        '<nav><a href="/metrics">Metrics</a><a href="/-/healthy">Health</a><a href="/-/ready">Readiness</a></nav>'
        "<div><table><caption>Hosts</caption><thead><tr><th>Host<th>Score<th>Sources<th>Last review<th>Findings"
        f"<tbody>{''.join(_host(name, known.get(name), watched[name]) for name in worst)}</table></div>"
        f"{_findings(found[:SHOWN])}</html>"
    )


def _trouble(state: HostState | None) -> tuple[bool, int]:
    down = state is not None and not all(source.up for source in state.sources.values())
    return not down, 101 if state is None or state.score is None else state.score


def _host(name: str, state: HostState | None, watched: Watched) -> str:
    if state is None:
        cells = (name, "–", ", ".join(watched.sources), "not yet", "–")
        return "<tr>" + "".join(f"<td>{html.escape(cell)}" for cell in cells)
    score = "–" if state.score is None else str(state.score)
    counts = ", ".join(f"{count} {severity}" for severity, count in _by_severity(state) if count) or "none"
    return (
        f"<tr><td>{html.escape(name)}<td>{score}<td>{'<br>'.join(_sources(state, watched))}"
        f"<td>{_at(state.finished)}<td>{counts}"
    )


def _by_severity(state: HostState) -> Iterator[tuple[str, int]]:
    for severity in CLASSES:
        yield severity, sum(count for (its, _), count in state.counts.items() if its == severity)


def _sources(state: HostState, watched: Watched) -> Iterator[str]:
    for name in watched.sources:
        source = state.sources.get(name)
        if source is None:
            yield f"{html.escape(name)}: not yet"
        elif source.up:
            yield f'{html.escape(name)}: <span class="up">read</span>'
        else:
            yield f'{html.escape(name)}: <span class="late">{html.escape(source.error or "not read")}</span>'


def _findings(found: Iterable[Known]) -> str:
    rows = "".join(_finding(one) for one in found)
    if not rows:
        return "<p>Nothing is open.</p>"
    return (
        "<div><table><caption>Open findings</caption><thead><tr><th>Finding<th>Severity<th>Host<th>Source<th>Since"
        f"<th>Fingerprint<tbody>{rows}</table></div>"
        "<p>The lines that prove one: <code>python -m analyzer explain FINGERPRINT</code></p>"
    )


def _finding(known: Known) -> str:
    f = known.finding
    cells = (f.title, f.severity, f.host, f.source, _at(known.opened), f.fingerprint)
    classes = ("", CLASSES[f.severity], "", "", "", "")
    marked = (f'<td class="{its}">' if its else "<td>" for its in classes)
    return "<tr>" + "".join(mark + html.escape(cell) for mark, cell in zip(marked, cells, strict=True))


def _at(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%a %d %b %H:%M UTC}"
