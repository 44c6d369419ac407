"""The analyzer as Alertmanager's relay: what fires is told with what its host's logs say, and a test arrives."""

import asyncio
import io
from pathlib import Path

import aiohttp

from tests.analyzer import discordserver
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.program import ran, running

SECRET = "0123456789abcdef-relay"
DISK = "Nov 21 03:12:09 gate kernel: [123.4] EXT4-fs error (device sda1): ext4_find_entry:1455: reading directory\n"


def config(log: Path, webhook: str) -> str:
    sources = f'[{{name: log, files: ["{log}"]}}]'
    return (
        f"hosts: [{{host: nas, method: local, baseline: false, sources: {sources}}}]\n"
        f'notify: [{{name: discord, discord: "{webhook}"}}]\nrelay: {{secret: {SECRET}}}\n'
    )


async def post(port: int, content: bytes, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{port}/alerts"
        async with client.post(url, data=io.BytesIO(content), headers=headers) as answer:
            return answer.status


async def test_a_firing_heartbeat_is_told_once_with_what_its_host_has_open(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(DISK)
    async with discordserver.listening() as discord:
        with running(tmp_path, config(log, discord.url())) as program:
            await asyncio.to_thread(program.runs, "nas")
            assert await post(program.port, payload(alert()), "wrong") == 401
            assert await post(program.port, payload(alert()), SECRET) == 200
            assert await post(program.port, payload(alert()), SECRET) == 200
            assert len(discord.posts) == 1
            assert "A file system found itself damaged" in repr(discord.messages)
            delivered = 'notify_deliveries_total{service="discord",outcome="delivered"}'
            assert await asyncio.to_thread(program.sample, delivered) == 1


async def test_a_message_waits_a_little_for_what_a_look_at_the_newest_lines_finds(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(DISK)
    async with discordserver.listening() as discord:
        slow = config(log, discord.url()).replace(f'files: ["{log}"]', f'''command: "sh -c 'sleep 2; cat {log}'"''')
        with running(tmp_path, slow) as program:  # its first review is under way when the alert comes
            assert await post(program.port, payload(alert()), SECRET) == 200
            assert "A file system found itself damaged" in repr(discord.messages)


async def test_a_test_message_arrives_or_says_why_not(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.touch()
    async with discordserver.listening() as discord:
        (tmp_path / "analyzer.yml").write_text(config(log, discord.url()))
        done = await asyncio.to_thread(ran, tmp_path, "notify", "test")
        assert (done.stdout, done.returncode) == ("ok   discord: accepted\n", 0), done.stderr
        assert len(discord.posts) == 1
    done = await asyncio.to_thread(ran, tmp_path, "notify", "test", "discord")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL discord: ")
