"""One run of one host: its new lines are fetched, redacted, reviewed by rules, then by a model, and stored."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer import baseline
from analyzer.config import Config, Host
from analyzer.counts import Counts
from analyzer.excerpt.build import build
from analyzer.excerpt.miner import Miner
from analyzer.excerpt.template import Template
from analyzer.excerpt.usual import Memory
from analyzer.fetch.at_once import AtOnce
from analyzer.fetch.chunk import Chunk, Cursor
from analyzer.fetch.sources import Source
from analyzer.fetch.way import CannotLook, Unreachable, Way
from analyzer.finding import Finding
from analyzer.record import Baseline, Recorded, Run, SourceRun
from analyzer.redact.redactor import CannotRedact, Carry, Redactor
from analyzer.review.outcome import Review
from analyzer.review.review import HostFacts, Reviewing
from analyzer.rules.review import Reviewer
from analyzer.rules.rule import Rule
from analyzer.rules.shapes import overflow
from analyzer.store import Store

log = logging.getLogger(__name__)

MODEL_SECONDS = 120.0  # of a run, for all models together


@dataclass(frozen=True, slots=True)
class Means:
    """What all runs under one configuration share; `clock` in seconds since the epoch, `monotonic` for deadlines."""

    config: Config
    store: Store
    counts: Counts
    rules: Sequence[Rule]
    redactor: Callable[[], Redactor]  # a new one, with counts of its own
    reviewing: Reviewing
    at_once: AtOnce
    key: bytes
    clock: Callable[[], float]
    monotonic: Callable[[], float]


@dataclass(slots=True)
class Reading:
    """What has been read of one source so far."""

    source: Source
    reviewer: Reviewer
    miner: Miner
    memory: Memory
    cursor: Cursor | None
    carry: Carry = field(default_factory=Carry)
    up: bool = False
    error: str = ""
    lines: int = 0
    bytes: int = 0
    gaps: int = 0
    cut: bool = False

    def take(self, redactor: Redactor, chunk: Chunk) -> None:
        """Review a chunk; only then does the cursor move behind it. Runs in a thread: it is all the work there is."""
        lines = redactor.lines(chunk.lines, self.carry)
        self.miner.add(lines, self.lines + 1)
        self.reviewer.add(lines, self.lines + 1)
        self.lines += len(lines)
        self.bytes += chunk.bytes
        self.gaps += chunk.gaps
        self.cut = chunk.cut
        self.cursor = chunk.cursor


@dataclass(frozen=True, slots=True)
class Told:
    """A run and what it changed. `reached`: the host answered; `permanent`: nothing gets better by trying again."""

    run: Run
    recorded: Recorded
    reached: bool
    permanent: bool = False


async def review(host: Host, means: Means, first: Callable[[str, Sequence[Finding]], None] | None = None) -> Told:
    """Run one host and store it, whatever its logs or models do; StorageError when it cannot be stored.

    `first` hears what the rules found, before any model is asked.
    """
    started = means.clock()
    redactor = means.redactor()
    readings = [await asyncio.to_thread(_reading, source, host, means) for source in host.sources]
    seen: Baseline | None = None
    changes: list[Finding] = []
    lost: Unreachable | None = None
    try:
        async with means.at_once.way(host.way) as way:
            deadline = means.monotonic() + means.config.run_seconds
            for reading in readings:
                await _read(reading, way, host, means, redactor, deadline)
            if host.baseline:
                seen, changes = await _look(way, host, means)
    except Unreachable as e:
        lost = e
        for reading in readings:
            # Those that were read to their end before the way broke are what they are.
            if not reading.up and not reading.error:
                reading.error = redactor.text(f"{e.reason}: {e}")
    templates = {reading.source.name: reading.miner.templates() for reading in readings}
    found = [f for reading in readings for f in _found(host, reading, templates[reading.source.name])] + changes
    if first is not None:
        first(host.name, found)
    model = await _asked(host, means, templates, found)
    run = _run(host, started, means.clock(), readings, templates, [*found, *model.findings], model, seen)
    recorded = await asyncio.to_thread(means.store.record, run, means.config.keeping.resolve_after)
    _count(host, means.counts, readings, redactor, model)
    return Told(run, recorded, lost is None, lost is not None and lost.permanent)


def _reading(source: Source, host: Host, means: Means) -> Reading:
    memory = _memory(means.store.memories(host.name).get(source.name), host, source)
    reviewer = Reviewer(means.rules, host.name, source.name)
    return Reading(source, reviewer, Miner(memory), memory, means.store.cursors(host.name).get(source.name))


def _memory(stored: Any, host: Host, source: Source) -> Memory:
    try:
        return Memory.of(stored)
    except ValueError:
        log.warning("%s %s: what was usual there is forgotten, its record cannot be read", host.name, source.name)
        return Memory.of(None)


async def _read(reading: Reading, way: Way, host: Host, means: Means, redactor: Redactor, deadline: float) -> None:
    """Take a source's new lines, chunk by chunk; what is left when time is over comes with the next run."""
    chunks = reading.source.read(way, reading.cursor, means.config.caps, means.clock())
    try:
        async for chunk in _until(chunks, deadline, means.monotonic):
            await asyncio.to_thread(reading.take, redactor, chunk)
        reading.up = True
    except TimeoutError:
        # A source that told nothing in all that time was not read.
        reading.up, reading.cut = reading.lines > 0, True
        reading.error = "" if reading.up else "timeout: no time was left for it"
    except CannotLook as e:
        reading.error = redactor.text(str(e))
    except CannotRedact as e:
        means.counts.redactor_failures[host.name] += 1
        reading.error = "its lines could not be redacted"
        log.error("%s %s: not reviewed, its lines cannot be redacted: %s", host.name, reading.source.name, e)
    finally:
        await chunks.aclose()


async def _until(chunks: AsyncIterator[Chunk], deadline: float, monotonic: Callable[[], float]) -> AsyncIterator[Chunk]:
    """The chunks that come in time; TimeoutError when there would have been more."""
    while True:
        async with asyncio.timeout(max(deadline - monotonic(), 0)):
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                return
        yield chunk


async def _look(way: Way, host: Host, means: Means) -> tuple[Baseline | None, list[Finding]]:
    previous = await asyncio.to_thread(means.store.snapshot, host.name)
    accepted = await asyncio.to_thread(means.store.accepted, host.name)
    try:
        return await baseline.look(way, host.name, means.key, previous, accepted, means.clock())
    except ValueError as e:
        log.error("%s: what is stored of its baseline cannot be read: %s", host.name, e)
        return None, []


def _found(host: Host, reading: Reading, templates: Sequence[Template]) -> Iterator[Finding]:
    yield from reading.reviewer.findings(templates)
    flood = overflow(host.name, reading.source.name, reading.miner.overflow)
    if flood is not None:
        yield flood


async def _asked(
    host: Host, means: Means, templates: Mapping[str, Sequence[Template]], found: Sequence[Finding]
) -> Review:
    """What a model adds."""
    facts = HostFacts(host.name, host.prompt, "remote" if host.allow_remote else "local")
    deadline = means.monotonic() + MODEL_SECONDS
    return await means.reviewing.review(facts, lambda budget: build(templates, budget), found, deadline)


def _run(
    host: Host,
    started: float,
    finished: float,
    readings: Sequence[Reading],
    templates: Mapping[str, Sequence[Template]],
    found: Sequence[Finding],
    model: Review,
    seen: Baseline | None,
) -> Run:
    money = Counter({attempt.currency: attempt.cost for attempt in model.attempts if attempt.currency})
    currency, cost = next(iter(money.most_common(1)), ("", 0.0))
    return Run(
        host=host.name,
        started=started,
        finished=finished,
        sources=tuple(_source_run(reading, templates[reading.source.name]) for reading in readings),
        findings=tuple(found),
        summary=model.summary,
        model=model.model,
        outcome=model.outcome,
        tokens_in=model.tokens_in,
        tokens_out=model.tokens_out,
        cost=float(cost),
        currency=currency,
        cited=model.cited,
        baseline=seen,
    )


def _source_run(reading: Reading, templates: Sequence[Template]) -> SourceRun:
    return SourceRun(
        name=reading.source.name,
        up=reading.up,
        error=reading.error,
        lines=reading.lines,
        bytes=reading.bytes,
        gaps=reading.gaps,
        cut=reading.cut,
        cursor=reading.cursor,
        memory=reading.memory.after(templates) if reading.up else None,
        templates=frozenset(template.id for template in templates),
    )


def _count(host: Host, counts: Counts, readings: Sequence[Reading], redactor: Redactor, model: Review) -> None:
    for reading in readings:
        counts.fetched(host.name, reading.source.name, reading.lines, reading.bytes, reading.gaps)
    counts.redacted(redactor.counts)
    counts.reviewed(model)
