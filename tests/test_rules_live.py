"""Do the rules hold in a running Prometheus, oldest and newest, what its unit tests promise?"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from stack import adapt, ports, tools
from stack.layout import ROOT, Configs

CONFIG = Configs().prometheus
# The shipped times, ten times as fast; `for` stays longer than two scrapes.
FAST = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms", "interval": "500ms"}
FAST_FOR = {"for": "1200ms"}


class Exporter:
    """Serves `text` at /metrics/heartbeats on one port; what is stopped can be started again."""

    def __init__(self, port: int) -> None:
        self.text = ""
        self.port = port
        self._scrapes = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/metrics/heartbeats", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def scraped(self) -> None:
        """Wait until a scrape that began after this call was answered."""
        enough = self._scrapes + 2

        async def met() -> bool:
            return self._scrapes >= enough

        await until(met)

    async def _answer(self, request: web.Request) -> web.Response:
        self._scrapes += 1
        return web.Response(body=self.text.encode(), headers={"Content-Type": "text/plain; version=0.0.4"})


@dataclass(frozen=True)
class Prometheus:
    url: str
    session: aiohttp.ClientSession

    async def firing(self) -> dict[str, tuple[dict[str, str], str]]:
        """Labels and active-since of the HeartbeatLate alerts that fire, by heartbeat."""
        async with self.session.get(f"{self.url}/api/v1/alerts") as answer:
            alerts = (await answer.json())["data"]["alerts"]
        return {
            alert["labels"]["heartbeat"]: (alert["labels"], alert["activeAt"])
            for alert in alerts
            if alert["labels"]["alertname"] == "HeartbeatLate" and alert["state"] == "firing"
        }

    async def up(self) -> str:
        """The value of `up` of the exporter, empty before its first scrape."""
        async with self.session.get(f"{self.url}/api/v1/query", params={"query": 'up{job="heartline"}'}) as answer:
            result = (await answer.json())["data"]["result"]
        return str(result[0]["value"][1]) if result else ""

    async def fires(self, *heartbeats: str) -> None:
        """Wait until these fire and no others."""

        async def met() -> bool:
            return set(await self.firing()) == set(heartbeats)

        await until(met)

    async def sees(self, up: str) -> None:
        """Wait until the exporter's `up` has this value."""

        async def met() -> bool:
            return await self.up() == up

        await until(met)


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    """Ask ten times a second; raises TimeoutError after twenty seconds."""
    for _ in range(200):
        if await met():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


@asynccontextmanager
async def prometheus(suite: str, folder: Path, exporter: int) -> AsyncIterator[Prometheus]:
    port = ports.free(1)[0]
    rules = ROOT / "rules" / "heartbeats.yml"
    (folder / "rules").mkdir()
    adapt.write(adapt.adapt(rules.read_text(), rules.parent, {}, FAST | FAST_FOR), folder / "rules" / rules.name)
    moved = {"127.0.0.1:9797": f"127.0.0.1:{exporter}", "127.0.0.1:9090": f"127.0.0.1:{port}"}
    # Relative to a folder beside rules/, as in the repository.
    text = adapt.adapt(CONFIG.read_text(), folder / "prometheus", moved, FAST)
    adapt.write(text, folder / "prometheus.yml")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(tools.find("prometheus", suite), f"--config.file={folder}/prometheus.yml"),
            *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"),
            stdout=log,
            stderr=log,
        )
    try:
        async with aiohttp.ClientSession() as session:
            await until(lambda: _answers(session, f"http://127.0.0.1:{port}/-/ready"))
            yield Prometheus(f"http://127.0.0.1:{port}", session)
    finally:
        process.terminate()
        await process.wait()


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


def exposition(**deadlines: float) -> str:
    """A scrape with these heartbeats and their deadlines, all seen once."""
    return "".join(
        f'heartbeat_deadline_timestamp_seconds{{heartbeat="{name}",host="nas"}} {deadline}\n'
        f'heartbeat_last_seen_timestamp_seconds{{heartbeat="{name}",host="nas"}} 1\n'
        for name, deadline in deadlines.items()
    )


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_a_dead_exporter_neither_fires_nor_resolves_and_a_deletion_resolves(suite: str, tmp_path: Path) -> None:
    exporter = Exporter(ports.free(1)[0])
    await exporter.start()
    try:
        async with prometheus(suite, tmp_path, exporter.port) as at:
            now = time.time()
            exporter.text = exposition(late=now - 60, deleted=now - 60, soon=now + 1e6)
            await at.fires("late", "deleted")
            before = await at.firing()

            # Dies with a deadline a moment ahead.
            exporter.text = exposition(late=now - 60, deleted=now - 60, soon=time.time() + 3)
            await exporter.scraped()
            await exporter.stop()
            await at.sees(up="0")
            await asyncio.sleep(5)
            assert await at.firing() == before

            exporter.text = exposition(late=now - 60, soon=time.time() + 1e6)
            await exporter.start()
            await at.fires("late")
            assert (await at.firing())["late"] == before["late"]
    finally:
        await exporter.stop()
