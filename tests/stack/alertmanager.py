"""A real Alertmanager for the commands that ask one, with an alert that another one inhibits."""

import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stack import ports, tools
from tests.until import until

WITHIN = 20.0
CONFIG = """
route:
  receiver: nobody
  group_wait: 0s
  routes: [{matchers: [when="office"], mute_time_intervals: [always], receiver: nobody}]
receivers: [{name: nobody}]
time_intervals: [{name: always, time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]}]
inhibit_rules:
  - {source_matchers: [alertname="HostDown"], target_matchers: [alertname="ProbeFailed"], equal: [host]}
"""


@dataclass(frozen=True)
class Running:
    url: str

    def fire(self, **labels: str) -> None:
        starts = datetime.now(UTC) - timedelta(minutes=27)
        body = json.dumps([{"labels": labels, "startsAt": starts.isoformat()}]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers)
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:
            assert answer.status == 200

    def silences(self) -> list[Mapping[str, object]]:
        with urllib.request.urlopen(f"{self.url}/api/v2/silences", timeout=WITHIN) as answer:
            told: list[Mapping[str, object]] = json.load(answer)
            return told


@contextmanager
def running(suite: str, folder: Path) -> Iterator[Running]:
    """One with four alerts: a host that is down, its probe, a disk of another host, and one with hostile labels."""
    with program(suite, folder) as there:
        there.fire(alertname="HostDown", severity="critical", host="web01")
        there.fire(alertname="ProbeFailed", severity="warning", host="web01", probe="shop")
        there.fire(alertname="HostDiskFull", severity="warning", host="nas", mountpoint="/srv")
        there.fire(alertname="Odd", severity="info", host="\x1b[2J\x1b]0;owned\x07\u202eevil\r\n\u2028x")
        yield there


@contextmanager
def program(suite: str, folder: Path, *flags: str) -> Iterator[Running]:
    """One without alerts, with these flags."""
    file, port = folder / "alertmanager.yml", ports.free(1)[0]
    file.write_text(CONFIG)
    command: tuple[str | Path, ...] = (
        *(tools.find("alertmanager", suite), f"--config.file={file}", f"--storage.path={folder / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", *flags),
    )
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: _listens(port))
            yield Running(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
