"""Review every host once, now, and show what came of it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from analyzer import run
from analyzer.config import Host
from analyzer.lifecycle import Known
from analyzer.run import Means, Told
from analyzer.verbs import say
from toolkit.terminal import printable, table

Print = Callable[[str], None]
SHOWN = 200  # findings of a host


async def once(means: Means, hosts: Sequence[Host], show: Print) -> int:
    """0 when every host was reached and stored; findings alone are no failure of the command."""
    told: list[Told] = []

    async def one(host: Host) -> None:
        found = await run.review(host, means)
        told.append(found)
        show(progress(found, len(told), len(hosts)))

    await asyncio.gather(*(one(host) for host in hosts))
    told.sort(key=lambda t: t.run.host)
    for of_host in told:
        for line in _found(of_host, means.store.findings(host=of_host.run.host, limit=SHOWN)):
            show(line)
    show("")
    for line in table(("HOST", "SCORE", "LINES", "OPEN", "NEW", "SOURCES"), (_row(one, means) for one in told)):
        show(line)
    return 0 if all(t.reached and all(source.up for source in t.run.sources) for t in told) else 1


def progress(told: Told, number: int, of: int) -> str:
    """One line for a host that is done."""
    lines = sum(source.lines for source in told.run.sources)
    return f"[{number}/{of}] {told.run.host}: {lines} new lines, {len(told.run.findings)} findings" + (
        "" if told.reached else ", not reached"
    )


def _found(told: Told, found: Sequence[Known]) -> Iterator[str]:
    """All that is open on a host, worst first."""
    if found or told.run.summary:
        yield ""
        yield f"== {told.run.host}"
    if told.run.summary:
        yield f"{printable(told.run.summary)} ({told.run.model})"
    for known in found:
        first, *rest = say.finding(known.finding)
        yield f"{first}{'  NEW' if known.state == 'new' else f'  since {say.at(known.opened)}'}"
        yield from rest


def _row(told: Told, means: Means) -> tuple[str, ...]:
    sources = ", ".join(f"{source.name}{'' if source.up else f': {source.error}'}" for source in told.run.sources)
    score = "-" if told.recorded.score is None else str(told.recorded.score)
    lines = sum(source.lines for source in told.run.sources)
    still = sum(means.store.hosts()[told.run.host].counts.values())
    return told.run.host, score, str(lines), str(still), str(len(told.recorded.new)), sources
