"""Is what the analyzer exports still what tests/golden/logs.txt says? Rules, dashboards and docs may name only that.

After a change that is meant: python -m tests.analyzer.test_golden
"""

import tempfile
from pathlib import Path

from tests.analyzer.program import Program, running
from tests.program import ROOT
from tests.test_golden import contract

GOLDEN = ROOT / "tests" / "golden" / "logs.txt"
LINES = """\
Nov 21 03:12:09 gate kernel: [123.4] EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: reading directory
Nov 21 03:12:10 gate app[17]: login with password=hunter22
"""
# Nobody listens at port 9: that a model is asked in vain is part of what is counted.
CONFIG = """
hosts:
  - {{host: nas, method: local, sources: [{{name: kern, files: ["{log}"]}}]}}
models:
  - {{name: none, base_url: "http://127.0.0.1:9/v1", model: m, trust: local, price: {{input: 1, output: 2}}}}
notify: [{{name: discord, discord: "http://127.0.0.1:9/api/webhooks/1/none"}}]
syslog: {{udp: "127.0.0.1:0", hosts: {{switch: ["192.0.2.2"]}}}}
"""


def config(folder: Path) -> str:
    log = folder / "kern.log"
    log.write_text(LINES)
    return CONFIG.format(log=log)


def recorded(program: Program) -> str:
    """The contract, as a program says it that has reviewed its hosts once."""
    program.runs("nas")
    program.runs("switch")
    return contract(program.get("/metrics")[1])


def test_what_is_exported_is_what_the_contract_says(tmp_path: Path) -> None:
    with running(tmp_path, config(tmp_path)) as program:
        assert recorded(program) == GOLDEN.read_text(), "if this is meant: python -m tests.analyzer.test_golden"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), config(Path(folder))) as program:
        GOLDEN.write_text(recorded(program))
