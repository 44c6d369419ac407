"""The analyzer is killed again and again while it reads a log that grows: each line is counted in one stored run."""

import random
import subprocess
import time
from pathlib import Path

from analyzer.store import Store
from tests.analyzer.program import command, ran
from tests.program import ROOT

KILLS = 8
LINES = 400
CONFIG = 'hosts: [{{host: nas, method: local, baseline: false, sources: [{{name: log, files: ["{log}"]}}]}}]\n'


def line(number: int) -> str:
    return f"Nov 21 03:12:09 gate sshd[811]: Failed password for root from 198.51.100.7 port {number} ssh2\n"


def test_whenever_it_is_killed_no_line_is_lost_or_counted_twice(tmp_path: Path) -> None:
    log, chance, written = tmp_path / "log.txt", random.Random(4), 0
    log.touch()
    (tmp_path / "analyzer.yml").write_text(CONFIG.format(log=log))
    assert ran(tmp_path, "--once").returncode == 0
    for _ in range(KILLS):
        with open(log, "a") as file:
            file.writelines(line(number) for number in range(written, written + LINES))
        written += LINES
        with subprocess.Popen(command(tmp_path, "--once"), cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            # From before it has read anything to after it has stored everything.
            time.sleep(chance.uniform(0.3, 1.4))
            process.kill()
    done = ran(tmp_path, "--once")
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path / "storage", alone=False)
    try:
        runs = store.runs("nas", 100)
        found = store.findings(host="nas")
    finally:
        store.close()
    assert sum(int(str(run.sources["log"]["lines"])) for run in runs) == written
    assert len({known.fingerprint for known in found}) == len(found)
    (force,) = (known for known in found if known.finding.rule == "ssh-brute-force")
    assert force.lines == written
