"""A real Prometheus with a past, whose rules look at it now, beside a real Alertmanager."""

import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from stack import adapt, ports, ready, tools
from stack.layout import ROOT
from tests.until import until

FAST = {"interval": "1s", "for": "1s", "keep_firing_for": "1s"}
PATIENCE = 30.0
RULES = sorted((ROOT / "rules").glob("*.yml"))
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/*.yml"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
scrape_configs:
  - {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{prometheus}"]}}]}}
  - {{job_name: alertmanager, static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}
"""


@dataclass(frozen=True)
class Prometheus:
    url: str
    alertmanager: str

    def ask(self, path: str, **keys: str) -> Any:
        body = urllib.parse.urlencode(keys).encode()
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", body or None, timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def told(self, *matchers: str) -> list[Any]:
        """The alerts that Alertmanager knows of which all matchers hold."""
        keys = urllib.parse.urlencode([("filter", matcher) for matcher in matchers])
        with urllib.request.urlopen(f"{self.alertmanager}/api/v2/alerts?{keys}", timeout=PATIENCE) as answer:
            return list(json.load(answer))

    def query(self, expr: str) -> list[Any]:
        return list(self.ask("query", query=expr)["result"])

    def until(self, expr: str) -> None:
        """Wait until this has a value."""
        until(lambda: self.query(expr), lambda: f"{expr} never had a value")


def blocks(past: Path, data: Path, suite: str) -> None:
    """Take a file of OpenMetrics in, in blocks as long as a Prometheus that runs makes of its own of a day."""
    data.mkdir(exist_ok=True)
    kind = ("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=18h", "--quiet")
    command = (tools.find("promtool", suite), *kind, past, data)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def rules(folder: Path) -> Path:
    """The shipped rules in a hurry."""
    folder.mkdir()
    for file in RULES:
        (folder / file.name).write_text(adapt.adapt(file.read_text(), file.parent, {}, FAST))
    return folder


@contextmanager
def running(folder: Path, suite: str) -> Iterator[Prometheus]:
    """Both programs, with the blocks in `folder/data`; ended in the end."""
    own, theirs = ports.free(2)
    (folder / "prometheus.yml").write_text(
        CONFIG.format(rules=rules(folder / "rules"), prometheus=own, alertmanager=theirs)
    )
    (folder / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    commands = (
        (
            *(tools.find("alertmanager", suite), f"--config.file={folder}/alertmanager.yml"),
            *(f"--storage.path={folder}/am", f"--web.listen-address=127.0.0.1:{theirs}", "--cluster.listen-address="),
        ),
        (
            *(tools.find("prometheus", suite), f"--config.file={folder}/prometheus.yml"),
            *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{own}"),
            *("--storage.tsdb.retention.time=90d", "--rules.alert.resend-delay=1s"),
        ),
    )
    with (folder / "log").open("ab") as log:
        processes = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
    try:
        for port in (theirs, own):
            until(partial(ready.is_ready, f"http://127.0.0.1:{port}/-/ready"), (folder / "log").read_text)
        yield Prometheus(f"http://127.0.0.1:{own}", f"http://127.0.0.1:{theirs}")
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(PATIENCE)


def words(*texts: str) -> frozenset[str]:
    """All that may be the name of a metric in these texts."""
    return frozenset(word for text in texts for word in re.findall(r"[a-zA-Z_:][\w:]*", text))
