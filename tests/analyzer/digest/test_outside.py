"""What a digest asks a real Prometheus, oldest and newest, of a day that is written into its storage."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import bcrypt
import pytest

from analyzer.digest.outside import outside, spells
from analyzer.digest.period import Period
from analyzer.digest.prometheus import Prometheus
from analyzer.digest.report import Disk, Failures, Missed, Outside
from stack import ports, tools
from tests.grafana.engine import blocks
from tests.until import until

DAY = 86_400.0
END = 1_750_000_000.0
BEGIN = END - DAY
PERIOD = Period("day", ZoneInfo("UTC"), BEGIN, END)
STEP = 60


@dataclass
class Day:
    """Samples of a day and an hour, once a minute, as OpenMetrics."""

    kinds: dict[str, str] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, labels: str, value: "float | list[tuple[float, float]]", kind: str = "gauge") -> None:
        """`value`: one, or several with the instant from which each holds."""
        changes = value if isinstance(value, list) else [(0.0, value)]
        family = name.removesuffix("_total")
        self.kinds[family] = kind
        for at in range(int(BEGIN) - 3600, int(END) + STEP, STEP):
            now = [told for since, told in changes if since <= at]
            if now:
                self.samples.setdefault(family, []).append(f"{name}{{{labels}}} {now[-1]} {at}")

    def text(self) -> str:
        lines = [one for name, kind in self.kinds.items() for one in (f"# TYPE {name} {kind}", *self.samples[name])]
        return "\n".join([*lines, "# EOF", ""])


def day() -> Day:
    told = Day()
    for name, deadlines in {
        "fine": [(0.0, END + 500)],
        "missed": [(0.0, BEGIN + 3600), (BEGIN + 7200, END + 500)],
        "still": [(0.0, END - 1800)],
        "before": [(0.0, BEGIN - 7200), (BEGIN + 600, END + 500)],
        "paused": [(0.0, BEGIN + 60)],
        "never": [(0.0, BEGIN - 900)],
    }.items():
        labels = f'heartbeat="{name}",host="nas",instance="a",job="heartline"'
        told.add("heartbeat_deadline_timestamp_seconds", labels, deadlines)
        told.add("heartbeat_paused", labels, float(name == "paused"))
        told.add("heartbeat_maintenance", labels, 0)
        told.add("heartbeat_last_seen_timestamp_seconds", labels, 0 if name == "never" else END - 9e5)
        failures = [(0.0, 3.0), (BEGIN + 5000, 4.0), (BEGIN + 9000, 5.0)]
        told.add(
            "heartbeat_receipts_total", f'{labels},kind="fail"', failures if name == "fine" else failures[:1], "counter"
        )
    told.add("up", 'host="nas",instance="nas:9100",job="node"', [(0.0, 1), (END - 8640, 0), (END - 4320, 1)])
    told.add("up", 'instance="localhost:9090",job="prometheus"', 1)
    told.add("probe_ssl_earliest_cert_expiry", 'probe="shop",instance="https://shop",host="nas"', END + 5 * DAY)
    told.add("probe_ssl_earliest_cert_expiry", 'instance="far:443"', END + 90 * DAY)
    full: list[tuple[float, float]] = [(BEGIN - 3600 + n * STEP, 3e9 - 6e8 * n / 1440) for n in range(1501)]
    disks: dict[str, float | list[tuple[float, float]]] = {"/": 5e9, "/low": 5e8, "/filling": full, "/cdrom": 0.0}
    for mountpoint, avail in disks.items():
        labels = f'host="nas",mountpoint="{mountpoint}",instance="nas:9100"'
        told.add("node_filesystem_avail_bytes", labels, avail)
        told.add("node_filesystem_size_bytes", labels, 1e10)
        told.add("node_filesystem_readonly", labels, float(mountpoint == "/cdrom"))
    return told


@pytest.fixture(scope="module", params=["stable", "newest"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that scrapes nothing and remembers that day."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "day").write_text(day().text())
    blocks(folder / "day", folder / "data", request.param)
    with running(request.param, folder) as found:
        yield found


@contextmanager
def running(suite: str, folder: Path, *flags: str) -> Iterator[str]:
    """The URL of a Prometheus that keeps its samples in `folder`/data."""
    port = ports.free(1)[0]
    (folder / "prometheus.yml").write_text("global: {}\n")
    command: list[str | Path] = [tools.find("prometheus", suite), f"--config.file={folder / 'prometheus.yml'}", *flags]
    command += [f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=100y"]
    command += [f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            # Before it has opened its storage it answers, but with 503.
            until(lambda: "Server is ready to receive" in (folder / "log").read_text(), (folder / "log").read_text)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
async def there(url: str) -> AsyncIterator[Prometheus]:
    async with aiohttp.ClientSession() as session:
        yield Prometheus(url, session)


async def test_heartbeats_that_were_late_are_told_with_their_deadline_and_for_how_long(there: Prometheus) -> None:
    told = await outside(there, PERIOD)
    assert told.trouble == ""
    assert told.heartbeats == 6
    never, still, before, missed = told.missed
    assert never == Missed("never", "nas", BEGIN - 900, None, True)
    assert still == Missed("still", "nas", END - 1800, None, False)
    assert (before.heartbeat, before.begin) == ("before", BEGIN - 7200)
    assert (missed.heartbeat, missed.begin) == ("missed", BEGIN + 3600)
    assert before.end is not None
    assert missed.end is not None
    assert abs(before.end - (BEGIN + 600)) <= 2 * STEP
    assert abs(missed.end - (BEGIN + 7200)) <= 2 * STEP


async def test_failures_uptime_certificates_and_disks_are_told(there: Prometheus) -> None:
    told = await outside(there, PERIOD)
    assert told.failures == (Failures("fine", "nas", 2),)
    ((host, up),) = told.uptime
    assert host == "nas"
    assert up == pytest.approx(0.95, abs=0.002)
    (certificate,) = told.certificates
    assert (certificate.target, certificate.host, certificate.ends) == ("shop", "nas", END + 5 * DAY)
    low, filling = told.disks
    assert low == Disk("nas", "/low", 0.05, None)
    assert filling.mountpoint == "/filling"
    assert filling.full_in == pytest.approx(2.375e9 / 6e8 * DAY, rel=0.02)


async def test_a_week_is_asked_for_in_steps_that_prometheus_answers(there: Prometheus) -> None:
    told = await outside(there, Period("week", ZoneInfo("UTC"), END - 35 * DAY, END))
    assert told.trouble == ""
    assert {one.heartbeat for one in told.missed} == {"never", "still", "before", "missed"}


async def test_a_prometheus_with_a_password_is_asked_with_it(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users: {{me: '{bcrypt.hashpw(b'hunter/2', bcrypt.gensalt(4)).decode()}'}}\n")
    with running("stable", tmp_path, f"--web.config.file={web}") as url:
        async with aiohttp.ClientSession() as session:
            refused = await outside(Prometheus(url, session), PERIOD)
            told = await outside(Prometheus(url.replace("://", "://me:hunter%2F2@"), session), PERIOD)
    assert refused.trouble == f"Prometheus at {url} wants a password: http://USER:PASSWORD@HOST:PORT"
    assert told == Outside("")


async def test_a_prometheus_that_is_not_there_is_told_without_its_password() -> None:
    async with aiohttp.ClientSession() as session:
        told = await outside(Prometheus("http://me:hunter2@127.0.0.1:9", session), PERIOD)
    assert told.trouble == "Prometheus is not reachable at http://127.0.0.1:9"
    assert (await outside(None, PERIOD)).trouble.startswith("Prometheus was not asked")


async def test_what_does_not_speak_as_prometheus_is_told(there: Prometheus) -> None:
    told = await outside(Prometheus(f"{there.url}/elsewhere", there.session), PERIOD)
    assert "does not speak as Prometheus" in told.trouble


def test_an_exporter_that_was_away_for_a_while_ends_nothing() -> None:
    labels = {"heartbeat": "a", "host": "b"}
    began = [(labels, [(10.0, 5.0), (40.0, 5.0), (90.0, 80.0)])]
    found = list(spells(began, [(labels, [(20.0, 5.0), (60.0, 5.0)])], set(), set(), 100.0))
    assert found == [Missed("a", "b", 5.0, 60.0, False), Missed("a", "b", 80.0, 100.0, False)]
