"""Each command of the README does what it says there, in the order in which a newcomer meets it."""

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stack.layout import ROOT, Configs
from stack.running import Running, running
from tests.analyzer.discordserver import listening

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]
YAML = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
PATIENCE = 120.0
ELSEWHERE = {
    "git clone https://github.com/heartline/heartline": "whoever reads this has done it",
    "cd heartline": "as above",
    "./heartline demo": "tests/stack/test_demo.py",
    "./heartline test-rules": "tests/stack/test_rule_tests.py",
    "./heartline test": "it runs this",
    "./heartline up": "the stack that the others talk to",
}
HEARTLINE = (sys.executable, "-m", "stack")  # what the launcher hands over to, once the environment is made


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Running]:
    """`./heartline up` with the shipped files, and a webhook of a stand-in for Discord."""
    for name in ("exporter", "analyzer"):
        shutil.copy(getattr(Configs(), name), tmp_path / f"{name}.yml")
    configs = Configs(exporter=tmp_path / "exporter.yml", analyzer=tmp_path / "analyzer.yml")
    async with listening() as discord, running(tmp_path / "data", configs, discord.url()) as stack:
        yield stack


async def ran(*command: str | Path) -> str:
    """What it said; it has to end well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
    assert process.returncode == 0, said
    return said


def test_every_command_is_known() -> None:
    assert [command for command in COMMANDS if command not in ELSEWHERE] == [
        "curl -fsS -m 10 --retry 3 http://127.0.0.1:9797/ping/68410016-b448-41fd-9b61-73739ef1fd27",
        "./heartline check",
        "curl -X POST http://127.0.0.1:9797/-/reload",
        "./heartline review /var/log/dpkg.log",
        "./heartline notify test",
        "./heartline alerts",
        './heartline silence host=web01 2h "moving it to the other room"',
        "./heartline silences",
    ]
    assert all((ROOT / there).exists() for there in ELSEWHERE.values() if there.startswith("tests/"))


async def test_the_commands_do_what_they_say(stack: Running, tmp_path: Path) -> None:
    at = f"http://127.0.0.1:{stack.ports.exporter}"
    # The words that `up` prints are the README's, with this machine's port and token.
    printed = next(line for line in stack.said if "curl" in line).partition("#")[0].split()
    assert printed[:-1] == COMMANDS[3].split()[:-1]
    assert await ran(*printed) == "OK"
    config = tmp_path / "exporter.yml"
    config.write_text(config.read_text().replace("heartbeats:\n", "heartbeats:\n  - {id: added, every: 5m}\n", 1))
    checked = [f"--exporter.config={config}", f"--analyzer.config={tmp_path / 'analyzer.yml'}"]
    assert "no problems" in await ran(*HEARTLINE, "check", *checked)
    await ran("curl", "-fsS", "-X", "POST", f"{at}/-/reload")
    assert "added" in await ran("curl", "-fsS", at)
    log = tmp_path / "dpkg.log"
    log.write_text("2026-11-21 06:00:01 status installed curl:amd64 7.88.1-10\n")
    assert "no rule found anything" in await ran(*HEARTLINE, "review", log)
    alertmanager = f"--alertmanager=http://127.0.0.1:{stack.ports.alertmanager}"
    fires = await ran(*HEARTLINE, "alerts", alertmanager)
    assert "nothing fires" in fires or "Watchdog" in fires  # which does after a minute, and always
    await ran(*HEARTLINE, "silence", "host=web01", "2h", "moving it to the other room", alertmanager)
    assert "moving it to the other room" in await ran(*HEARTLINE, "silences", alertmanager)


async def test_a_test_message_arrives(tmp_path: Path) -> None:
    async with listening() as discord:
        (tmp_path / "analyzer.yml").write_text(f'notify: [{{name: discord, discord: "{discord.url()}"}}]\n')
        flags = [f"--config.file={tmp_path / 'analyzer.yml'}", f"--storage.path={tmp_path}"]
        assert "ok   discord" in await ran(*HEARTLINE, "notify", "test", *flags)
        assert len(discord.posts) == 1


async def test_its_examples_are_right(tmp_path: Path) -> None:
    beats, probes, logs = YAML
    (tmp_path / "exporter.yml").write_text(beats + probes)
    key = tmp_path / "id_ed25519"
    await ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    (tmp_path / "analyzer.yml").write_text(logs.replace("/etc/heartline/id_ed25519", str(key)))
    (tmp_path / "analyzer").mkdir()
    public = (tmp_path / "id_ed25519.pub").read_text().split()
    (tmp_path / "analyzer" / "known_hosts").write_text(f"192.168.1.10 {public[0]} {public[1]}\n")
    for program in ("exporter", "analyzer"):
        flags = [f"--config.file={tmp_path / f'{program}.yml'}", f"--storage.path={tmp_path / program}"]
        await ran(sys.executable, "-m", program, *flags, "--config.check")
