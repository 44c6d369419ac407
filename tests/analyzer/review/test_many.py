"""Many hosts at once share one budget and one model's patience."""

import asyncio
import time

from aiohttp import web

from analyzer.review.budget import Budget
from analyzer.review.outcome import Review
from analyzer.review.review import HostFacts
from tests.analyzer.modelserver import GOOD, Asked, serving
from tests.analyzer.review.partners import Desk, excerpts, model


async def hosts(desk: Desk, count: int) -> list[str]:
    async def review(number: int) -> Review:
        host = HostFacts(f"host{number}", f"Rack {number}.", "local")
        return await desk.sit().review(host, excerpts(), (), time.monotonic() + 20.0)

    reviews = await asyncio.gather(*(review(number) for number in range(count)))
    return [told.outcome for told in reviews]


async def test_hosts_at_once_do_not_spend_the_same_token_twice() -> None:
    async with serving(GOOD) as server, Desk([model(server.url, timeout=5.0)], budget=Budget(day_tokens=8000)) as desk:
        outcomes = await hosts(desk, 12)
    assert {"answered", "budget_exhausted"} == set(outcomes)
    assert sum(desk.memory.tokens.values()) <= 8000


async def test_a_model_is_asked_by_no_more_hosts_at_once_than_it_takes() -> None:
    most = now = 0

    async def counting(request: web.Request, asked: Asked) -> web.StreamResponse:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return await GOOD(request, asked)

    async with serving(counting) as server, Desk([model(server.url, at_once=2, timeout=5.0)]) as desk:
        outcomes = await hosts(desk, 8)
    assert (set(outcomes), most) == ({"answered"}, 2)
