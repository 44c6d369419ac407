"""What reaches Discord through a real Alertmanager alone, oldest and newest, with the shipped groups and templates?

Everything goes to the fallback here, at any hour: the receivers are the subject of test_alertmanager_routes.py, and the
relay that of test_alertmanager_incident.py.
"""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
import yaml

from stack import adapt, discord, ports, tools
from stack.discord import StandIn
from stack.layout import ROOT, Configs
from stack.message import Message
from tests.analyzer.notify.alertmanager import Alert, alertmanager, at_any_hour, post

CONFIG = Configs().alertmanager
RUNBOOKS = "https://github.com/heartline/heartline/blob/main/docs/runbooks"
WITHIN = 15.0
# The shipped waits, made short: only how long a test takes depends on them.
SHORT = {"group_wait": "300ms", "group_interval": "500ms"}
HOSTILE = ("x", "``` `", "**[a](https://evil.example)** @everyone <@1> ", "é😀\n\n", '"\\{}')

pytestmark = pytest.mark.parametrize("suite", ["stable", "newest"])


@dataclass(frozen=True)
class Chain:
    """An Alertmanager that answers at `url`, and the stand-in for Discord behind it."""

    url: str
    discord: StandIn
    session: aiohttp.ClientSession

    async def post(self, *alerts: Alert) -> None:
        await post(self.session, self.url, *alerts)

    async def resolve(self, *alerts: Alert) -> None:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        await self.post(*({**alert, "endsAt": ended.isoformat()} for alert in alerts))

    async def states(self, *alerts: Alert) -> set[str]:
        """What has become of these, as the API v2 says, once all of them are looked at."""
        wanted = [alert["labels"] for alert in alerts]
        async with asyncio.timeout(WITHIN):
            while True:
                async with self.session.get(f"{self.url}/api/v2/alerts") as answer:
                    found = [one for one in await answer.json() if one["labels"] in wanted]
                states = {one["status"]["state"] for one in found}
                if len(found) == len(wanted) and "unprocessed" not in states:
                    return states
                await asyncio.sleep(0.1)

    async def become(self, state: str, *alerts: Alert) -> None:
        """Wait until each of these is so: what mutes them may be looked at after them."""
        end = monotonic() + WITHIN
        while (found := await self.states(*alerts)) != {state}:
            assert monotonic() < end, found
            await asyncio.sleep(0.1)

    async def hears(self, *parts: str, after: int = 0) -> Message:
        """The first message from number `after` on whose text has all `parts`."""
        return await self.discord.wait_for(lambda m: all(part in m.text for part in parts), WITHIN, after)


@asynccontextmanager
async def chain(suite: str, folder: Path) -> AsyncIterator[Chain]:
    async with discord.listening(rate_limited=False) as stand_in, aiohttp.ClientSession() as session:
        file = folder / "alertmanager.yml"
        text = at_any_hour(CONFIG.read_text())
        text = text.replace("  receiver: relay", "  receiver: discord-direct")
        adapt.write(adapt.adapt(text, CONFIG.parent, {adapt.PLACEHOLDER: stand_in.url}, SHORT), file)
        port = ports.free(1)[0]
        program = alertmanager(suite, file, folder, port, "--web.external-url=http://watch.example:9093")
        try:
            await program.start()
            yield Chain(f"http://127.0.0.1:{port}", stand_in, session)
        finally:
            await program.kill()


def alert(alertname: str, heartbeat: str, host: str, severity: str = "critical") -> Alert:
    """An alert as rules/heartbeats.yml words it."""
    scope = "host" if heartbeat == host else "job"
    labels = {"alertname": alertname, "heartbeat": heartbeat, "host": host, "severity": severity, "scope": scope}
    return {"labels": labels, "annotations": annotations(alertname, heartbeat, host)}


def annotations(alertname: str, heartbeat: str, host: str) -> Mapping[str, str]:
    return {
        "summary": "A heartbeat is late.",
        "description": f"{heartbeat} on {host} did not report in time, its deadline passed 15s ago.",
        "last_seen": "Thu 01 Jan 2026 02:00:00 (Europe/Berlin)",
        "deadline": "Thu 01 Jan 2026 08:06:00 (Europe/Berlin)",
        "expected_every": "5m 0s, and 1m 0s of grace",
        "runbook_url": f"{RUNBOOKS}/{alertname}.md",
    }


async def test_a_late_heartbeat_is_told_with_all_that_its_reader_needs(suite: str, tmp_path: Path) -> None:
    async with chain(suite, tmp_path) as at:
        await at.post(alert("HeartbeatLate", "nightly-backup", "nas"))
        (embed,) = (await at.hears("FIRING")).embeds
    assert embed.title == "FIRING 1 · HeartbeatLate · nightly-backup · nas"
    assert embed.description.splitlines() == [
        "**`nightly-backup` on `nas`** A heartbeat is late.",
        "nightly-backup on nas did not report in time, its deadline passed 15s ago.",
        "Last seen: Thu 01 Jan 2026 02:00:00 (Europe/Berlin)",
        "Expected every: 5m 0s, and 1m 0s of grace",
        "Deadline: Thu 01 Jan 2026 08:06:00 (Europe/Berlin)",
        "[Silence](http://watch.example:9093/#/silences/new?filter=%7Balertname%3D%22HeartbeatLate%22"
        "%2Cheartbeat%3D%22nightly-backup%22%2Chost%3D%22nas%22%7D)",
        "",
        f"[Runbook]({RUNBOOKS}/HeartbeatLate.md) · [Alerts](http://watch.example:9093/#/alerts)",
    ]


async def test_hosts_that_fall_silent_together_are_one_message(suite: str, tmp_path: Path) -> None:
    async with chain(suite, tmp_path) as at:
        await at.post(*(alert("HeartbeatLate", f"host{n:02}", f"host{n:02}") for n in range(40)))
        message = await at.hears("FIRING 40 · HeartbeatLate")
    assert "and 22 more" in message.text
    assert len(at.discord.messages) == 1


async def test_an_alert_that_joins_a_group_is_told_and_so_is_its_end(suite: str, tmp_path: Path) -> None:
    first, second = alert("HeartbeatLate", "first", "nas"), alert("HeartbeatLate", "second", "db")
    async with chain(suite, tmp_path) as at:
        await at.post(first)
        await at.hears("FIRING 1 · HeartbeatLate · first")
        await at.post(first, second)
        await at.hears("FIRING 2 · HeartbeatLate", "`first` on `nas`", "`second` on `db`")
        await at.resolve(first)
        await at.hears("FIRING 1, RESOLVED 1 · HeartbeatLate", "**Resolved**\n• `first` on `nas`")
        await at.resolve(second)
        over = await at.hears("RESOLVED 1 · HeartbeatLate · second · db", after=3)
    assert "FIRING" not in over.text


async def test_a_silent_host_mutes_its_jobs_and_nobody_elses(suite: str, tmp_path: Path) -> None:
    host, job = alert("HeartbeatLate", "nas", "nas"), alert("HeartbeatLate", "backup", "nas")
    async with chain(suite, tmp_path) as at:
        await at.post(host, job, alert("HeartbeatRunOverdue", "sync", "nas"), alert("HeartbeatLate", "backup2", "db"))
        await at.hears("FIRING 2 · HeartbeatLate", "**`nas`**", "`backup2` on `db`")
        # The host is back, its jobs are not: now they are told.
        await at.resolve(host)
        await at.hears("HeartbeatLate", "`backup` on `nas`")
        await at.hears("HeartbeatRunOverdue", "`sync` on `nas`")
    assert "`backup` on" not in at.discord.messages[0].text


async def test_a_host_that_is_down_mutes_its_own_heartbeat_too(suite: str, tmp_path: Path) -> None:
    down = {"labels": {"alertname": "HostDown", "host": "nas", "severity": "critical"}, "annotations": {}}
    away = {"labels": {"alertname": "HostAway", "host": "nas", "by": "HostDown", "severity": "info"}, "annotations": {}}
    async with chain(suite, tmp_path) as at:
        await at.post(down, away, alert("HeartbeatLate", "nas", "nas"), alert("HeartbeatLate", "web", "web"))
        late = await at.hears("HeartbeatLate")
        await at.hears("HostDown")
    assert "FIRING 1 · HeartbeatLate · web\n" in late.text


async def test_the_graver_alert_about_a_heartbeat_mutes_the_lesser(suite: str, tmp_path: Path) -> None:
    async with chain(suite, tmp_path) as at:
        await at.post(
            alert("HeartbeatLate", "backup", "nas"),
            alert("HeartbeatRunOverdue", "backup", "nas", "warning"),
            alert("HeartbeatRunOverdue", "sync", "nas", "warning"),
        )
        await at.hears("HeartbeatLate")
        overdue = await at.hears("HeartbeatRunOverdue")
    assert "FIRING 1 · HeartbeatRunOverdue · sync · nas" in overdue.text


def fires(alertname: str, severity: str = "critical", **labels: str) -> Alert:
    """An alert as rules/host.yml and rules/probes.yml label it."""
    return {"labels": {"alertname": alertname, "severity": severity, **labels}, "annotations": {"summary": "It is so."}}


FAR, NEAR = (
    fires("ProbeFailed", probe="far", instance="far.example", via="internet"),
    fires("ProbeFailed", probe="near", instance="nas"),
)
FAR_HOST = fires("HostDown", host="web01", instance="web01.example.org:9100", via="internet")
NEAR_HOST = fires("HostDown", host="nas", instance="nas:9100")
PART = fires("InternetPartFailed", "warning", probe="part", instance="1.1.1.1", group="internet", via="internet")
SOURCES: Mapping[str, tuple[Alert, list[Alert], list[Alert]]] = {
    # What fires, what it mutes, what is told all the same.
    "internet": (fires("InternetDown", host="heartline"), [FAR, PART, FAR_HOST], [NEAR, NEAR_HOST]),
    "gateway": (
        fires("GatewayGone", host="heartline"),
        [FAR, PART, FAR_HOST, fires("InternetDown", host="heartline")],
        [NEAR, NEAR_HOST],
    ),
    "names": (
        fires("DnsBroken", host="heartline"),
        [PART, fires("ProbeFailed", probe="nameless", instance="x.example", via="internet", cause="dns")],
        [FAR, NEAR, FAR_HOST],
    ),
    "host": (
        fires("HostDown", host="nas", instance="nas:9100"),
        [
            fires("HostDiskFull", host="nas"),
            fires("ProbeFailed", host="nas", probe="ssh", instance="nas:22"),
            fires("LogHostUnreachable", "warning", host="nas"),
            fires("HeartbeatRunOverdue", "warning", heartbeat="sync", host="nas", scope="job"),
        ],
        [
            fires("ProbeFailed", host="web", probe="web", instance="web:22"),
            fires("HostDown", host="db"),
            fires("LogHostUnreachable", "warning", host="web"),
            fires("LogFindingCritical", host="nas", category="storage"),
            # Whoever says that he failed is not silent, and other people's alerts are none of a host's readings.
            fires("HeartbeatFailed", heartbeat="backup", host="nas", scope="job"),
            fires("HostingBill", host="nas"),
        ],
    ),
    "a host by its heartbeat": (
        fires("HeartbeatLate", heartbeat="nas", host="nas", scope="host"),
        [fires("LogReviewStale", "warning", host="nas")],
        [fires("HeartbeatFailed", heartbeat="backup", host="nas", scope="job"), fires("LogReviewStale", host="db")],
    ),
    "a host that is away, told as down": (
        fires("HostAway", "info", host="nas", by="HostDown"),
        [
            fires("HeartbeatLate", heartbeat="nas", host="nas", scope="host"),
            fires("HeartbeatNeverSeen", heartbeat="nas", host="nas", scope="host"),
            fires("HeartbeatLate", heartbeat="backup", host="nas", scope="job"),
        ],
        [
            NEAR_HOST,
            fires("HeartbeatFailed", heartbeat="backup", host="nas", scope="job"),
            fires("HeartbeatLate", heartbeat="web", host="web", scope="host"),
        ],
    ),
    "a host that is away, told by its heartbeat": (
        fires("HostAway", "info", host="nas", by="HeartbeatLate"),
        [
            NEAR_HOST,
            fires("HeartbeatLate", heartbeat="backup", host="nas", scope="job"),
            # Muted itself, a host that is down explains its readings all the same.
            fires("HostDiskFull", host="nas"),
        ],
        [
            fires("HeartbeatLate", heartbeat="nas", host="nas", scope="host"),
            fires("HostDown", host="web"),
            fires("HeartbeatFailed", heartbeat="backup", host="nas", scope="job"),
        ],
    ),
    "certificate": (
        fires("CertificateBad", probe="shop", instance="https://shop/"),
        [fires("ProbeFailed", probe="shop", instance="https://shop/")],
        [NEAR, fires("CertificateExpiring", "warning", probe="other", instance="https://other/")],
    ),
    "expiry": (
        fires("CertificateExpiring", probe="shop", instance="https://shop/"),
        [fires("CertificateExpiring", "warning", probe="shop", instance="https://shop/")],
        [fires("CertificateExpiring", "warning", probe="other", instance="https://other/")],
    ),
    "expiry, from afar": (
        fires("CertificateExpiring", "warning", probe="shop", instance="https://shop/"),
        [fires("CertificateExpiring", "info", probe="shop", instance="https://shop/")],
        [fires("CertificateExpiring", "info", probe="other", instance="https://other/")],
    ),
    "a rule of somebody's own": (
        fires("DiskWorn", host="nas", device="sda"),
        [fires("DiskWorn", "warning", host="nas", device="sda")],
        [fires("DiskWorn", "warning", host="nas", device="sdb"), fires("DiskSlow", "warning", host="nas")],
    ),
    "disk": (
        fires("HostDiskFull", host="nas", instance="nas:9100", mountpoint="/srv"),
        [fires("HostDiskAlmostFull", "warning", host="nas", instance="nas:9100", mountpoint="/srv")],
        [fires("HostDiskAlmostFull", "warning", host="nas", instance="nas:9100", mountpoint="/home")],
    ),
    "maintenance": (
        fires("MaintenanceActive", "info", host="nas"),
        [
            fires("HostDown", host="nas", instance="nas:9100"),
            fires("HeartbeatLate", heartbeat="backup", host="nas", scope="job"),
            fires("LogFindingCritical", host="nas", category="storage"),
            fires("ProbeFailed", host="nas", probe="ssh", instance="nas:22", via="internet"),
        ],
        [fires("HostDown", host="db", instance="db:9100"), fires("Watchdog", "info", host="nas"), NEAR],
    ),
    "behind an outage": (
        fires("HostBehindOutage", "info", host="web01"),
        [
            FAR,
            FAR_HOST,
            fires("HeartbeatLate", heartbeat="web01", host="web01", scope="host"),
            fires("LogHostUnreachable", "warning", host="web01"),
        ],
        [NEAR, NEAR_HOST, fires("HeartbeatLate", heartbeat="nas", host="nas2", scope="host")],
    ),
    "outage of the way to Discord": (
        fires("InternetDown", host="heartline"),
        [fires("RelayNotDelivering", host="heartline", service="discord"), fires("LogModelFailing", "warning")],
        [fires("RelayDown", host="heartline")],
    ),
    "relay": (
        fires("RelayDown", host="heartline"),
        [fires("AnalyzerDown", "warning", host="heartline"), fires("RelayNotDelivering", host="heartline")],
        [fires("ExporterDown", host="heartline")],
    ),
    "what lasts": (
        fires("HostOverloaded", host="nas", instance="nas:9100"),
        [fires("HostOverloaded", "warning", host="nas", instance="nas:9100")],
        [fires("HostOverloaded", "warning", host="db", instance="db:9100")],
    ),
}


async def test_a_host_behind_an_internet_that_is_down_mutes_its_jobs_though_it_is_muted_itself(
    suite: str, tmp_path: Path
) -> None:
    job = alert("HeartbeatLate", "backup", "web01")
    async with chain(suite, tmp_path) as at:
        await at.post(fires("InternetDown", host="heartline"))
        await at.post(FAR_HOST)
        await at.post(job)
        await at.become("suppressed", FAR_HOST, job)


@pytest.mark.parametrize("case", SOURCES)
async def test_what_follows_from_a_bigger_trouble_is_muted_and_the_rest_is_not(
    case: str, suite: str, tmp_path: Path
) -> None:
    source, muted, told = SOURCES[case]
    async with chain(suite, tmp_path) as at:
        # The source first, as its group is the one that the others are muted by.
        await at.post(source)
        await at.post(*muted, *told)
        await at.become("suppressed", *muted)
        # By now the source mutes whatever it ever will.
        assert await at.states(source, *told) == {"active"}


async def test_an_exporter_that_is_down_mutes_nothing(suite: str, tmp_path: Path) -> None:
    labels = {"alertname": "ExporterDown", "host": "heartline", "severity": "critical", "instance": "127.0.0.1:9797"}
    async with chain(suite, tmp_path) as at:
        await at.post({"labels": labels, "annotations": {}}, alert("HeartbeatLate", "backup", "nas"))
        await at.hears("FIRING 1 · ExporterDown · heartline", "`127.0.0.1:9797` on `heartline`")
        await at.hears("FIRING 1 · HeartbeatLate · backup · nas")


async def test_the_watchdog_and_what_only_mutes_others_are_no_messages(suite: str, tmp_path: Path) -> None:
    quiet = [
        fires(name, "info", host="nas") for name in ("Watchdog", "MaintenanceActive", "HostBehindOutage", "HostAway")
    ]
    async with chain(suite, tmp_path) as at:
        await at.post(*quiet)
        # Told after several group intervals: by then they would have been as well.
        for number in range(2):
            await at.post(alert(f"Marker{number}", "backup", "web"))
            await at.hears(f"Marker{number}")
            await asyncio.sleep(0.6)
    assert [m.embeds[0].title.split(" · ")[1] for m in at.discord.messages] == ["Marker0", "Marker1"]


async def test_hostile_texts_of_any_length_are_within_discords_limits(suite: str, tmp_path: Path) -> None:
    # Each case is a group of its own: how many alerts fire in it, and what all their texts are made of.
    cases = {f"Case{n:02}": case for n, case in enumerate(product((1, 3, 4, 60), HOSTILE))}
    groups = {name: _hostile(name, *case) for name, case in cases.items()}
    async with chain(suite, tmp_path) as at:
        for group in groups.values():
            await at.post(*group)
        told = [await at.hears(f"FIRING {len(group)} · {name}") for name, group in groups.items()]
        for group in groups.values():
            await at.resolve(*group[::2])
        told += [await at.hears(f"RESOLVED {len(group[::2])} · {name}") for name, group in groups.items()]
        # The longest of all: as many as are told in full, and more resolved than are named.
        for group in groups.values():
            await at.resolve(*group[7::2])
        told += [
            await at.hears(f"FIRING 3, RESOLVED 27 · {name}") for name, group in groups.items() if len(group) == 60
        ]
    assert at.discord.refusals == []
    for message in told:
        description = message.embeds[0].description
        # The link at the end is there: nothing was cut on the way, the newest Alertmanager would.
        assert description.endswith("[Alerts](http://watch.example:9093/#/alerts)")
        assert "](https://evil" not in re.sub("`[^`]*`", "", description)


def _hostile(alertname: str, count: int, text: str) -> list[Alert]:
    long = text * (400 // len(text))
    labelled = [alert(alertname, f"{n}{long}", f"{n}{long}-host") for n in range(count)]
    texts = dict.fromkeys(annotations("", "", ""), long) | {"runbook_url": f"{RUNBOOKS}/x.md"}
    return [{**one, "annotations": texts} for one in labelled]


def test_the_shipped_file_is_valid_and_routes_each_severity(suite: str) -> None:
    subprocess.run([tools.find("amtool", suite), "check-config", CONFIG], check=True, capture_output=True)
    routes = {
        "alertname=HeartbeatLate severity=critical": "relay",
        "alertname=HeartbeatRunOverdue severity=warning": "relay",
        "alertname=ReceiverWasDown severity=info": "relay",
        "alertname=RelayDown severity=critical": "discord-direct",
        "alertname=MaintenanceActive severity=info": "nobody",
        "alertname=Watchdog severity=info": "watchdog",
    }
    for labels, receiver in routes.items():
        leads(suite, CONFIG, receiver, *labels.split())


def leads(suite: str, file: Path, receiver: str, *labels: str) -> None:
    """An alert with these labels goes to this receiver and to no other, says amtool."""
    test = ["config", "routes", "test", f"--config.file={file}", f"--verify.receivers={receiver}"]
    subprocess.run([tools.find("amtool", suite), *test, *labels], check=True, capture_output=True)


def test_the_documented_route_leads_the_critical_alerts_of_one_host_to_the_phone(suite: str, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    section = (ROOT / "docs" / "alerting.md").read_text().partition("## Another person")[2]
    shipped, added = yaml.safe_load(CONFIG.read_text()), yaml.safe_load(re.split("```(?:yaml)?", section)[1])
    shipped["route"]["routes"] = added["route"]["routes"] + shipped["route"]["routes"]
    shipped["receivers"] += added["receivers"]
    file.write_text(yaml.safe_dump(shipped))
    for labels, receiver in {"severity=critical": "phone", "severity=warning": "relay"}.items():
        leads(suite, file, receiver, "alertname=ProbeFailed", "host=shop", labels)
