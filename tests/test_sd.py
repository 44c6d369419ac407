"""The exporter and a running Prometheus, oldest and newest: what exporter.yml lists is what is scraped."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stack import adapt, ports, tools
from stack.layout import Configs
from tests.probes.partners import page, saying, serving
from tests.program import Program, running

CONFIG = Configs().prometheus
# The shipped times made short; the file itself is not touched.
FAST = {"refresh_interval": "500ms", "rule_files": "none/*.yml"}
PROBES = """
host: watch
heartbeats: []
probes:
  - {name: site, target: "http://127.0.0.1:%(port)d/", interval: 1s, host: web, group: shop}
  - {name: db, target: "127.0.0.1:%(port)d", module: tcp_connect, interval: 2s}
"""


async def until(asked: "Asked", expected: object) -> None:
    """Ask ten times a second, for twenty seconds at most."""
    found: object = None
    for _ in range(200):
        found = await asked()
        if found == expected:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{found} never became {expected}")


class Asked:
    """A question to Prometheus: a PromQL expression's samples, by their labels `by`."""

    def __init__(self, session: aiohttp.ClientSession, expression: str, *by: str) -> None:
        self._session, self._expression, self._by = session, expression, by

    async def __call__(self) -> dict[tuple[str, ...], str]:
        async with self._session.get("/api/v1/query", params={"query": self._expression}) as answer:
            found = (await answer.json())["data"]["result"]
        return {tuple(one["metric"].get(label, "") for label in self._by): one["value"][1] for one in found}


async def scraped(session: aiohttp.ClientSession, pool: str) -> dict[str, tuple[str, str]]:
    """Interval and timeout of each target of a job, by its scrape URL's target."""
    async with session.get("/api/v1/targets") as answer:
        active: list[Any] = (await answer.json())["data"]["activeTargets"]
    return {
        one["labels"].get("probe", one["labels"].get("host", "")): (one["scrapeInterval"], one["scrapeTimeout"])
        for one in active
        if one["scrapePool"] == pool
    }


@asynccontextmanager
async def prometheus(suite: str, folder: Path, exporter: int) -> AsyncIterator[aiohttp.ClientSession]:
    """A Prometheus on the shipped file, but for its addresses and waits."""
    port = ports.free(1)[0]
    moved = {"127.0.0.1:9797": f"127.0.0.1:{exporter}", "127.0.0.1:9090": f"127.0.0.1:{port}"}
    adapt.write(adapt.adapt(CONFIG.read_text(), folder, moved, FAST), folder / "prometheus.yml")
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(tools.find("prometheus", suite), f"--config.file={folder}/prometheus.yml"),
            *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"),
            stdout=log,
            stderr=log,
        )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await ready(session)
            yield session
    finally:
        process.terminate()
        await process.wait()


async def ready(session: aiohttp.ClientSession) -> None:
    for _ in range(200):
        try:
            async with session.get("/-/ready") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.1)
    raise TimeoutError


async def reload(program: Program, text: str) -> None:
    program.config.write_text(text)
    answer = await asyncio.to_thread(program.ask, "POST", "/-/reload")
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_what_the_file_lists_is_probed_and_a_change_needs_no_edit_of_prometheus(
    suite: str, tmp_path: Path
) -> None:
    async with serving(saying(page())) as port:
        with running(tmp_path, PROBES % {"port": port}, "--collector.loadavg") as program:
            async with prometheus(suite, tmp_path, program.port) as session:
                labels = ("probe", "host", "group", "instance", "job")
                site = ("site", "web", "shop", f"http://127.0.0.1:{port}/", "probe")
                db = ("db", "", "", f"127.0.0.1:{port}", "probe")
                await until(Asked(session, "probe_success", *labels), {site: "1", db: "1"})
                assert await scraped(session, "probe") == {"site": ("1s", "1s"), "db": ("2s", "2s")}

                changed = f"[{{name: other, target: '127.0.0.1:{port}', module: tcp_connect, interval: 1s}}]"
                await reload(program, f"host: watch\nprobes: {changed}")
                expected = {("other", "", "", f"127.0.0.1:{port}", "probe"): "1"}
                await until(Asked(session, "probe_success", *labels), expected)
                assert program.get(f"/probe?target=http://127.0.0.1:{port}/").text.count("refused_target") == 1


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_hosts_have_their_own_name_and_their_readings_are_stored_once(suite: str, tmp_path: Path) -> None:
    remote = page(b"node_load1 4.5\n", Content_Type="text/plain; version=0.0.4")
    async with serving(saying(remote)) as port:
        hosts = f"[{{host: web01, address: '127.0.0.1:{port}', interval: 1s, schedule: day}}]"
        schedules = 'schedules: {day: {windows: ["Mon-Sun 00:00-24:00"]}}'
        config = f"host: watch\n{schedules}\nhosts: {hosts}\n"
        with running(tmp_path, config, "--collector.loadavg") as program:
            async with prometheus(suite, tmp_path, program.port) as session:
                up = Asked(session, 'up{job="node"}', "host", "schedule")
                await until(up, {("watch", ""): "1", ("web01", "day"): "1"})
                load = Asked(session, "count by (host, job) (node_load1)", "host", "job")
                await until(load, {("watch", "node"): "1", ("web01", "node"): "1"})
                assert await scraped(session, "node") == {"watch": ("15s", "10s"), "web01": ("1s", "1s")}


def discovered(program: Program) -> dict[str, Mapping[str, str]]:
    found = json.loads(program.get("/sd/probes").body)
    return {one["labels"]["probe"]: one["labels"] for one in found}


def test_the_internet_monitor_is_off_until_it_is_wanted_and_a_reload_switches_it(tmp_path: Path) -> None:
    # Only discovery is asked here: nothing probes, so nothing leaves this machine.
    with running(tmp_path, "heartbeats: []") as program:
        assert discovered(program) == {}
        program.config.write_text("internet: true")
        assert program.ask("POST", "/-/reload").status == 200
        found = discovered(program)
        assert {"internet_resolver_1", "internet_by_name_2", "internet_by_address_1"} <= set(found)
        program.config.write_text("internet: false")
        assert program.ask("POST", "/-/reload").status == 200
        assert discovered(program) == {}


def test_the_gateway_is_found_in_the_routing_table_and_missed_when_it_leaves_it(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    route = tmp_path / "proc/net/route"
    route.write_text("Iface\neth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n")
    with running(tmp_path, "internet: true", f"--path.procfs={tmp_path}/proc") as program:
        assert discovered(program)["internet_gateway_1"]["instance"] == "192.168.1.1"
        route.write_text("Iface\n")
        assert discovered(program)["internet_gateway_1"]["instance"] == "192.168.1.1"
        route.write_text("Iface\neth0\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n")
        assert discovered(program)["internet_gateway_1"]["instance"] == "192.168.1.254"


@pytest.mark.parametrize("path", ["/sd", "/sd/nothing", "/sd/probes/x"])
def test_there_are_two_lists(path: str, tmp_path: Path) -> None:
    with running(tmp_path, "heartbeats: []", ready=False) as program:
        assert program.get(path).status == 404
