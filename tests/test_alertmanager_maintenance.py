"""Do the maintenance windows of exporter.yml mute, through the real exporter, Prometheus and Alertmanager?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from stack import adapt, ports, tools
from stack.layout import ROOT, Configs
from tests.analyzer.notify.alertmanager import Child, alertmanager, post
from tests.program import running

WITHIN = 20.0
# The shipped waits, made short: only how long the test takes depends on them.
FAST = {"scrape_interval": "500ms", "scrape_timeout": "400ms", "evaluation_interval": "500ms", "interval": "500ms"}
HOSTS = """
host: watch
hosts:
  - {host: web01, address: "web01:9100"}
  - {host: web02, address: "web02:9100"}
  - {host: nas, address: "nas:9100"}
"""
WINDOW = 'maintenance: [{matchers: {host: "web*"}, timezone: UTC, cron: "* * * * *", duration: 1h}]\n'


@dataclass(frozen=True)
class Alertmanager:
    url: str
    session: aiohttp.ClientSession

    async def down(self, *hosts: str) -> None:
        alerts = [{"labels": {"alertname": "HostDown", "severity": "critical", "host": host}} for host in hosts]
        await post(self.session, self.url, *alerts)

    async def has(self, **wanted: str) -> None:
        """Wait until exactly these hosts are down for Alertmanager, each in this state."""
        async with asyncio.timeout(WITHIN):
            while True:
                if await self._down() == wanted:
                    return
                await asyncio.sleep(0.1)

    async def _down(self) -> dict[str, str]:
        async with self.session.get(f"{self.url}/api/v2/alerts", params={"filter": "alertname=HostDown"}) as answer:
            return {one["labels"]["host"]: one["status"]["state"] for one in await answer.json()}


@asynccontextmanager
async def watching(folder: Path, exporter: int) -> AsyncIterator[Alertmanager]:
    """Prometheus with the rule it takes, and Alertmanager with the shipped file."""
    prometheus, theirs = ports.free(2)
    (folder / "rules").mkdir()
    text = (ROOT / "rules" / "muting.yml").read_text()
    adapt.write(adapt.adapt(text, ROOT / "rules", {}, FAST), folder / "rules" / "muting.yml")
    used = {9797: exporter, 9090: prometheus, 9093: theirs}
    moved = {f"127.0.0.1:{old}": f"127.0.0.1:{new}" for old, new in used.items()}
    text = adapt.adapt(Configs().prometheus.read_text(), folder / "prometheus", moved, FAST)
    adapt.write(text, folder / "prometheus.yml")
    programs = [
        Child(
            (
                *(tools.find("prometheus"), f"--config.file={folder}/prometheus.yml"),
                *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{prometheus}"),
            ),
            folder / "prometheus.log",
            f"http://127.0.0.1:{prometheus}/-/ready",
        ),
        alertmanager("stable", Configs().alertmanager, folder, theirs),
    ]
    try:
        await asyncio.gather(*(program.start() for program in programs))
        async with aiohttp.ClientSession() as session:
            yield Alertmanager(f"http://127.0.0.1:{theirs}", session)
    finally:
        for program in programs:
            await program.kill()


async def test_announced_work_mutes_its_hosts_alone_until_its_window_is_deleted(tmp_path: Path) -> None:
    with running(tmp_path, HOSTS + WINDOW) as exporter:
        async with watching(tmp_path, exporter.port) as at:
            await at.down("web01", "web02", "nas")
            await at.has(web01="suppressed", web02="suppressed", nas="active")
            exporter.config.write_text(HOSTS)
            await asyncio.to_thread(exporter.ask, "POST", "/-/reload")
            await at.has(web01="active", web02="active", nas="active")
