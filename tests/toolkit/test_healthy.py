"""Is a program well? An exit code says it, and a line says why not."""

import subprocess
import sys
from pathlib import Path

from tests.program import ROOT, running


def asked(url: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "toolkit.healthy", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_is_while_it_runs_and_is_not_afterwards(tmp_path: Path) -> None:
    with running(tmp_path, "") as program:
        url = f"http://127.0.0.1:{program.port}/-/healthy"
        assert asked(url).returncode == 0
        assert "404" in asked(f"http://127.0.0.1:{program.port}/nothing-here").stderr
    gone = asked(url)
    assert gone.returncode == 1
    assert "refused" in gone.stderr
