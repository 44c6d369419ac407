"""`up` with the real exporter, Prometheus and Alertmanager, on free ports and a folder of its own."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import aiohttp
import psutil
import pytest

from exporter.flags import parse as exporter_flags
from stack import ports
from stack.demo import JOB, prepare
from stack.layout import HOST, ROOT, Configs, Ports
from stack.running import Running, running
from stack.up import commands, parse

WEBHOOK = "http://127.0.0.1:9/api/webhooks/77/very-secret-token"
PATIENCE = 60.0


@pytest.fixture
def configs(tmp_path: Path) -> Configs:
    return prepare(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def up(data: Path, configs: Configs, listen: Ports, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `up` where it has to end by itself."""
    flags = [f"--{name}.port={port}" for name, port in vars(listen).items()]
    flags += [f"--{name}.config={file}" for name, file in vars(configs).items()]
    command = [sys.executable, "-m", "stack", "up", f"--data={data}", *flags, *more]
    values = os.environ | {"DISCORD_WEBHOOK_URL": ""} | environ
    return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, timeout=PATIENCE, check=False)


async def get(url: str) -> str:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        answer.raise_for_status()
        return await answer.text()


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await found():  # noqa: ASYNC110 (what a program outside does sets no event here)
            await asyncio.sleep(0.1)


def holding(folder: Path, text: bytes) -> list[tuple[str, int]]:
    """Name and mode of the files below `folder` that have `text` in them."""
    files = [file for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]
    return [(file.name, file.stat().st_mode & 0o777) for file in files]


async def sampled(stack: Running, expression: str, at: float) -> bool:
    """Has Prometheus a sample of this expression for that time?"""
    url = f"http://{HOST}:{stack.ports.prometheus}/api/v1/query?query={quote(expression)}&time={at}"
    return bool(json.loads(await get(url))["data"]["result"])


async def test_a_second_up_finds_receipts_and_samples_of_the_first(data: Path, configs: Configs) -> None:
    seen = f'heartbeat_last_seen_timestamp_seconds{{heartbeat="{JOB}"}} > 0'
    samples: list[float] = []
    async with running(data, configs) as first:
        url = first.ping_url.removeprefix(f"http://{HOST}:{first.ports.exporter}")
        await get(first.ping_url)

        async def has_come() -> bool:
            samples.append(time.time())
            return await sampled(first, seen, samples[-1])

        await until(has_come)
        assert await first.stop() == 0
    async with running(data, configs) as second:
        assert await sampled(second, seen, samples[-1])
        assert second.ping_url == f"http://{HOST}:{second.ports.exporter}{url}"
        metrics = await get(f"http://{HOST}:{second.ports.exporter}/metrics")
        assert f'heartbeat_receipts_total{{heartbeat="{JOB}",host="nas",kind="success"}} 1' in metrics


async def test_it_names_its_pages_and_stops_without_a_trace(data: Path, configs: Configs) -> None:
    async with running(data, configs) as stack:
        for port in vars(stack.ports).values():
            assert any(f"http://{HOST}:{port}/" in line for line in stack.said)
        assert "DISCORD_WEBHOOK_URL" in stack.said[-2]
        children = psutil.Process(stack.process.pid).children(recursive=True)
        assert await stack.stop() == 0
    assert stack.said[-1] == "stopped"
    assert not [child for child in children if child.is_running()]
    ports.require_free(vars(stack.ports))


async def test_a_program_that_dies_stops_the_others(data: Path, configs: Configs) -> None:
    async with running(data, configs) as stack:
        children = psutil.Process(stack.process.pid).children(recursive=True)
        next(child for child in children if "alertmanager" in child.name()).kill()
        assert await asyncio.wait_for(stack.process.wait(), PATIENCE) == 1
    assert "heartline: alertmanager ended by itself (exit -9)" in stack.said
    ports.require_free(vars(stack.ports))


async def test_while_it_is_up_another_on_the_same_data_says_so(data: Path, configs: Configs) -> None:
    async with running(data, configs) as stack:
        other = up(data, configs, ports.anywhere())
    assert (other.returncode, other.stdout) == (1, "")
    assert other.stderr == f"heartline: already up on {data} (process {stack.process.pid})\n"


async def test_after_up_was_killed_the_next_names_what_it_left(data: Path, configs: Configs) -> None:
    async with running(data, configs) as stack:
        left = psutil.Process(stack.process.pid).children(recursive=True)
        stack.process.kill()

        # Its wait() would also wait for the end of its output, which the programs left behind hold open.
        async def has_ended() -> bool:
            return stack.process.returncode is not None

        await until(has_ended)
        refused = up(data, configs, ports.anywhere())
        programs = [child for child in left if any(word.startswith("--storage") for word in child.cmdline())]
        for program in programs:
            program.terminate()
        psutil.wait_procs(left, PATIENCE)
    line, _, listed = refused.stderr.rstrip().rpartition(": kill ")
    assert line == f"heartline: an up that was killed left programs running on {data}"
    assert {int(pid) for pid in listed.split()} == {program.pid for program in programs}
    assert len(programs) == len(vars(Ports()))


async def test_the_webhook_is_in_no_log_and_no_readable_file(data: Path, configs: Configs) -> None:
    async with running(data, configs, WEBHOOK) as stack, aiohttp.ClientSession() as client:
        url = f"http://{HOST}:{stack.ports.alertmanager}/api/v2/alerts"
        alert = {"labels": {"alertname": "Test", "severity": "critical"}, "annotations": {"summary": "A test."}}
        assert (await client.post(url, json=[alert])).status == 200

        async def has_failed() -> bool:
            return holding(data / "logs", b"otify") != []

        await until(has_failed)
    assert not [line for line in stack.said if "secret-token" in line or "DISCORD_WEBHOOK_URL" in line]
    assert holding(data, b"secret-token") == [("alertmanager.yml", 0o600)]


def test_what_follows_two_dashes_reaches_the_exporter(data: Path, configs: Configs) -> None:
    flags = ["--collector.systemd", "--collector.textfile.directory=/var/lib/node_exporter", "--no-collector.arp"]
    listen = ports.anywhere()
    exporter = commands(configs, data, listen, "stable", parse([f"--data={data}", "--", *flags]).exporter)[0]
    given = exporter_flags(list(exporter.command[3:]))
    assert "systemd" in given.collectors
    assert "arp" not in given.collectors
    assert given.root.textfile == ("/var/lib/node_exporter",)
    assert (given.port, given.config_file, given.storage) == (listen.exporter, configs.exporter, data / "exporter")


def test_a_wrong_flag_for_the_exporter_is_answered_with_its_own_line(data: Path, configs: Configs) -> None:
    refused = up(data, configs, ports.anywhere(), "--", "--collector.systmd")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "heartline: exporter: error: unrecognized arguments: --collector.systmd\n"


@pytest.mark.parametrize("flag", ["--storage.path=/elsewhere", "--web.config.file=web.yml", "--config.check", "urls"])
def test_what_up_itself_tells_the_exporter_cannot_be_told_otherwise(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(["--", flag])
    assert refused.value.code == 2
    assert f"{flag.partition('=')[0]} is not for the exporter here" in capsys.readouterr().err


def test_a_busy_port_is_one_line_that_names_it_and_its_holder(data: Path, configs: Configs) -> None:
    with socket.create_server((HOST, 0)) as taken:
        exporter, prometheus = ports.free(2)
        listen = Ports(exporter, prometheus, taken.getsockname()[1])
        refused = up(data, configs, listen)
    assert (refused.returncode, refused.stdout) == (1, "")
    holder = f"{psutil.Process().name()} (process {os.getpid()})"
    assert refused.stderr == (
        f"heartline: port {listen.alertmanager} for alertmanager is taken by {holder}:"
        " stop that, or pass --alertmanager.port=N\n"
    )


def test_a_wrong_configuration_is_refused_with_the_programs_words_and_no_secret(data: Path, configs: Configs) -> None:
    text = configs.alertmanager.read_text()
    configs.alertmanager.write_text(text.replace("send_resolved", "send_resolvd"))
    refused = up(data, configs, ports.anywhere(), DISCORD_WEBHOOK_URL=WEBHOOK)
    *words, last = refused.stderr.splitlines()
    assert refused.returncode == 1
    assert last == f"heartline: {data}/alertmanager.yml is not accepted"
    assert any("send_resolvd" in line for line in words)
    assert "secret-token" not in refused.stdout + refused.stderr
