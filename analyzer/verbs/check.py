"""Is each host reached, can each source be read, does each model answer? Nothing is stored."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from analyzer import means
from analyzer.config import Config, Host
from analyzer.excerpt.build import build
from analyzer.excerpt.miner import Miner
from analyzer.excerpt.template import Excerpt
from analyzer.excerpt.usual import Memory
from analyzer.fetch.at_once import AtOnce
from analyzer.fetch.pins import missing_pin
from analyzer.fetch.sources import Source
from analyzer.fetch.ssh import Ssh
from analyzer.fetch.way import CannotLook, Unreachable, Way
from analyzer.review.declare import Model
from analyzer.review.ports import Spending
from analyzer.review.review import HostFacts
from toolkit.terminal import printable

SECONDS = 60.0  # for one model
FEW = 20  # lines of a source; that it can be read is all there is to know
EXAMPLE = [
    "Nov 21 03:14:07 example kernel: EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: reading directory",
    "Nov 21 03:14:09 example systemd[1]: Started Daily apt download activities.",
]
"""What a model is asked about; no line of a host is needed for that."""


class Nothing:
    """A ledger and a cache that remember nothing: a check is asked anew each time, and is nobody's budget."""

    def spent(self, day: str) -> Spending:
        return Spending()

    def spend(self, day: str, model: str, tokens_in: int, tokens_out: int, cost: float, currency: str) -> None:
        return None

    def get(self, key: str, now: float) -> str | None:
        return None

    def put(self, key: str, text: str, now: float) -> None:
        return None


async def check(config: Config, key: bytes, show: Callable[[str], None]) -> int:
    """0 when all is well; a line for each step, those that failed marked."""
    failed = 0
    for host in config.hosts:
        async for good, text in _host(host, config):
            failed += not good
            show(f"{'ok  ' if good else 'FAIL'} {host.name}: {text}")
    for model in config.models:
        good, text = await _model(model, config, key)
        failed += not good
        show(f"{'ok  ' if good else 'FAIL'} model {model.name}: {text}")
    return 1 if failed else 0


async def _model(model: Model, config: Config, key: bytes) -> tuple[bool, str]:
    reviewing = means.reviewing(config, [model], Nothing(), Nothing(), key)
    try:
        facts = HostFacts("example", "", "remote")
        told = await reviewing.review(facts, _excerpt, [], time.monotonic() + SECONDS)
    finally:
        await reviewing.close()
    return told.outcome == "answered", told.attempts[-1].result if told.attempts else told.outcome


async def _host(host: Host, config: Config) -> AsyncIterator[tuple[bool, str]]:
    missing = missing_pin(host.way) if isinstance(host.way, Ssh) else None
    if missing:
        yield False, missing
        return
    try:
        async with AtOnce(1).way(host.way) as way:
            yield True, "reached"
            for source in host.sources:
                yield await _source(source, way, config)
    except Unreachable as e:
        yield False, f"{e.reason}: {printable(str(e))}"


async def _source(source: Source, way: Way, config: Config) -> tuple[bool, str]:
    chunks = source.read(way, None, replace(config.caps, lines=FEW), time.time())
    try:
        async for _ in chunks:
            return True, f"{source.name} can be read"
    except CannotLook as e:
        return False, f"{source.name}: {printable(str(e))}"
    finally:
        await chunks.aclose()
    return True, f"{source.name} can be read"


def _excerpt(budget: int) -> Excerpt:
    miner = Miner(Memory.of(None))
    miner.add(EXAMPLE, 1)
    return build({"example": miner.templates()}, budget)
