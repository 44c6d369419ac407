"""Bounds on hosts at once, with ways that open when they are told to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager

import pytest

from analyzer.fetch.at_once import AtOnce
from analyzer.fetch.way import Stat, Unreachable


class Seen:
    """How many did the same thing at once, now and at most."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        self.now[what] += 1
        self.most[what] = max(self.most[what], self.now[what])
        try:
            yield
        finally:
            self.now[what] -= 1


class Told:
    """A way that opens when `answers` is set."""

    def __init__(self, seen: Seen, behind: str | None = None, error: Unreachable | None = None) -> None:
        self.behind, self.seen, self.error = behind, seen, error
        self.answers = asyncio.Event()
        self.closed = False

    async def open(self, jumping: AbstractAsyncContextManager[object]) -> "Told":
        async with jumping:
            with self.seen.doing("logging in"):
                await asyncio.sleep(0)
        with self.seen.doing("opening"):
            await self.answers.wait()
        if self.error:
            raise self.error
        return self

    async def match(self, pattern: str) -> Sequence[Stat]:
        return []

    async def walk(self, folder: str, most: int) -> Sequence[Stat]:
        return []

    async def content(self, path: str, offset: int, limit: int) -> AsyncIterator[bytes]:
        yield b""

    async def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncIterator[bytes]:
        yield b""

    async def close(self) -> None:
        self.closed = True


async def read(bound: AtOnce, host: Told) -> None:
    async with bound.way(host):
        with host.seen.doing("reading"):
            await asyncio.sleep(0.001)


def answering(seen: Seen, count: int, behind: str | None = None) -> list[Told]:
    hosts = [Told(seen, behind) for _ in range(count)]
    for host in hosts:
        host.answers.set()
    return hosts


async def test_so_many_are_read_at_once_and_no_more() -> None:
    seen = Seen()
    hosts = answering(seen, 40)
    bound = AtOnce(reading=3, opening=5)
    await asyncio.gather(*(read(bound, host) for host in hosts))
    assert seen.most["reading"] == 3
    assert seen.most["opening"] <= 5
    assert all(host.closed for host in hosts)


async def test_those_that_hang_while_opening_keep_nobody_from_reading() -> None:
    seen = Seen()
    bound = AtOnce(reading=1, opening=11)
    hanging = [asyncio.create_task(read(bound, Told(seen))) for _ in range(10)]
    await asyncio.sleep(0)
    await asyncio.gather(*(read(bound, host) for host in answering(seen, 50)))
    assert seen.most["opening"] == 11
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.wait(hanging)


async def test_a_dead_jump_host_delays_only_those_behind_it() -> None:
    seen = Seen()
    bound = AtOnce(reading=1, opening=2)
    hanging = [asyncio.create_task(read(bound, Told(seen, behind="dead"))) for _ in range(10)]
    await asyncio.sleep(0)
    await asyncio.gather(*(read(bound, host) for host in [*answering(seen, 5), *answering(seen, 5, behind="other")]))
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.wait(hanging)


async def test_only_so_many_log_in_to_a_jump_host_at_once() -> None:
    seen = Seen()
    bound = AtOnce(reading=20, opening=20, logins=2)
    await asyncio.gather(*(read(bound, host) for host in answering(seen, 20, behind="jump")))
    assert seen.most["logging in"] == 2


async def test_a_failure_gives_its_place_back() -> None:
    seen = Seen()
    bound = AtOnce(reading=1, opening=1)
    for _ in range(3):
        failing = Told(seen, error=Unreachable("refused", "dead"))
        failing.answers.set()
        with pytest.raises(Unreachable):
            await read(bound, failing)
    await read(bound, answering(seen, 1)[0])


async def test_a_host_that_is_given_up_while_it_waits_for_its_turn_is_closed() -> None:
    seen = Seen()
    bound = AtOnce(reading=1, opening=2)
    first, second = answering(seen, 2)
    async with bound.way(first):
        waiting = asyncio.create_task(read(bound, second))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert second.closed
        assert not first.closed
