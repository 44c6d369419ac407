"""Make the digest of a period: what Prometheus tells, then what the store knows."""

import asyncio
from collections.abc import Sequence

import aiohttp

from analyzer.digest.gather import gather
from analyzer.digest.outside import outside
from analyzer.digest.period import Period
from analyzer.digest.prometheus import Prometheus
from analyzer.digest.report import Digest
from analyzer.store import Store


async def make(
    store: Store,
    hosts: Sequence[str],
    prometheus: str | None,
    session: aiohttp.ClientSession,
    period: Period,
    now: float,
) -> Digest:
    """`prometheus`: its URL, None where it is not asked. StorageError where the store cannot be read."""
    told = await outside(Prometheus(prometheus, session) if prometheus else None, period)
    return await asyncio.to_thread(gather, store, hosts, period, told, now)
