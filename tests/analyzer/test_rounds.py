"""A host's run can be asked for out of turn; not without end, and not of a host that does not answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from analyzer.config import Host
from analyzer.config import load as load_config
from analyzer.finding import Finding
from analyzer.glance import Glances
from analyzer.rounds import REST_SECONDS, Rounds, Went
from tests.analyzer.found import finding

ANSWERED, SILENT = Went(True), Went(False)


@dataclass(slots=True)
class Reviewer:
    """Remembers whom it reviewed; answers `went` once `may_end` lets it."""

    went: Went = ANSWERED
    reviewed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    now: float = 1_000_000.0

    async def review(self, host: Host) -> Went:
        self.reviewed.put_nowait(host.name)
        await self.may_end.wait()
        return self.went


@asynccontextmanager
async def rounds(tmp_path: Path, reviewer: Reviewer) -> AsyncIterator[Rounds]:
    """The rounds of one host that is due now and then in half an hour."""
    (tmp_path / "log").touch()
    (tmp_path / "analyzer.yml").write_text(
        f"hosts: [{{host: nas, method: local, every: 30m, sources: [{{name: log, files: ['{tmp_path}/log']}}]}}]\n"
    )
    config = load_config(tmp_path / "analyzer.yml", {}, tmp_path)
    its = Rounds(reviewer.review, lambda: reviewer.now, Random(1))
    its.use(config.hosts, {})
    forever = asyncio.create_task(its.forever())
    try:
        yield its
    finally:
        forever.cancel()
        await asyncio.gather(forever, return_exceptions=True)


async def ended(its: Rounds) -> None:
    while its.running:  # noqa: ASYNC110 (the rounds tell nobody when a run ends)
        await asyncio.sleep(0.01)


async def test_a_run_can_be_asked_for_a_minute_after_the_last_one(tmp_path: Path) -> None:
    reviewer = Reviewer()
    reviewer.may_end.set()
    async with rounds(tmp_path, reviewer) as its:
        assert await reviewer.reviewed.get() == "nas"
        await ended(its)
        reviewer.now += REST_SECONDS - 1
        assert not its.now("nas")
        reviewer.now += 2
        assert its.now("nas")
        assert await asyncio.wait_for(reviewer.reviewed.get(), 10) == "nas"


async def test_a_host_that_did_not_answer_or_is_not_there_is_not_asked_again(tmp_path: Path) -> None:
    reviewer = Reviewer(SILENT)
    reviewer.may_end.set()
    async with rounds(tmp_path, reviewer) as its:
        await reviewer.reviewed.get()
        await ended(its)
        reviewer.now += REST_SECONDS + 1
        assert not its.now("nas")
        assert not its.now("web01")


async def test_whoever_waits_hears_what_rules_found_in_the_run_under_way(tmp_path: Path) -> None:
    reviewer = Reviewer()
    async with rounds(tmp_path, reviewer) as its:
        glances = Glances(its.now)
        await reviewer.reviewed.get()
        looks = [asyncio.create_task(glances.look("nas", 30)) for _ in range(2)]
        await asyncio.sleep(0)
        found: list[Finding] = [finding()]
        glances.found("nas", found)
        glances.found("nas", ())  # the run is over
        assert await asyncio.gather(*looks) == [found, found]


async def test_nobody_waits_longer_than_a_message_may(tmp_path: Path) -> None:
    reviewer = Reviewer()
    async with rounds(tmp_path, reviewer) as its:
        await reviewer.reviewed.get()
        assert await Glances(its.now).look("nas", 0.01) == ()
        assert await Glances(its.now).look("web01", 30) == ()
