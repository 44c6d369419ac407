"""The page itself: who may post, what is refused, and what becomes of services, filters and logs."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from analyzer.notify.families import collect
from analyzer.notify.relay import Settings
from tests.analyzer.discordserver import listening
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.notify.running import SECRET, discord, running
from toolkit.families import render

# The server keeps the web configuration's headers in its requests under a plain name.
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")


async def test_only_who_has_the_secret_may_post_and_guessing_is_slowed_down(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        answers = [await at.post(payload(alert()), secret=f"wrong{n}") for n in range(7)]
        assert answers == [401] * 5 + [429] * 2
        assert await at.post(payload(alert()), secret="") == 429
        assert await at.post(payload(alert())) == 200
    assert len(far.events) == 1


async def test_mistakes_are_answered_so_that_alertmanager_does_not_try_again(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        assert await at.post(b"nonsense") == 400
        assert await at.post(payload(alert(), version="3")) == 400
        assert await at.post(payload(alert()), path="/nobody") == 404
        assert await at.post(b" " * (16 * 2**20 + 1)) == 413
        async with at.session.get(at.url, headers={"Authorization": f"Bearer {SECRET}"}) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert not far.events


async def test_with_nobody_to_tell_alertmanager_is_told_so_and_keeps_it(tmp_path: Path) -> None:
    async with running(tmp_path) as at:
        status, text = await at.answer(payload(alert()))
    assert (status, json.loads(text)["detail"]) == (503, "no service to tell: the configuration's `notify` is empty")


async def test_each_service_hears_its_severities_and_whoever_heard_the_beginning_hears_the_end(tmp_path: Path) -> None:
    grave, light = alert("a"), alert("b", severity="warning")
    async with listening() as far:
        services = (discord(far.url(1), name="all"), discord(far.url(2), "critical", name="phone"))
        async with running(tmp_path, *services) as at:
            assert await at.post(payload(light)) == 200
            assert len(far.events) == 1
            assert await at.post(payload(grave, light)) == 200
            assert [event.method for event in far.events] == ["POST", "POST", "POST"]
            # All that is left is a warning, and the phone hears of that end too.
            ended = payload(alert("a", status="resolved"), light)
            assert await at.post(ended) == 200
            over = payload(alert("b", severity="warning", status="resolved"))
            assert await at.post(over) == 200
    firing = [message.text for message in far.messages.values() if message.text.startswith("FIRING")]
    assert firing == []


async def test_an_address_with_a_name_tells_that_service_alone(tmp_path: Path) -> None:
    async with listening() as far:
        services = (discord(far.url(1), name="one"), discord(far.url(2), name="other"))
        async with running(tmp_path, *services) as at:
            assert await at.post(payload(alert()), path="/other") == 200
            assert at.relay.counts.successes.keys() == {"other"}
    assert len(far.events) == 1


async def test_one_service_that_hangs_does_not_keep_the_others_from_hearing(tmp_path: Path) -> None:
    async with listening() as far, listening() as dead:
        dead.hang = True
        services = (discord(far.url(), name="good"), discord(dead.url(), name="dead"))
        async with running(tmp_path, *services, settings=Settings(hold=0.5), seconds=0.2) as at:
            status, text = await at.answer(payload(alert()))
            assert (status, json.loads(text)["detail"]) == (503, "kept, but not told yet: dead")
            assert len(far.events) == 1
            dead.hang = False
            await dead.heard(lambda dead: len(dead.events) == 1)
    assert "Sent again after an interruption" in dead.events[0].message.text
    assert len(far.events) == 1


async def test_a_webhook_that_is_gone_is_said_and_nothing_is_answered_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening() as far, running(tmp_path, discord(far.url()), settings=Settings(hold=0.3)) as at:
        far.unknown_webhook = True
        assert await at.post(payload(alert())) == 503
    assert "Discord refuses: 404 Unknown Webhook" in caplog.text
    assert far.url().rpartition("/")[2] not in caplog.text


async def test_the_logs_word_is_in_the_message_and_stays_there_to_the_end(tmp_path: Path) -> None:
    async def look(host: str) -> str | None:
        return f"{host}: I/O errors on sda1\nsince 02:10\nthird line"

    async with listening() as far, running(tmp_path, discord(far.url()), at_logs=look) as at:
        assert await at.post(payload(alert())) == 200
        assert await at.post(payload(alert(status="resolved"))) == 200
    for event in far.events:
        assert "> nas: I/O errors on sda1\n> since 02:10\n" in event.message.embeds[0].description
        assert "third line" not in event.message.text


@pytest.mark.parametrize("trouble", [RuntimeError("logs are broken"), None])
async def test_logs_that_fail_or_say_nothing_neither_keep_nor_replace_the_message(
    trouble: Exception | None, tmp_path: Path
) -> None:
    async def look(host: str) -> str | None:
        if trouble:
            raise trouble
        return None

    async with listening() as far, running(tmp_path, discord(far.url()), at_logs=look) as at:
        assert await at.post(payload(alert())) == 200
    assert len(far.events) == 1


async def test_logs_are_looked_at_for_heartbeats_and_probes_of_few_hosts_only(tmp_path: Path) -> None:
    asked: list[str] = []

    async def look(host: str) -> str | None:
        asked.append(host)
        return None

    disk = alert("x", "disk-host", alertname="HostDiskFull")
    disk = disk | {"labels": {"alertname": "HostDiskFull", "host": "disk-host", "severity": "critical"}}
    many = [alert("hb", f"host{n}") for n in range(4)]
    few = [alert("hb", f"few{n}") for n in range(2)]
    async with listening() as far, running(tmp_path, discord(far.url()), at_logs=look) as at:
        for key, group in {"disk": [disk], "many": many, "few": few}.items():
            assert await at.post(payload(*group, key=key)) == 200
    assert sorted(asked) == ["few0", "few1"]


async def test_what_ended_while_nobody_was_asked_again_is_closed_after_a_while(tmp_path: Path) -> None:
    ahead = 0.0

    def clock() -> float:
        return time.time() + ahead

    settings = Settings(hold=0.0, confirm_within=60.0)
    async with listening() as far, running(tmp_path, discord(far.url()), settings=settings, clock=clock) as at:
        far.outage(0.3)
        assert await at.post(payload(alert())) == 503
        await far.heard(lambda far: len(far.events) == 1)
        await asyncio.sleep(0.1)
        await at.relay.sweep()
        assert at.relay.pending == {"discord": 0}
        ahead = 100.0
        await at.relay.sweep()
        await far.heard(lambda far: len(far.events) == 2)
    assert far.events[1].method == "PATCH"
    assert "Alertmanager has not spoken of it since" in far.events[1].message.text


async def test_what_alertmanager_came_back_for_is_not_closed(tmp_path: Path) -> None:
    ahead = 0.0
    settings = Settings(hold=2.0, confirm_within=60.0)
    async with (
        listening() as far,
        running(tmp_path, discord(far.url()), settings=settings, clock=lambda: time.time() + ahead) as at,
    ):
        assert await at.post(payload(alert())) == 200
        ahead = 100.0
        await at.relay.sweep()
        assert at.relay.pending == {"discord": 0}
    assert len(far.events) == 1


async def test_deliveries_are_counted_by_service_and_outcome(tmp_path: Path) -> None:
    async with listening() as far, running(tmp_path, discord(far.url())) as at:
        far.outage(0.3)
        assert await at.post(payload(alert())) == 200
        text = render(collect(at.relay.counts, at.relay.pending), openmetrics=False).decode()
    assert 'notify_deliveries_total{service="discord",outcome="delivered"} 1.0' in text
    assert 'notify_deliveries_total{service="discord",outcome="failed"} 1.0' in text
    assert 'notify_deliveries_total{service="discord",outcome="refused"} 0.0' in text
    assert "notify_delivery_seconds_count 1.0" in text
    assert 'notify_pending_groups{service="discord"} 0.0' in text
    async with running(tmp_path, discord(far.url())) as at:
        assert at.relay.counts.successes["discord"] > 0
