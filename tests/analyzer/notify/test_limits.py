"""Discord's limits: learned from its answers, kept to, and shared where they are."""

import asyncio
import time
from pathlib import Path

import pytest

from analyzer.notify.buckets import LONGEST, UNNAMED, Buckets, Everywhere
from analyzer.notify.declare import Reach, services
from analyzer.notify.relay import Settings
from tests.analyzer.discordserver import Limits, listening
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.notify.running import discord, running

# The server keeps the web configuration's headers in its requests under a plain name.
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")


def test_a_bucket_that_is_empty_is_waited_for_and_one_that_is_not_is_not() -> None:
    buckets = Buckets(Everywhere())
    left = {"X-RateLimit-Bucket": "b", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset-After": "1.5"}
    buckets.learn("POST", 200, left, {}, 10.0)
    assert buckets.wait("POST", 10.0) == 0.0
    buckets.learn("POST", 200, left | {"X-RateLimit-Remaining": "0"}, {}, 10.5)
    assert buckets.wait("POST", 11.0) == 1.0
    assert buckets.wait("POST", 12.0) == 0.0


def test_methods_that_are_counted_in_one_bucket_wait_for_each_other_and_others_do_not() -> None:
    buckets = Buckets(Everywhere())
    empty = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "2"}
    buckets.learn("PATCH", 200, {"X-RateLimit-Bucket": "b"}, {}, 0.0)
    buckets.learn("POST", 200, {"X-RateLimit-Bucket": "b", **empty}, {}, 0.0)
    assert buckets.wait("PATCH", 0.0) == 2.0
    buckets.learn("PATCH", 200, {"X-RateLimit-Bucket": "c"}, {}, 0.0)
    assert buckets.wait("PATCH", 0.0) == 0.0


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"Retry-After": "3"}, {"retry_after": 2.25}, 2.25),
        ({"Retry-After": "3"}, {}, 3.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None, UNNAMED),
        ({}, {"retry_after": "nan"}, UNNAMED),
        ({}, {"retry_after": -1}, UNNAMED),
        ({}, {"retry_after": 1e300}, LONGEST),
    ],
)
def test_a_429_is_waited_out_as_it_says(headers: dict[str, str], body: object, wait: float) -> None:
    buckets = Buckets(Everywhere())
    assert buckets.learn("POST", 429, headers, body, 5.0) == wait
    assert buckets.wait("POST", 5.0) == wait


def test_the_global_limit_holds_for_every_webhook() -> None:
    everywhere = Everywhere()
    first, second = Buckets(everywhere), Buckets(everywhere)
    first.learn("POST", 429, {}, {"retry_after": 4, "global": True}, 1.0)
    assert second.wait("PATCH", 2.0) == 3.0


async def test_webhooks_that_share_a_global_limit_are_told_all_with_few_refusals(tmp_path: Path) -> None:
    limits = Limits(globally=6, global_seconds=0.4, minute=1000, burst=1000)
    async with listening(limits) as far:
        names = [discord(far.url(n), name=f"d{n}") for n in range(1, 4)]
        async with running(tmp_path, *names) as at:
            answers = [at.post(payload(alert(), key=f"group{n}")) for n in range(6)]
            assert set(await asyncio.gather(*answers)) == {200}
    assert len(far.events) == 18
    # At each turn of the window each of the three may be the one that finds it full.
    assert far.refusals[429] <= 12


async def test_within_one_bucket_no_request_is_refused(tmp_path: Path) -> None:
    async with listening(Limits(burst_seconds=0.2, minute=1000)) as far, running(tmp_path, discord(far.url())) as at:
        answers = [at.post(payload(alert(), key=f"group{n}")) for n in range(12)]
        assert set(await asyncio.gather(*answers)) == {200}
    assert (len(far.events), far.refusals.total()) == (12, 0)


async def test_a_store_that_cannot_keep_it_is_a_503_and_nobody_is_told(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        at.store.close()
        assert await at.post(payload(alert())) == 503
    assert not far.events


async def test_a_reload_keeps_what_waits_and_its_place(tmp_path: Path) -> None:
    settings = Settings(hold=0.0)
    async with listening() as far, running(tmp_path, discord(far.url()), settings=settings) as at:
        far.outage(0.4)
        assert await at.post(payload(alert())) == 503
        reach = Reach(time.monotonic)
        at.relay.use(services((discord(far.url(2)), discord(far.url(3), name="more")), reach), settings)
        await far.heard(lambda far: len(far.events) == 1)
        assert at.relay.names == {"discord", "more"}
        await reach.close()
    assert len(far.events) == 1
