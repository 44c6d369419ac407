"""What does the host read just now? Every reading for itself, and none can hold up the others."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from exporter.host import build
from exporter.host.readings import ASKERS, COLLECTORS, READERS
from exporter.host.root import Root
from toolkit.families import Family, by

log = logging.getLogger(__name__)
Timer = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reading brought: its families, or none and `success` 0."""

    families: tuple[Family, ...]
    success: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a reader, which a thread takes up, finishes, or never comes back from."""

    name: str
    began: float
    outcome: Future[Outcome]


class Host:
    """The enabled readings of one host."""

    def __init__(
        self, root: Root, enabled: Collection[str], patience: float = 0.25, timer: Timer = time.perf_counter
    ) -> None:
        self.enabled = tuple(name for name in COLLECTORS if name in enabled)
        self._root = root
        self._patience = patience
        self._timer = timer
        self._calls: dict[str, Call] = {}

    async def collect(self, only: Collection[str] | None, budget: float) -> list[Family]:
        """The families of the enabled readings, or of those of them in `only`, within so many seconds.

        A reading that fails or is not back in time is left out, its `node_scrape_collector_success` is 0.
        """
        wanted = [name for name in self.enabled if only is None or name in only]
        asked = [self._ask(name, budget) for name in wanted if name in ASKERS]
        outcomes, *rest = await asyncio.gather(self._read([name for name in wanted if name in READERS], budget), *asked)
        outcomes |= {name: outcome for each in rest for name, outcome in each.items()}
        return join({name: outcomes[name] for name in wanted})

    async def _ask(self, name: str, budget: float) -> dict[str, Outcome]:
        began = self._timer()
        try:
            async with asyncio.timeout(budget):
                families = tuple(await ASKERS[name](self._root, budget))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this reading's alone: success 0
            return {name: self._failure(name, began, error)}
        return {name: Outcome(families, 1, self._timer() - began)}

    async def _read(self, names: list[str], budget: float) -> dict[str, Outcome]:
        """Two scrapes at once share a reading; one that hangs since an earlier scrape is not waited for."""
        now = self._timer()
        # Threads take their calls out as they end.
        shared = {name: call for name in names if (call := self._calls.get(name))}
        own = {name: Call(name, now, _running()) for name in names if name not in shared}
        self._calls |= own
        fresh = [call.outcome for call in shared.values() if now - call.began < self._patience]
        walk = self._walk(deque(own.values()), now + budget)
        await asyncio.gather(walk, _settled(fresh, min(self._patience, budget)))
        return {name: self._outcome(call) for name, call in (shared | own).items()}

    async def _walk(self, todo: deque[Call], deadline: float) -> None:
        """One thread takes call after call; when one holds it up for longer than the patience, another goes on."""
        walks: list[Future[None]] = []
        try:
            while (left := deadline - self._timer()) > 0 and (todo or not all(walk.done() for walk in walks)):
                if todo:
                    walks.append(_running())
                    threading.Thread(target=self._work, args=(todo, walks[-1]), daemon=True).start()
                await _settled(walks, min(self._patience, left))
        finally:
            # Time is up, or the scraper has gone: what was never begun may be begun by the next scrape.
            while call := _next(todo):
                self._calls.pop(call.name)

    def _work(self, todo: deque[Call], walk: Future[None]) -> None:
        while call := _next(todo):
            self._run(call)
        walk.set_result(None)

    def _run(self, call: Call) -> None:
        began = self._timer()
        try:
            families = tuple(READERS[call.name](self._root))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this reading's alone: success 0
            outcome = self._failure(call.name, began, error)
        else:
            outcome = Outcome(families, 1, self._timer() - began)
        del self._calls[call.name]
        call.outcome.set_result(outcome)

    def _outcome(self, call: Call) -> Outcome:
        if call.outcome.done():
            return call.outcome.result()
        return self._failure(call.name, call.began, TimeoutError("not back yet"))

    def _failure(self, name: str, began: float, error: Exception) -> Outcome:
        log.debug("collector %s: %s: %s", name, type(error).__name__, error)
        return Outcome((), 0, self._timer() - began)


def _running() -> Future[Any]:
    """A future that is not cancelled by whoever stops waiting for it."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future


def _next(todo: deque[Call]) -> Call | None:
    try:
        return todo.popleft()
    except IndexError:
        return None


async def _settled(futures: Iterable[Future[Any]], seconds: float) -> None:
    """Waits until all are done, at most so long."""
    waiting = [asyncio.wrap_future(future) for future in futures if not future.done()]
    if waiting:
        await asyncio.wait(waiting, timeout=seconds)
    for future in waiting:
        future.cancel()


def join(outcomes: Mapping[str, Outcome]) -> list[Family]:
    """All families and what is said of each collector; a name that a textfile repeats is the host's own."""
    families = {family.name: family for family in (*build.families(), *_accounts(outcomes))}
    for name, outcome in outcomes.items():
        for family in outcome.families:
            if families.setdefault(family.name, family) is not family:
                log.error("collector %s: %s is served by another collector already", name, family.name)
    return list(families.values())


def _accounts(outcomes: Mapping[str, Outcome]) -> Iterator[Family]:
    """What is said of the collectors themselves."""
    seconds = {name: outcome.seconds for name, outcome in outcomes.items()}
    success = {name: outcome.success for name, outcome in outcomes.items()}
    duration_help = "node_exporter: Duration of a collector scrape."
    yield by("node_scrape_collector_duration_seconds", "gauge", duration_help, "collector", seconds)
    success_help = "node_exporter: Whether a collector succeeded."
    yield by("node_scrape_collector_success", "gauge", success_help, "collector", success)
