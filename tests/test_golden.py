"""Is what is exported still what tests/golden/metrics.txt says? Rules, dashboards and docs may name only that.

After a change that is meant, write it anew:

    python -m tests.test_golden

The file holds HELP and TYPE of every family of PAGES, made from the configuration and the pings below, and one line for
each sample's name with its labels; of labels whose values are a closed set, these values too.
"""

import re
import tempfile
from pathlib import Path

from tests.program import ROOT, Program, running

GOLDEN = ROOT / "tests" / "golden" / "metrics.txt"
PAGES = ("/metrics/heartbeats",)
CLOSED = ("kind", "le", "outcome")  # labels whose values are part of the contract
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
CONFIG = """
schedules:
  office: {timezone: Europe/Berlin, windows: ["Mon-Fri 08:00-18:00"], holidays: DE, except: [2026-12-24]}
maintenance:
  - {matchers: {heartbeat: backup}, cron: "0 3 * * 0", duration: 2h}
  - {matchers: {host: "web*"}, timezone: Europe/Berlin, start: "2026-12-01 22:00", duration: 4h}
heartbeats:
  - {id: web01, host: web01, name: web-server-01, every: 5m, grace: 60s, schedule: office, tags: [prod]}
  - {id: backup, host: nas, cron: "0 2 * * *", timezone: Europe/Berlin, grace: 1h, max_runtime: 3h, early: 10m}
  - {id: report, oncalendar: "Mon..Fri 07:30", timezone: Europe/Berlin}
"""
PINGS = ("web01", "web01/fail", "backup/start", "backup/3", "report/log", "report/256", "unknown", "new?create=1")


def recorded(program: Program) -> str:
    """The contract, as a program says it that has heard some pings."""
    for ping in PINGS:
        program.get(f"/ping/{program.ping_key}/{ping}")
    return "".join(contract(program.get(page).text) for page in PAGES)


def contract(text: str) -> str:
    """Headers and the shape of each sample, in order of appearance."""
    shapes: dict[str, dict[str, set[str]]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(line)
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        labels = LABEL.findall(found[2] or "")
        if found[1] not in shapes:
            shapes[found[1]] = {}
            lines.append(found[1])
        for label, value in labels:
            shapes[found[1]].setdefault(label, set()).add(value)
    return "".join(f"{shaped(line, shapes[line]) if line in shapes else line}\n" for line in lines)


def shaped(name: str, labels: dict[str, set[str]]) -> str:
    told = (f'{label}="{"|".join(sorted(values))}"' if label in CLOSED else label for label, values in labels.items())
    return f"{name}{{{','.join(told)}}}"


def test_what_is_exported_is_what_the_contract_says(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        assert recorded(program) == GOLDEN.read_text(), "if this is meant: python -m tests.test_golden"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), CONFIG) as program:
        GOLDEN.write_text(recorded(program))
