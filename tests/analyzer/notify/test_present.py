"""What ends while Alertmanager mutes it: a real Alertmanager, which never says so, and the relay, which asks it."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from analyzer.notify import present
from analyzer.notify.relay import Settings
from stack import ports
from tests.analyzer.discordserver import listening
from tests.analyzer.notify.alertmanager import alertmanager, post
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.notify.running import discord, running

# The server keeps the web configuration's headers in its requests under a plain name.
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")

NAS, DB = alert("ssh", "nas"), alert("sql", "db")


@dataclass
class Clock:
    now: float = 1_767_230_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Has:
    """An Alertmanager that has these; None: it is away."""

    alerts: frozenset[str] | None
    asked: list[str] = field(default_factory=list)

    async def __call__(self, url: str) -> frozenset[str] | None:
        self.asked.append(url)
        return self.alerts


def names(*alerts: dict[str, object]) -> frozenset[str]:
    return frozenset(str(one["fingerprint"]) for one in alerts)


async def test_what_alertmanager_has_no_more_for_five_minutes_is_over_and_the_rest_is_not(tmp_path: Path) -> None:
    clock, has = Clock(), Has(names(DB))
    async with listening() as far, running(tmp_path, discord(far.url()), clock=clock, present=has) as at:
        await at.post(payload(NAS, DB))
        await at.relay.sweep()
        clock.now += present.GONE_AFTER - 1
        await at.relay.sweep()
        assert len(far.events) == 1
        clock.now += 1
        await at.relay.sweep()
        await far.heard(lambda far: len(far.events) == 2)
        has.alerts = frozenset()
        await at.relay.sweep()
        clock.now += present.GONE_AFTER
        await at.relay.sweep()
        await far.heard(lambda far: len(far.events) == 3)
    titles = [(event.method, event.message.embeds[0].title) for event in far.events]
    assert [title.rpartition(" · ")[0] for _, title in titles[:2]] == ["FIRING 2", "FIRING 1, RESOLVED 1"]
    assert titles[2][1].startswith("RESOLVED 2 · HeartbeatLate · lasted ")
    assert [method for method, _ in titles] == ["POST", "PATCH", "PATCH"]


@pytest.mark.parametrize("has", [None, names(NAS)])
async def test_nothing_is_over_for_an_alertmanager_that_is_away_or_still_has_it(
    has: frozenset[str] | None, tmp_path: Path
) -> None:
    clock = Clock()
    async with listening() as far, running(tmp_path, discord(far.url()), clock=clock, present=Has(has)) as at:
        await at.post(payload(NAS))
        for _ in range(3):
            await at.relay.sweep()
            clock.now += present.GONE_AFTER
    assert len(far.events) == 1


async def test_who_was_missed_for_a_moment_only_is_not_over(tmp_path: Path) -> None:
    clock, has = Clock(), Has(frozenset())
    async with listening() as far, running(tmp_path, discord(far.url()), clock=clock, present=has) as at:
        await at.post(payload(NAS))
        for alerts in (frozenset(), names(NAS), frozenset()):
            has.alerts = alerts
            await at.relay.sweep()
            clock.now += present.GONE_AFTER - 1
    assert len(far.events) == 1
    assert set(has.asked) == {"http://watch.example:9093"}


async def test_it_is_asked_where_the_configuration_says(tmp_path: Path) -> None:
    has, settings = Has(names(NAS)), Settings(alertmanager="http://alertmanager.example:9093")
    async with listening() as far, running(tmp_path, discord(far.url()), settings=settings, present=has) as at:
        await at.post(payload(NAS))
        await at.relay.sweep()
    assert has.asked == ["http://alertmanager.example:9093"]


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_a_real_alertmanager_is_asked_for_all_it_has_muted_ones_among_them(suite: str, tmp_path: Path) -> None:
    port, file = ports.free(1)[0], tmp_path / "alertmanager.yml"
    file.write_text(
        "route: {receiver: nobody}\nreceivers: [{name: nobody}]\ninhibit_rules:\n"
        "  - {source_matchers: [a=source], target_matchers: [a=target]}\n"
    )
    url = f"http://127.0.0.1:{port}"
    program = alertmanager(suite, file, tmp_path, port)
    async with aiohttp.ClientSession() as session:
        assert await present.fingerprints(session, url) is None
        try:
            await program.start()
            alerts = [{"labels": {"a": name}} for name in ("source", "target", "over")]
            await post(session, url, *alerts)
            await post(session, url, {**alerts[2], "endsAt": datetime.now(UTC).isoformat()})
            async with asyncio.timeout(10):
                while True:
                    if len(await present.fingerprints(session, url + "/") or ()) == 2:
                        return
                    await asyncio.sleep(0.05)
        finally:
            await program.kill()
