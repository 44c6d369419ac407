"""The digest of a running analyzer, and by hand."""

import asyncio
import re
import stat
import time
from pathlib import Path

from analyzer.config import load
from analyzer.notify.declare import Reach
from analyzer.record import SourceRun
from analyzer.store import Store
from analyzer.verbs.digest import send_now
from tests.analyzer.digest.test_shown import Elements
from tests.analyzer.found import finding, line, run
from tests.analyzer.notify.test_apprise import listening
from tests.analyzer.program import ran, running
from tests.until import until

PROOF = "kernel: EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: reading directory"
CONFIG = """
hosts:
  - {{host: nas, method: local, baseline: false, sources: [{{name: kern, files: ["{log}"]}}]}}
notify:
  - {{name: hook, url: "json://127.0.0.1:{port}/x"}}
  - {{name: other, url: "json://127.0.0.1:{other}/x"}}
digest: {{timezone: Europe/Berlin, to: [hook]}}
"""
DELIVERED = 'notify_deliveries_total{{service="{}",outcome="delivered"}}'
WITHIN = 20.0


def begin(folder: Path, port: int, other: int = 9) -> str:
    """A host with a finding, and two services that were told their last digest two days ago; the configuration."""
    log, now = folder / "kern.log", time.time()
    log.write_text("")
    found = finding(host="nas", source="kern", severity="critical", evidence=(line(1, PROOF, "kern"),))
    store = Store(folder / "storage")
    store.record(run(found, at=now - 30, host="nas", sources=(SourceRun("kern", True),)))
    for service in ("hook", "other"):
        store.digest_told(service, now - 2 * 86_400)
    store.close()
    text = CONFIG.format(log=log, port=port, other=other)
    (folder / "analyzer.yml").write_text(text)
    return text


async def test_a_running_analyzer_sends_what_is_due_once_also_after_a_restart(tmp_path: Path) -> None:
    async with listening() as ears, listening() as others:
        text = begin(tmp_path, ears.port, others.port)
        await asyncio.to_thread(_run, tmp_path, text, "hook")
        # What is due to the other one is the sign that it looked again at what is due.
        await asyncio.to_thread(_run, tmp_path, text.replace("to: [hook]", "to: [hook, other]"), "other")
    (told,) = ears.heard
    assert len(others.heard) == 1
    assert told["title"].startswith("Daily report")
    assert "1 critical finding" in told["title"]
    assert PROOF in told["message"]


def _run(folder: Path, text: str, service: str) -> None:
    """Start it, and stop it when it has told this service."""
    with running(folder, text) as program:
        until(lambda: program.sample(DELIVERED.format(service)) == 1, lambda: program.log, WITHIN)
        assert program.stop() == 0


async def test_a_preview_is_a_page_for_its_owner_alone(tmp_path: Path) -> None:
    begin(tmp_path, 9)
    file = tmp_path / "digest.html"
    done = await asyncio.to_thread(ran, tmp_path, "digest", "--preview", str(file))
    assert re.fullmatch(r".*digest\.html: [\d,]+ bytes\n", done.stdout), done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    Elements(file.read_text())
    assert PROOF in file.read_text()
    assert "Prometheus was not asked" in file.read_text()


async def test_one_can_be_sent_at_once(tmp_path: Path) -> None:
    async with listening() as ears:
        begin(tmp_path, ears.port)
        done = await asyncio.to_thread(ran, tmp_path, "digest", "--send")
        assert (done.returncode, done.stdout) == (0, "ok   hook: accepted\n"), done.stderr
    assert len(ears.heard) == 1


async def test_that_one_did_not_arrive_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    async with listening() as ears:
        begin(tmp_path, ears.port)
        ears.status = 500
        config, reach = load(tmp_path / "analyzer.yml", {}, tmp_path / "storage"), Reach(time.monotonic)
        assert await send_now(config, tmp_path / "storage", reach, time.time(), said.append) == 1
    assert said == ["FAIL hook: Apprise could not deliver it"]
