"""Incidents told through the shipped Alertmanager file, the analyzer's relay and a stand-in for Discord.

Alerts are posted in the order in which the rules fire and end them; only waits are made short, and hours do not count.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from stack import adapt, ports
from stack.layout import Configs
from tests.analyzer.discordserver import DiscordServer, Event, listening
from tests.analyzer.notify.alertmanager import Alert, Child, alertmanager, at_any_hour, post

CONFIG = Configs().alertmanager
SHORT = {"group_wait": "150ms", "group_interval": "200ms"}
SECRET = "0123456789abcdef-of-the-relay"
HOSTS = [f"web{number:02}" for number in range(12)]


@dataclass
class Chain:
    """The programs at work; `fire` and `end` alerts."""

    url: str
    relay: Child
    discord: DiscordServer
    session: aiohttp.ClientSession

    async def fire(self, *alerts: Alert) -> None:
        await post(self.session, self.url, *alerts)

    async def end(self, *alerts: Alert) -> None:
        await self.fire(*({**alert, "endsAt": datetime.now(UTC).isoformat()} for alert in alerts))

    async def told(self, text: str, method: str = "POST") -> Event:
        """The first such message, or edit."""

        def found(at: DiscordServer) -> list[Event]:
            return [event for event in at.events if event.method == method and text in event.message.text]

        await self.discord.heard(lambda at: bool(found(at)))
        return found(self.discord)[0]

    async def some_time(self) -> None:
        """Several group intervals: by then whatever is to be told has been."""
        await asyncio.sleep(0.45)
        marker = f"Marker{len(self.discord.events)}"
        await self.fire(fires(marker, "critical", host="marker"))
        await self.told(marker)

    @property
    def events(self) -> list[tuple[str, str]]:
        """Method and kind of alert of all that was told, but for the markers."""
        told = [(event.method, event.message.embeds[0].title.split(" · ")[1]) for event in self.discord.events]
        return [one for one in told if not one[1].startswith("Marker")]


def fires(alertname: str, severity: str, **labels: str) -> Alert:
    return {
        "labels": {"alertname": alertname, "severity": severity, **labels},
        "annotations": {"summary": "It is so.", "description": f"{alertname} of {labels.get('host', 'nobody')}."},
        "startsAt": datetime.now(UTC).isoformat(),
    }


@asynccontextmanager
async def chain(suite: str, folder: Path) -> AsyncIterator[Chain]:
    own, theirs = ports.free(2)
    async with listening() as discord, aiohttp.ClientSession() as session:
        secret, file, analyzer = folder / "secret", folder / "alertmanager.yml", folder / "analyzer.yml"
        secret.write_text(SECRET)
        analyzer.write_text(
            f"hosts: []\nrelay: {{secret_file: {secret}}}\nnotify: [{{name: discord, discord: '{discord.url()}'}}]\n"
        )
        replaced = {"127.0.0.1:9798": f"127.0.0.1:{own}", adapt.PLACEHOLDER: discord.url()}
        replaced |= dict.fromkeys(adapt.RELAY_SECRETS, str(secret))
        text = at_any_hour(CONFIG.read_text())
        adapt.write(adapt.adapt(text, CONFIG.parent, replaced, SHORT), file)
        relay = Child(
            (
                *(sys.executable, "-m", "analyzer", f"--config.file={analyzer}"),
                *(f"--storage.path={folder / 'analyzer'}", f"--web.listen-address=127.0.0.1:{own}"),
            ),
            folder / "analyzer.log",
            f"http://127.0.0.1:{own}/-/healthy",
        )
        pushing = alertmanager(suite, file, folder, theirs)
        try:
            await asyncio.gather(relay.start(), pushing.start())
            yield Chain(f"http://127.0.0.1:{theirs}", relay, discord, session)
        finally:
            await relay.kill()
            await pushing.kill()


def of_all(alertname: str, severity: str, **labels: str) -> Sequence[Alert]:
    return [fires(alertname, severity, host=host, **labels) for host in HOSTS]


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_an_internet_that_is_down_with_twelve_hosts_behind_it_is_one_message_and_its_end_one_edit(
    suite: str, tmp_path: Path
) -> None:
    async with chain(suite, tmp_path) as at:
        behind = [*of_all("HostBehindOutage", "info"), fires("HostBehindOutage", "info")]
        outage = fires("InternetDown", "critical", host="heartline")
        late = of_all("HeartbeatLate", "critical", scope="host")
        others = [
            *of_all("HostDown", "critical", via="internet"),
            *of_all("ProbeFailed", "critical", via="internet", probe="shop"),
            *of_all("LogHostUnreachable", "warning"),
            fires("ProbeFailed", "critical", via="internet", probe="elsewhere"),
            fires("LogModelFailing", "warning", host="heartline"),
            fires("RelayNotDelivering", "critical", host="heartline", service="discord"),
        ]
        # The monitor's first failed round; heartbeats are late before the outage is sure; then all the rest.
        await at.fire(*behind)
        await at.fire(*late[:4])
        await at.some_time()
        assert at.events == []
        await at.fire(outage)
        await at.fire(*late, *others)
        await at.told("FIRING 1 · InternetDown")
        await at.some_time()
        assert at.events == [("POST", "InternetDown")]
        # It is back: what is probed is seen at once, jobs report one after the other, but for one.
        await at.end(outage)
        await at.end(*others)
        await at.end(*late[:6])
        await at.end(*late[6:-1])
        over = await at.told("RESOLVED 1 · InternetDown · heartline · lasted", "PATCH")
        await at.some_time()
        assert at.events == [("POST", "InternetDown"), ("PATCH", "InternetDown")]
        assert over.id == (await at.told("InternetDown")).id
        # Ten minutes later: what is still wrong is told after all.
        await at.end(*behind)
        await at.told(f"FIRING 1 · HeartbeatLate · {HOSTS[-1]}")


async def test_a_host_that_dies_and_comes_back_is_one_message_and_one_edit(tmp_path: Path) -> None:
    async with chain("stable", tmp_path) as at:
        down, away = fires("HostDown", "critical", host="nas"), fires("HostAway", "info", host="nas", by="HostDown")
        own, job = (
            fires("HeartbeatLate", "critical", host="nas", heartbeat=name, scope=scope)
            for name, scope in (("nas", "host"), ("backup", "job"))
        )
        probed = fires("ProbeFailed", "critical", host="nas", probe="ssh")
        await at.fire(down, away)
        await at.fire(own, job, probed)
        await at.told("FIRING 1 · HostDown")
        # It answers again; its heartbeats come minutes later.
        await at.end(down, probed)
        await at.told("RESOLVED 1 · HostDown", "PATCH")
        await at.some_time()
        await at.end(own, job)
        await at.end(away)
        await at.some_time()
        assert at.events == [("POST", "HostDown"), ("PATCH", "HostDown")]


async def test_a_host_that_its_heartbeat_tells_first_is_one_message_too(tmp_path: Path) -> None:
    async with chain("stable", tmp_path) as at:
        own = fires("HeartbeatLate", "critical", host="nas", heartbeat="nas", scope="host")
        away = fires("HostAway", "info", host="nas", by="HeartbeatLate")
        down, job = (
            fires("HostDown", "critical", host="nas"),
            fires("HeartbeatLate", "critical", host="nas", heartbeat="backup", scope="job"),
        )
        await at.fire(own, away)
        await at.told("FIRING 1 · HeartbeatLate · nas")
        await at.fire(down, job)
        await at.some_time()
        await at.end(own, down)
        await at.told("RESOLVED 1 · HeartbeatLate", "PATCH")
        await at.some_time()
        assert at.events == [("POST", "HeartbeatLate"), ("PATCH", "HeartbeatLate")]
        # The job is late still when its ten minutes are over.
        await at.end(away)
        await at.told("FIRING 1 · HeartbeatLate · backup")


async def test_while_the_relay_is_down_alerts_wait_and_discord_hears_so_without_it(tmp_path: Path) -> None:
    async with chain("stable", tmp_path) as at:
        await at.relay.kill()
        waiting, down = fires("HostDown", "critical", host="nas"), fires("RelayDown", "critical", host="heartline")
        await at.fire(waiting)
        await at.fire(down)
        direct = await at.told("RelayDown")
        assert "RelayDown of heartline." in direct.message.text
        assert at.events == [("POST", "RelayDown")]
        await at.relay.start()
        await at.told("FIRING 1 · HostDown · nas")
        await at.end(down)
        await at.told("RESOLVED 1 · RelayDown")
        await at.some_time()
        assert sorted(at.events) == [("POST", "HostDown"), ("POST", "RelayDown"), ("POST", "RelayDown")]
