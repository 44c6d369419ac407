"""Sixty hosts at once, ten of which are dead or hang: the fifty do not wait for the ten, and memory stays bounded."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.fetch.at_once import AtOnce
from analyzer.fetch.ssh import Ssh
from analyzer.fetch.way import Unreachable
from tests.analyzer.fetch import sshd
from tests.analyzer.fetch.sshd import Sshd

LOG = 2 << 20  # bytes of each host's log
FOREVER = 600.0  # seconds the hanging ones are waited for, so that none of them is given up during the test


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Sshd]]:
    """Five servers with ten ports each, every port a host; two have no shell."""
    folder = tmp_path_factory.mktemp("fifty")
    with ExitStack() as running:
        more = [(), (), (), sshd.SFTP_ONLY, sshd.SFTP_ONLY]
        yield [running.enter_context(sshd.running(folder / str(i), *more[i], ports=10)) for i in range(5)]


@pytest.fixture
def stuck() -> asyncio.Semaphore:
    """Released by each partner that hangs, once it does."""
    return asyncio.Semaphore(0)


@pytest.fixture
async def hanging(servers: list[Sshd], stuck: asyncio.Semaphore) -> AsyncIterator[list[Ssh]]:
    """Four that never speak, four that stall in the middle."""
    patient = replace(servers[0].ssh, connect_timeout=FOREVER, request_timeout=FOREVER, keepalive=FOREVER)
    async with AsyncExitStack() as partners:
        silent = [await partners.enter_async_context(sshd.silent(stuck)) for _ in range(4)]
        halves = [sshd.stalling(servers[0].port, LOG // 2, stuck) for _ in range(4)]
        stalling = [await partners.enter_async_context(half) for half in halves]
        yield [replace(patient, port=port) for port in (*silent, *stalling)]


def every(servers: list[Sshd]) -> list[Ssh]:
    return [replace(server.ssh, port=port) for server in servers for port in server.ports]


async def read(bound: AtOnce, ssh: Ssh, path: Path) -> int:
    """Bytes of the one log, in pieces that are let go of."""
    got = 0
    async with bound.way(ssh) as way:
        for found in await way.match(f"{path.parent}/*.log"):
            async for piece in way.content(found.path, 0, found.size):
                got += len(piece)
    return got


async def test_fifty_hosts_finish_while_ten_are_dead_or_hang(
    servers: list[Sshd], hanging: list[Ssh], stuck: asyncio.Semaphore, tmp_path: Path
) -> None:
    log = tmp_path / "host.log"
    log.write_bytes(b"line\n" * (LOG // 5))
    bound = AtOnce()
    dead = [replace(servers[0].ssh, port=port) for port in sshd.free_ports(2)]
    # The ten come first, so that whatever they hold they hold before the others.
    waiting = [asyncio.create_task(read(bound, ssh, log)) for ssh in hanging]
    refused = [asyncio.create_task(read(bound, ssh, log)) for ssh in dead]
    for _ in waiting:
        await stuck.acquire()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    got = await asyncio.gather(*(read(bound, ssh, log) for ssh in every(servers)))

    assert len(got) == 50
    assert set(got) == {log.stat().st_size}
    assert not any(task.done() for task in waiting)
    errors = await asyncio.gather(*refused, return_exceptions=True)
    assert [error.reason for error in errors if isinstance(error, Unreachable)] == ["refused", "refused"]
    # All the logs together would be 100 MiB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 << 10
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert all(task.cancelled() for task in waiting)
