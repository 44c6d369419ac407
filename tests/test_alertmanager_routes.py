"""Who hears of what, at which hour, where? The shipped routes in a real Alertmanager, oldest and newest.

`amtool config routes test` ignores time intervals, and no library shows another time to a Go program, which asks the
kernel itself. So not the clock is set here but the week is turned: all times of the shipped intervals are moved by as
much as the wished hour is away from now, on the clock of the machine's zone. To Alertmanager it is now; to its
intervals it is Tuesday, 22:02. Routes, receivers, the names of intervals and their `location` are those of the shipped
file; the zone is the machine's own, given to the process as TZ. Only waits are made short, and addresses led here.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import yaml
from aiohttp import web

from stack import adapt, ports, watchdog
from stack.layout import Configs
from tests.analyzer.notify.alertmanager import alertmanager, post

CONFIG = Configs().alertmanager
WITHIN = 15.0
SHORT = {"group_wait": "100ms", "group_interval": "200ms"}
SECRET = "0123456789abcdef-of-the-relay"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY, WEEK = 1440, 10_080  # minutes

HOURS = ("Tue 03:00", "Tue 06:58", "Tue 07:02", "Tue 21:58", "Tue 22:02", "Sat 12:00")
ALWAYS, NEVER = HOURS, ()
AWAKE = ("Tue 07:02", "Tue 21:58", "Sat 12:00")
WEEKDAYS = ("Tue 07:02", "Tue 21:58")
TABLE: Mapping[tuple[str, str], tuple[str, Sequence[str]]] = {
    # Alert and severity -> the receiver, and the hours at which it hears of one that begins.
    ("HeartbeatLate", "critical"): ("relay", ALWAYS),
    ("HeartbeatFailed", "critical"): ("relay", ALWAYS),
    ("HeartbeatRunOverdue", "warning"): ("relay", AWAKE),
    ("HeartbeatDurationUnusual", "info"): ("relay", WEEKDAYS),
    ("HostDown", "critical"): ("relay", ALWAYS),
    ("HostDiskAlmostFull", "warning"): ("relay", AWAKE),
    ("ProbeFailed", "critical"): ("relay", ALWAYS),
    ("ProbeSlow", "warning"): ("relay", AWAKE),
    ("CertificateExpiring", "info"): ("relay", WEEKDAYS),
    ("LogFindingCritical", "critical"): ("relay", ALWAYS),
    ("LogFindingWarning", "warning"): ("relay", AWAKE),
    ("LogScoreFalling", "info"): ("relay", AWAKE),
    ("ExporterDown", "critical"): ("relay", ALWAYS),
    ("SomethingOfYourOwn", ""): ("relay", ALWAYS),
    ("LoginFailed", ""): ("relay", ALWAYS),
    ("RelayDown", "critical"): ("discord-direct", ALWAYS),
    ("Watchdog", "info"): ("watchdog", ALWAYS),
    ("MaintenanceActive", "info"): ("relay", NEVER),
    ("HostBehindOutage", "info"): ("relay", NEVER),
    ("HostAway", "info"): ("relay", NEVER),
}


@dataclass
class Receivers:
    """Takes what is sent to any receiver; `heard`: of which hosts each heard, `secrets`: what the relay was shown."""

    base: str = ""
    heard: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    secrets: set[str] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        receiver = {"/alerts": "relay", "/watchdog": "watchdog"}.get(request.path, "discord-direct")
        if receiver == "relay":
            self.secrets.add(request.headers.get("Authorization", ""))
        async with self.changed:
            self.heard[receiver].update(re.findall(r"host-\w+-\d+", text))
            self.changed.notify_all()
        return web.Response()

    async def hears(self, receiver: str, hosts: set[str]) -> None:
        async with asyncio.timeout(WITHIN), self.changed:
            await self.changed.wait_for(lambda: hosts <= self.heard[receiver])


@dataclass
class Alertmanager:
    """The program in one zone; `at` turns its week."""

    url: str
    file: Path
    text: str
    zone: ZoneInfo
    session: aiohttp.ClientSession

    async def at(self, hour: str) -> None:
        """From now on it is this hour to its intervals."""
        tree = yaml.safe_load(self.text)
        turned_by = minute(datetime.now(self.zone)) - minute(
            datetime.strptime(f"{WEEKS[hour[:3]]} {hour[4:]}", "%d %H:%M")
        )
        for named in tree["time_intervals"]:
            named["time_intervals"] = [part for one in named["time_intervals"] for part in turned(one, turned_by)]
        self.file.write_text(yaml.safe_dump(tree, sort_keys=False))
        async with self.session.post(f"{self.url}/-/reload") as answer:
            assert answer.status == 200, await answer.text()

    async def fire(self, *labels: Mapping[str, str]) -> None:
        alerts = [{"labels": {name: value for name, value in one.items() if value}} for one in labels]
        await post(self.session, self.url, *alerts)


WEEKS = {day: number for number, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), start=1)}
"""Days of January 1900, which began with a Monday, as strptime counts without a year."""


def minute(at: datetime) -> int:
    """Of the week."""
    return at.weekday() * DAY + at.hour * 60 + at.minute


def turned(interval: Mapping[str, Any], by: int) -> Iterator[Mapping[str, Any]]:
    """The same times, so many minutes later in the week, one entry for each day."""
    assert set(interval) <= {"times", "weekdays", "location"}, "dates cannot be turned"
    times = interval.get("times", [{"start_time": "00:00", "end_time": "24:00"}])
    days = [DAYS.index(day) for day in interval.get("weekdays", DAYS)]
    spans = [(clock(one["start_time"]), clock(one["end_time"])) for one in times]
    every = sorted((day * DAY + at + by) % WEEK for day in days for start, end in spans for at in range(start, end))
    for day, minutes in groupby(every, lambda at: at // DAY):
        runs = groupby(enumerate(at % DAY for at in minutes), lambda pair: pair[1] - pair[0])
        found = [[at for _, at in run] for _, run in runs]
        told = [{"start_time": spelt(run[0]), "end_time": spelt(run[-1] + 1)} for run in found]
        yield {"weekdays": [DAYS[day]], "times": told, "location": interval["location"]}


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def spelt(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@asynccontextmanager
async def receiving() -> AsyncIterator[Receivers]:
    receivers = Receivers()
    app = web.Application()
    app.router.add_post("/{path:.*}", receivers.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receivers.base = f"127.0.0.1:{runner.addresses[0][1]}"
        yield receivers
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(suite: str, zone: str, folder: Path, receivers: Receivers) -> AsyncIterator[Alertmanager]:
    secret, file, port = folder / "secret", folder / "alertmanager.yml", ports.free(1)[0]
    secret.write_text(SECRET)
    replaced = {"127.0.0.1:9798": receivers.base, adapt.PLACEHOLDER: f"http://{receivers.base}/discord"}
    replaced |= dict.fromkeys(adapt.RELAY_SECRETS, str(secret))
    text = watchdog.calling(CONFIG.read_text(), f"http://{receivers.base}/watchdog")
    text = adapt.adapt(text, CONFIG.parent, replaced, SHORT)
    file.write_text(text)
    program = alertmanager(suite, file, folder, port)
    program.command = ("env", f"TZ={zone}", *program.command)
    try:
        await program.start()
        async with aiohttp.ClientSession() as session:
            yield Alertmanager(f"http://127.0.0.1:{port}", file, text, ZoneInfo(zone), session)
    finally:
        await program.kill()


def alert(name: str, severity: str, hour: str) -> Mapping[str, str]:
    """One that began at this hour, on a host of its own."""
    return {"alertname": name, "severity": severity, "host": f"host-{name}-{HOURS.index(hour)}"}


@pytest.mark.parametrize(("suite", "zone"), [("stable", "Europe/Berlin"), ("newest", "Asia/Kolkata")])
async def test_each_alert_reaches_its_receiver_at_its_hours_and_no_other(suite: str, zone: str, tmp_path: Path) -> None:
    found: dict[tuple[str, str], tuple[str, Sequence[str]]] = {}
    async with receiving() as receivers, running(suite, zone, tmp_path, receivers) as at:
        for hour in HOURS:
            await at.at(hour)
            await at.fire(*(alert(name, severity, hour) for name, severity in TABLE))
            await asyncio.sleep(0.3)
            # Told after several group intervals: by then the others would have been as well.
            for number in range(2):
                marker = alert(f"Marker{number}", "critical", hour)
                await at.fire(marker)
                await receivers.hears("relay", {marker["host"]})
            heard = {name: set(hosts) for name, hosts in receivers.heard.items()}
            for (name, severity), (receiver, _) in TABLE.items():
                host = alert(name, severity, hour)["host"]
                told = [one for one, hosts in heard.items() if host in hosts]
                if told:
                    _, hours = found.get((name, severity), ("", ()))
                    found[name, severity] = (", ".join(told), (*hours, hour))
                else:
                    found.setdefault((name, severity), (receiver, ()))
    assert found == TABLE
    assert receivers.secrets == {f"Bearer {SECRET}"}


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_what_began_at_night_is_told_in_the_morning_if_it_is_still_so(suite: str, tmp_path: Path) -> None:
    lasting, over = alert("HostMemoryLow", "warning", "Tue 03:00"), alert("HostClockSkew", "warning", "Tue 03:00")
    async with receiving() as receivers, running(suite, "America/New_York", tmp_path, receivers) as at:
        await at.at("Tue 03:00")
        ended = {"labels": dict(over), "endsAt": datetime.now(UTC).isoformat()}
        await at.fire(lasting, over)
        await asyncio.sleep(0.5)
        await post(at.session, at.url, ended)
        await asyncio.sleep(0.5)
        assert not receivers.heard["relay"]
        await at.at("Tue 07:02")
        await receivers.hears("relay", {lasting["host"]})
        assert receivers.heard["relay"] == {lasting["host"]}


def test_a_week_that_is_turned_has_as_many_minutes_and_a_whole_turn_changes_nothing() -> None:
    night = {"times": [{"start_time": "22:00", "end_time": "24:00"}], "weekdays": ["sunday"], "location": "Local"}
    assert list(turned(night, WEEK)) == [night]
    assert list(turned(night, 90)) == [
        {"weekdays": ["monday"], "times": [{"start_time": "00:00", "end_time": "01:30"}], "location": "Local"},
        {"weekdays": ["sunday"], "times": [{"start_time": "23:30", "end_time": "24:00"}], "location": "Local"},
    ]
