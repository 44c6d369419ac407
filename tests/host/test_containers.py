"""An engine on a real Unix socket: its recorded answers, its errors, its nonsense, its silence."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
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
    """Answers what was recorded; remembers what it was asked; may refuse, keep silent, talk nonsense or never end."""

    def __init__(self) -> None:
        self.listed: list[Any] = list(ANSWERS["list"])
        self.names: dict[str, str] = {each["Id"]: each["Names"][0].strip("/") for each in self.listed}
        self.nonsense: dict[str, bytes] = {}
        self.endless: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.over = asyncio.Event()
        self.hung_up = asyncio.Event()

    def hang(self, name: str) -> None:
        """List a container, ahead of the others, of which no word comes."""
        id = name.encode().hex()
        self.names[id] = name
        self.listed.insert(0, {"Id": id, "Names": [f"/{name}"], "Image": "x", "State": "running"})
        self.silent.add(name)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path_qs))
        name = self._name(request)
        if name in self.silent:
            await self.over.wait()
        if name in self.broken:
            return web.json_response({"message": "driver failed"}, status=500)
        if name in self.nonsense:
            return web.Response(body=self.nonsense[name], content_type="application/json")
        if name in self.endless:
            return await self._talk(request)
        if request.path == "/containers/json":
            return web.json_response(self.listed)
        kind = "inspect" if request.path.endswith("/json") else "stats"
        found = ANSWERS[kind].get(request.match_info["id"])
        return web.json_response(found or {"message": "No such container"}, status=200 if found else 404)

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with suppress(ConnectionError):
            while True:
                await answer.write(b" " * 65_536)
        self.hung_up.set()
        return answer

    def _name(self, request: web.Request) -> str:
        return self.names.get(request.match_info.get("id", ""), "list")


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


async def test_nine_that_hang_do_not_keep_the_others_from_being_read(engine: Engine, host: Host) -> None:
    for number in range(9):
        engine.hang(f"hung{number}")
    found = await scrape(host, budget=2)
    assert found.collectors(1) == {"containers", "loadavg"}
    assert of(found, "hung8") | {"state running": 1, "last_seen": NOW} == of(found, "hung8")
    assert "cpu_usage_seconds_total" in of(found, "web")
    assert "cpu_usage_seconds_total" in of(found, "old")
    assert of(found, "batch")["exit_code"] == 137
    engine.over.set()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"State": 7}',
        b'{"State": {"Status": "exited"}}',
        b'{"State": {"Status": "running"}, "RestartCount": "many"}',
        b'{"State": {"Status": "running"}, "RestartCount": 1' + b"0" * 400 + b"}",
        b'{"State": {"Status": "running", "StartedAt": "yesterday"}}',
        b'{"State": {"Status": "running"}, "networks": {"eth\\ud800": {"rx_bytes": 1}}}',
    ],
    ids=lambda nonsense: nonsense[:60].decode(errors="replace"),
)
async def test_nonsense_about_one_container_costs_that_one_alone(engine: Engine, host: Host, nonsense: bytes) -> None:
    engine.nonsense["web"] = nonsense
    found = await scrape(host)
    assert found.collectors(1) == {"containers", "loadavg"}
    assert of(found, "web") == of(found, "web") | {"state running": 1, "state exited": 0}
    assert "memory_usage_bytes" not in of(found, "web")
    assert "memory_usage_bytes" in of(found, "old")


@pytest.mark.parametrize("entry", [7, {}, {"Id": 7, "Names": ["/odd"]}, {"Id": "7", "Names": ["/odd\ud800"]}])
async def test_an_entry_of_the_list_that_is_no_container_is_left_out(engine: Engine, host: Host, entry: object) -> None:
    engine.listed.insert(0, entry)
    found = await scrape(host)
    assert found.collectors(1) == {"containers", "loadavg"}
    assert "memory_usage_bytes" in of(found, "web")


@pytest.mark.parametrize("nonsense", [b"{", b"{}", b"null"])
async def test_a_list_that_is_none_fails_the_reading(engine: Engine, host: Host, nonsense: bytes) -> None:
    engine.nonsense["list"] = nonsense
    found = await scrape(host)
    assert (found.collectors(0), found.collectors(1)) == ({"containers"}, {"loadavg"})


async def test_an_answer_without_end_is_not_listened_to(engine: Engine, host: Host) -> None:
    engine.endless.add("web")
    found = await scrape(host)
    await engine.hung_up.wait()
    assert of(found, "web")["state running"] == 1
    assert "memory_usage_bytes" in of(found, "old")


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
