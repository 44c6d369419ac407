"""What reaches a stand-in Discord when Alertmanager's webhooks are posted to the relay's page?"""

import asyncio
import time
from pathlib import Path

import pytest

from analyzer.notify.relay import Settings
from tests.analyzer.discordserver import listening
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.notify.running import discord, running

# The server keeps the web configuration's headers in its requests under a plain name.
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")


async def test_an_alert_is_told_once_though_two_alertmanagers_send_it(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        answers = await asyncio.gather(at.post(payload(alert())), at.post(payload(alert())))
        assert (*answers, await at.post(payload(alert()))) == (200, 200, 200)
    assert len(far.events) == 1
    assert far.events[0].message.embeds[0].title == "FIRING 1 · HeartbeatLate · backup on nas"


async def test_the_end_edits_the_message_and_says_how_long_it_lasted(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        assert await at.post(payload(alert())) == 200
        assert await at.post(payload(alert(status="resolved"))) == 200
        assert await at.post(payload(alert(status="resolved"))) == 200
    assert [event.method for event in far.events] == ["POST", "PATCH"]
    (message,) = far.messages.values()
    assert message.embeds[0].title == "RESOLVED 1 · HeartbeatLate · backup on nas · lasted 12m34s"


async def test_a_message_that_was_deleted_is_posted_anew_when_it_ends(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        await at.post(payload(alert()))
        far.messages.clear()
        assert await at.post(payload(alert(status="resolved"))) == 200
    assert [event.method for event in far.events] == ["POST", "POST"]


async def test_the_answer_is_503_until_discord_accepts_and_the_message_comes_though_nobody_asks_again(
    tmp_path: Path,
) -> None:
    async with listening() as far, running(tmp_path, discord(far.url()), settings=Settings(hold=0.1)) as at:
        far.outage(0.8)
        status, text = await at.answer(payload(alert()))
        assert (status, "discord" in text) == (503, True)
        await far.heard(lambda far: len(far.events) == 1)
        assert await at.post(payload(alert())) == 200
    assert len(far.events) == 1


async def test_what_was_kept_before_a_restart_is_told_after_it(tmp_path: Path) -> None:
    async with listening() as far:
        far.outage(1.0)
        async with running(tmp_path, discord(far.url()), settings=Settings(hold=0.0)) as at:
            assert await at.post(payload(alert())) == 503
        async with running(tmp_path, discord(far.url())) as at:
            await far.heard(lambda far: len(far.events) == 1)
            assert await at.post(payload(alert(status="resolved"))) == 200
    assert [event.method for event in far.events] == ["POST", "PATCH"]


async def test_who_joins_at_once_is_added_to_the_message(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        await at.post(payload(alert("backup")))
        await at.post(payload(alert("backup"), alert("mirror")))
    (message,) = far.messages.values()
    assert message.embeds[0].title == "FIRING 2 · HeartbeatLate · nas"


async def test_who_joins_later_rings_and_the_end_edits_every_message(tmp_path: Path) -> None:
    first, second = alert("backup"), alert("mirror")
    ahead = 0.0
    clock = lambda: time.time() + ahead  # noqa: E731 - a clock to be put forward
    async with listening() as far, running(tmp_path, discord(far.url()), clock=clock) as at:
        await at.post(payload(first))
        ahead = 130.0
        await at.post(payload(first, second))
        await at.post(payload(first, alert("mirror", status="resolved")))
        await at.post(payload(alert("backup", status="resolved"), alert("mirror", status="resolved")))
    assert [event.method for event in far.events] == ["POST", "POST", "PATCH", "PATCH", "PATCH"]
    titles = {message.embeds[0].title for message in far.messages.values()}
    assert titles == {"RESOLVED 2 · HeartbeatLate · nas · lasted 12m34s"}
