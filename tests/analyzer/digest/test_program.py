"""The digest of a running analyzer, and by hand."""

import asyncio
import re
import stat
import time
from pathlib import Path

from analyzer.store import Store
from tests.analyzer.digest.test_shown import Elements
from tests.analyzer.notify.test_apprise import Ears, listening
from tests.analyzer.program import Program, ran, running

LINE = "Nov 21 03:12:09 nas kernel: EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: reading directory\n"
CONFIG = """
hosts:
  - {{host: nas, method: local, baseline: false, sources: [{{name: kern, files: ["{log}"]}}]}}
notify:
  - {{name: hook, url: "json://127.0.0.1:{port}/x"}}
  - {{name: other, url: "json://127.0.0.1:9/x"}}
digest: {{timezone: Europe/Berlin, to: [hook]}}
"""
DELIVERED = 'notify_deliveries_total{service="hook",outcome="delivered"}'
WITHIN = 20.0


def config(folder: Path, port: int) -> str:
    (folder / "kern.log").write_text(LINE)
    return CONFIG.format(log=folder / "kern.log", port=port)


def begin(folder: Path, text: str) -> None:
    """A host that was reviewed once, and a service that was told its last digest two days ago."""
    (folder / "analyzer.yml").write_text(text)
    assert ran(folder, "--once").returncode == 0
    store = Store(folder / "storage")
    store.digest_told("hook", time.time() - 2 * 86_400)
    store.close()


async def test_a_running_analyzer_sends_what_is_due_once_also_after_a_restart(tmp_path: Path) -> None:
    async with listening() as ears:
        text = config(tmp_path, ears.port)
        await asyncio.to_thread(begin, tmp_path, text)
        for _ in range(2):
            await asyncio.to_thread(_run, tmp_path, text, ears)
    (told,) = ears.heard
    assert told["title"].startswith("Daily report")
    assert "1 critical finding" in told["title"]
    assert "EXT4-fs error (device sda1)" in told["message"]


def _run(folder: Path, text: str, ears: Ears) -> None:
    """Start it, wait until it has looked whether one is due, and stop it."""
    with running(folder, text) as program:
        program.runs("nas")
        if not ears.heard:
            _wait(program)
        assert program.stop() == 0


def _wait(program: Program) -> None:
    end = time.monotonic() + WITHIN
    while program.sample(DELIVERED) != 1:
        assert time.monotonic() < end, program.log
        time.sleep(0.05)


async def test_a_preview_is_a_page_for_its_owner_alone(tmp_path: Path) -> None:
    await asyncio.to_thread(begin, tmp_path, config(tmp_path, 9))
    file = tmp_path / "digest.html"
    done = await asyncio.to_thread(ran, tmp_path, "digest", "--preview", str(file))
    assert re.fullmatch(r".*digest\.html: [\d,]+ bytes\n", done.stdout), done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    Elements(file.read_text())
    assert "EXT4-fs error (device sda1)" in file.read_text()
    assert "Prometheus was not asked" in file.read_text()


async def test_one_can_be_sent_at_once(tmp_path: Path) -> None:
    async with listening() as ears:
        await asyncio.to_thread(begin, tmp_path, config(tmp_path, ears.port))
        done = await asyncio.to_thread(ran, tmp_path, "digest", "--send")
        assert (done.returncode, done.stdout) == (0, "ok   hook: accepted\n"), done.stderr
        ears.status = 500
        done = await asyncio.to_thread(ran, tmp_path, "digest", "--send")
        assert (done.returncode, done.stdout) == (1, "FAIL hook: Apprise could not deliver it\n")
    assert len(ears.heard) == 2
