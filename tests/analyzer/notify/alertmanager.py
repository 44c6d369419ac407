"""A real Alertmanager that pushes to the relay, both as programs that may be killed and started again."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from stack import ports, tools
from stack.layout import ROOT
from tests.analyzer.notify.running import SECRET

WITHIN = 20.0
Alert = Mapping[str, object]
CONFIG = """
route:
  receiver: relay
  group_by: [alertname, group]
  group_wait: {wait}
  group_interval: {interval}
  repeat_interval: 4h
receivers:
  - name: relay
    webhook_configs:
      - url: http://127.0.0.1:{port}/alerts
        send_resolved: true
        http_config: {{authorization: {{credentials_file: {secret}}}}}
"""


@dataclass
class Child:
    """A program that can be killed, and started again as it was."""

    command: Sequence[str | Path]
    log: Path
    ready: str
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(*self.command, stdout=log, stderr=log, cwd=ROOT)
        async with asyncio.timeout(WITHIN), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(self.ready) as answer:
                        if answer.status < 500:
                            return
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Without a word of warning."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


def alertmanager(suite: str, file: Path, folder: Path, port: int, *flags: str) -> Child:
    """One of its own: with this configuration, with what it keeps in `folder`, on this port."""
    return Child(
        (
            *(tools.find("alertmanager", suite), f"--config.file={file}", f"--storage.path={folder / 'alerts'}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", *flags),
        ),
        folder / "alertmanager.log",
        f"http://127.0.0.1:{port}/-/ready",
    )


async def post(session: aiohttp.ClientSession, url: str, *alerts: Alert) -> None:
    """Tell them to the Alertmanager at `url`, as Prometheus does."""
    async with session.post(f"{url}/api/v2/alerts", json=alerts) as answer:
        assert answer.status == 200, await answer.text()


def at_any_hour(text: str) -> str:
    """A configuration whose routes are not muted by times."""
    return re.sub(r"\n *mute_time_intervals: .*", "", text)


@dataclass
class Chain:
    """Alertmanager at `url`, the relay behind it."""

    url: str
    alertmanager: Child
    relay: Child
    session: aiohttp.ClientSession

    async def post(self, *alerts: Alert) -> None:
        await post(self.session, self.url, *alerts)


@asynccontextmanager
async def chain(
    suite: str, folder: Path, webhook: str, hold: float = 2.0, wait: str = "100ms", interval: str = "1s"
) -> AsyncIterator[Chain]:
    """Both programs on free ports, with what they keep in `folder`."""
    own, theirs = ports.free(2)
    secret, file = folder / "secret", folder / "alertmanager.yml"
    secret.write_text(SECRET)
    file.write_text(CONFIG.format(port=own, secret=secret, wait=wait, interval=interval))
    program = (sys.executable, "-m", "tests.analyzer.notify.program", str(own), str(folder / "relay"), webhook)
    relay = Child((*program, str(hold)), folder / "relay.log", f"http://127.0.0.1:{own}/")
    pushing = alertmanager(suite, file, folder, theirs, "--web.external-url=http://watch.example:9093")
    try:
        await asyncio.gather(relay.start(), pushing.start())
        async with aiohttp.ClientSession() as session:
            yield Chain(f"http://127.0.0.1:{theirs}", pushing, relay, session)
    finally:
        await relay.kill()
        await pushing.kill()


def fires(group: int, number: int, starts: datetime, ends: datetime | None = None) -> Alert:
    """One alert of a group, with the instant it began, as Prometheus tells it each time."""
    told: dict[str, object] = {
        "labels": {
            "alertname": "HeartbeatLate",
            "group": f"g{group:03}",
            "heartbeat": f"job-{group:03}-{number}",
            "host": f"host{group:03}",
            "severity": "critical",
        },
        "annotations": {"summary": "A heartbeat is late.", "description": f"job-{group:03}-{number} is late."},
        "startsAt": starts.isoformat(),
        "generatorURL": "http://watch.example:9090/graph?g0.expr=heartbeat%3Alate&g0.tab=1",
    }
    return told | ({"endsAt": ends.isoformat()} if ends else {})


def now() -> datetime:
    return datetime.now(UTC)
