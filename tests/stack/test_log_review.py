"""The analyzer's verbs meet the settings that `up` has."""

import subprocess
import sys
from pathlib import Path

from stack.layout import ROOT
from stack.log_review import environ

URL = "https://discord.com/api/webhooks/123/abc-DEF"


def test_the_webhook_is_found_where_a_person_put_it_for_up(tmp_path: Path) -> None:
    assert "DISCORD_WEBHOOK_URL" not in environ(tmp_path, {"DISCORD_WEBHOOK_URL": ""})
    (tmp_path / "discord_webhook_url").write_text(f"{URL}\n")
    given = {"DISCORD_WEBHOOK_URL_FILE": "", "WATCHDOG_URL": "https://watch.example/x", "OPENAI_API_KEY": "k"}
    found = environ(tmp_path, given)
    assert found["DISCORD_WEBHOOK_URL"] == URL
    assert found["OPENAI_API_KEY"] == "k"
    assert not [name for name in found if name.startswith(("WATCHDOG", "DISCORD_WEBHOOK_URL_"))]


def test_a_log_is_reviewed_from_the_launcher(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Nov 21 03:12:09 gate kernel: [123.4] EXT4-fs error (device sda1): ext4_find_entry:1455: reading\n")
    command = [sys.executable, "-m", "stack", "review", str(log)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "A file system found itself damaged" in done.stdout, done.stderr
