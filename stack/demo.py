"""Show the whole way within a minute: a job reports, falls silent, is missed in Discord, returns."""

import argparse
import asyncio
import contextlib
import re
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from stack import discord, tools
from stack.adapt import adapt
from stack.layout import ROOT, Configs
from stack.message import Message
from stack.problem import Problem
from stack.running import Running, running

JOB = "nightly-backup"
EVERY = 5
HEARTBEATS = f"heartbeats:\n  - {{id: {JOB}, host: nas, every: {EVERY}s, grace: 3s}}\n"
# The shipped files wait longer, so that a lost scrape or a burst of alerts is one message; a person watching would not.
QUICK = {
    "prometheus": dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s"),
    "rules": {"interval": "1s", "for": "2s", "keep_firing_for": "1s"},
    "alertmanager": {"group_wait": "1s", "group_interval": "2s"},
}
PATIENCE = 60.0
SHOWN = 3
WIDTH = 100


def main(arguments: list[str]) -> int:
    """Run it; 130 when interrupted, `Problem` when a message did not come."""
    parser = argparse.ArgumentParser(prog="heartline demo", description=__doc__)
    parser.add_argument("--suite", choices=tools.SUITES, default="stable", help="of the distribution (%(default)s)")
    return asyncio.run(_until_signal(parser.parse_args(arguments).suite))


async def _until_signal(suite: str) -> int:
    demo = asyncio.create_task(_demo(suite, time.monotonic()))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, demo.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await demo
        return 0
    return 130


async def _demo(suite: str, begin: float) -> None:
    def say(text: str) -> None:
        print(f"{time.monotonic() - begin:5.1f} s  {text}", flush=True)

    say("starting exporter, analyzer, Prometheus, Alertmanager and a stand-in for Discord; nothing leaves this machine")
    with tempfile.TemporaryDirectory(prefix="heartline-demo-") as name:
        folder = Path(name)
        async with (
            discord.listening() as stand_in,
            running(folder / "data", prepare(folder), stand_in.url, suite=suite) as stack,
            aiohttp.ClientSession() as client,
        ):
            await _show(stack, stand_in, client, say)
        code = stack.process.returncode
    if code != 0:
        raise Problem(f"up ended with {code}", shown="\n".join(stack.said))
    say("done: all programs have ended and nothing was kept")


async def _show(
    stack: Running, stand_in: discord.StandIn, client: aiohttp.ClientSession, say: Callable[[str], None]
) -> None:
    say(f"ready; {JOB} on nas is expected every {EVERY} s and may be 3 s late")
    for number in range(SHOWN):
        await asyncio.sleep(EVERY if number else 0)
        await _ping(client, stack.ping_url, say)
    say(f"{JOB} falls silent")
    fired = await _expect(stand_in, "FIRING", 0, stack)
    say("Discord hears:")
    print(render(fired, sys.stdout.isatty()), flush=True)
    with _pinging(client, stack.ping_url, say):
        resolved = await _expect(stand_in, "RESOLVED", stand_in.messages.index(fired) + 1, stack)
    say("Discord's message becomes:" if resolved in stand_in.edits else "Discord hears:")
    print(render(resolved, sys.stdout.isatty()), flush=True)


async def _ping(client: aiohttp.ClientSession, url: str, say: Callable[[str], None]) -> None:
    async with client.post(url, data=b"0 errors") as answer:
        say(f"{JOB} reports: {answer.status} {await answer.text()}".rstrip())
        if answer.status != 200:
            raise Problem("the exporter did not take a ping")


@contextlib.contextmanager
def _pinging(client: aiohttp.ClientSession, url: str, say: Callable[[str], None]) -> Iterator[None]:
    async def forever() -> None:
        while True:
            await _ping(client, url, say)
            await asyncio.sleep(EVERY)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()


async def _expect(stand_in: discord.StandIn, word: str, after: int, stack: Running) -> Message:
    try:
        return await stand_in.wait_for(lambda m: word in m.text.upper() and JOB in m.text, PATIENCE, after)
    except TimeoutError as e:
        said = "\n".join(stack.said)
        raise Problem(f"no message {word} about {JOB} came within {PATIENCE:.0f} s", shown=said) from e


def prepare(folder: Path) -> Configs:
    """Copies of the shipped files below `folder`, in a hurry, and a configuration with one heartbeat."""
    for part, settings in QUICK.items():
        (folder / part).mkdir()
        for file in sorted((ROOT / part).glob("*.yml")):
            # The rules are the copies, the templates the shipped ones.
            base = folder / part if part == "prometheus" else ROOT / part
            (folder / part / file.name).write_text(adapt(file.read_text(), base, {}, settings))
    exporter, analyzer = folder / "exporter.yml", folder / "analyzer.yml"
    exporter.write_text(HEARTBEATS)
    analyzer.write_text("hosts: []\n")
    prometheus, alertmanager = folder / "prometheus" / "prometheus.yml", folder / "alertmanager" / "alertmanager.yml"
    return Configs(exporter, prometheus, alertmanager, analyzer)


def render(message: Message, coloured: bool) -> str:
    """A message as Discord shows it, more or less: a bar in the embed's colour beside the text without its Markdown."""
    color = message.embeds[0].color if message.embeds else 0
    red, green, blue = color >> 16 & 255, color >> 8 & 255, color & 255
    bar = f"\033[38;2;{red};{green};{blue}m┃\033[0m" if coloured else "┃"
    lines = [part for line in plain(message.text).splitlines() for part in textwrap.wrap(line, WIDTH) or [""]]
    return "\n".join(f"         {bar} {line}" for line in lines)


def plain(text: str) -> str:
    """Markdown as it looks: no stars, no backticks, of links their words, and of a moment the time here."""
    text = re.sub(r"<t:(\d+):f>(, <t:\1:R>)?", _moment, text)
    return re.sub(r"\*\*|`", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"[\1]", text))


def _moment(found: re.Match[str]) -> str:
    return f"{datetime.fromtimestamp(int(found[1]), UTC).astimezone():%a %d %b %Y %H:%M:%S (%Z)}"
