"""The demo shows the whole way, ends by itself, and can be cut short."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from stack import tools
from stack.demo import JOB, plain, render
from stack.layout import ROOT
from stack.message import parse

PATIENCE = 180.0


async def start(folder: Path, *flags: str) -> asyncio.subprocess.Process:
    """The demo, with `folder` for what it keeps while it runs."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stack", "demo", *flags),
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@pytest.mark.parametrize("suite", tools.SUITES)
async def test_a_silent_job_is_missed_in_discord_and_welcomed_back(tmp_path: Path, suite: str) -> None:
    demo = await start(tmp_path, f"--suite={suite}")
    output = (await asyncio.wait_for(demo.communicate(), PATIENCE))[0].decode()
    assert demo.returncode == 0, output
    silent, missed, back = (output.index(words) for words in ("falls silent", "FIRING 1", "RESOLVED 1"))
    assert silent < missed < back
    assert f"HeartbeatLate · {JOB} on nas" in output
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_cut_short_it_takes_its_programs_along(tmp_path: Path, number: signal.Signals) -> None:
    demo = await start(tmp_path)
    assert demo.stdout is not None
    while b"ready" not in await asyncio.wait_for(demo.stdout.readline(), PATIENCE):
        assert demo.returncode is None
    children = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(number)
    output = (await asyncio.wait_for(demo.communicate(), PATIENCE))[0].decode()
    assert (demo.returncode, "Traceback" in output) == (130, False)
    assert not [child for child in children if child.is_running()]
    assert os.listdir(tmp_path) == []


def test_a_message_is_shown_as_text_beside_a_bar_of_its_colour() -> None:
    message = parse(
        {"embeds": [{"title": "Late", "description": "**`job`**\n[Silence](http://x/y)", "color": 0x992D22}]}, 1
    )
    assert render(message, coloured=False) == "         ┃ Late\n         ┃ job\n         ┃ [Silence]"
    assert "\033[38;2;153;45;34m┃\033[0m Late" in render(message, coloured=True)


def test_text_without_markdown_stays() -> None:
    assert plain("a (b) [c] * d") == "a (b) [c] * d"


def test_a_moment_is_shown_as_the_time_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert plain("Since: <t:1795259610:f>, <t:1795259610:R>") == "Since: Sat 21 Nov 2026 12:13:30 (CET)"
    finally:
        monkeypatch.undo()
        time.tzset()
