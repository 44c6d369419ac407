"""An engine on a real Unix socket: its recorded answers, its errors, its silence."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from exporter.host import Host, Root
from exporter.host.containers import parse_time
from tests.host.conftest import scrape
from tests.host.exposition import Exposition

ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "fixtures/engine/answers.json").read_text())
NOW = 1_800_000_000.0


class Engine:
    """Answers what was recorded; remembers what it was asked; may refuse or keep silent."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.over = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path_qs))
        name = self._name(request)
        if name in self.silent:
            await self.over.wait()
        if name in self.broken:
            return web.json_response({"message": "driver failed"}, status=500)
        if request.path == "/containers/json":
            return web.json_response(ANSWERS["list"])
        kind = "inspect" if request.path.endswith("/json") else "stats"
        found = ANSWERS[kind].get(request.match_info["id"])
        return web.json_response(found or {"message": "No such container"}, status=200 if found else 404)

    def _name(self, request: web.Request) -> str:
        names: dict[str, str] = {entry["Id"]: entry["Names"][0].strip("/") for entry in ANSWERS["list"]}
        return names.get(request.match_info.get("id", ""), "list")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    engine = Engine()
    app = web.Application()
    app.router.add_get("/containers/json", engine.answer)
    app.router.add_get("/containers/{id}/{what}", engine.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "engine.sock")).start()
    yield engine
    engine.over.set()
    await runner.cleanup()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(Root(docker=str(tmp_path / "engine.sock"), clock=lambda: NOW), ["containers", "loadavg"])


def of(found: Exposition, container: str) -> dict[str, float]:
    """A container's samples, by name and what labels there are beyond its own."""
    samples = {}
    for (name, labels), value in found.values.items():
        labelled = dict(labels)
        if name.startswith("container_") and labelled.pop("name") == container:
            rest = ",".join(value for key, value in sorted(labelled.items()) if key not in ("image", "id"))
            samples[f"{name.removeprefix('container_')} {rest}".strip()] = value
    return samples


async def test_a_running_container_is_served_under_cadvisors_names(engine: Engine, host: Host) -> None:
    web = of(await scrape(host), "web")
    assert web["cpu_usage_seconds_total"] == 36.64
    assert web["memory_usage_bytes"] == 6967296
    assert web["memory_working_set_bytes"] == 6967296 - 413696
    assert web["network_receive_bytes_total eth0"] == 5338
    assert web["network_transmit_bytes_total eth1"] == 20
    assert web["fs_reads_bytes_total 254:0"] == 7593984
    assert (web["last_seen"], web["start_time_seconds"]) == (NOW, 1771951347.4724596)
    assert (web["state running"], web["state exited"], web["health healthy"], web["health unhealthy"]) == (1, 0, 1, 0)
    assert (web["restarts_total"], "exit_code" in web) == (2, False)


async def test_version_1_of_control_groups_is_understood(engine: Engine, host: Host) -> None:
    old = of(await scrape(host), "old")
    assert old["memory_working_set_bytes"] == 361316352 - 163840
    assert old["memory_rss"] == 354598912
    assert (old["fs_reads_bytes_total 8:16"], old["fs_writes_total 8:16"]) == (8572928, 0)


async def test_one_that_has_ended_tells_how(engine: Engine, host: Host) -> None:
    batch = of(await scrape(host), "batch")
    assert (batch["state exited"], batch["exit_code"], batch["oom_killed"], batch["restarts_total"]) == (1, 137, 1, 5)
    assert "cpu_usage_seconds_total" not in batch


async def test_one_that_is_removed_meanwhile_is_left_out(engine: Engine, host: Host) -> None:
    found = await scrape(host)
    assert of(found, "gone") == {}
    assert found.collectors(1) == {"containers", "loadavg"}


async def test_labels_are_the_name_the_image_and_the_short_id(engine: Engine, host: Host) -> None:
    found = await scrape(host)
    (labels,) = (dict(labels) for name, labels in found.values if name == "container_exit_code")
    assert labels == {"name": "batch", "image": "batch:7", "id": "e2173b9478a6"}


async def test_nothing_but_reading_is_asked_of_the_engine(engine: Engine, host: Host) -> None:
    await scrape(host)
    assert {method for method, _ in engine.asked} == {"GET"}
    assert sum("stats" in path for _, path in engine.asked) == 2
    assert all("stream=false&one-shot=true" in path for _, path in engine.asked if "stats" in path)


async def test_one_container_the_engine_cannot_tell_of_keeps_its_state(engine: Engine, host: Host) -> None:
    engine.broken.add("web")
    found = await scrape(host)
    assert of(found, "web")["state running"] == 1
    assert "memory_usage_bytes" not in of(found, "web")
    assert "memory_usage_bytes" in of(found, "old")


@pytest.mark.parametrize("fault", ["silent", "broken"])
async def test_an_engine_at_fault_costs_its_own_reading_alone(engine: Engine, host: Host, fault: str) -> None:
    getattr(engine, fault).add("list")
    found = await scrape(host, budget=0.2)
    assert (found.collectors(0), found.collectors(1)) == ({"containers"}, {"loadavg"})


async def test_without_an_engine_the_reading_fails_alone(host: Host) -> None:
    found = await scrape(host)
    assert (found.collectors(0), found.collectors(1)) == ({"containers"}, {"loadavg"})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-20T06:00:00Z", 0.0),
        ("2026-11-20T06:00:00.1Z", 0.1),
        ("2026-11-20T07:00:00.123456789+01:00", 0.123456789),
    ],
)
def test_times_are_read_with_and_without_fraction(text: str, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(1795154400 + seconds, abs=1e-6)
