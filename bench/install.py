"""An exporter of our own in a folder of its own: its configuration, its command, what its metrics and file say."""

import re
import sqlite3
import sys
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stack import ports
from stack.asked import asked
from stack.layout import HOST
from stack.problem import Problem

# One heartbeat must not be told to slow down when the load asks for it; everything else stays as it ships.
LIMITS = "limits: {pings_per_second: 100000, ping_burst: 1000000}\n"
SAMPLE = re.compile(rb"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Install:
    """Where it keeps its things, and where it listens."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "exporter.yml"

    @property
    def storage(self) -> Path:
        return self.folder / "exporter"

    @property
    def file(self) -> Path:
        return self.storage / "heartbeats.db"

    def command(self, verb: str = "") -> list[str]:
        """The command that serves, or that does `verb`."""
        return [
            *(sys.executable, "-m", "exporter", *([verb] if verb else [])),
            f"--config.file={self.config}",
            f"--web.listen-address={HOST}:{self.port}",
            f"--storage.path={self.storage}",
        ]


def make(folder: Path, config: str, port: int = 0) -> Install:
    """A folder with this configuration, on a free port unless one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    install = Install(folder, port or ports.free(1)[0])
    install.config.write_text(config)
    return install


def many(number: int, entry: str = "every: 5m, grace: 1m") -> str:
    """`heartbeats:` with so many entries, on up to a thousand hosts."""
    lines = (f"  - {{id: job-{n:06d}, host: host-{n % 1000:04d}, {entry}}}\n" for n in range(number))
    return "heartbeats:\n" + "".join(lines)


def paths(install: Install) -> dict[str, str]:
    """Path of the ping URL of each heartbeat, by its id."""
    done = asked(install.command("urls"))
    if done.returncode != 0:
        raise Problem("the exporter did not tell its URLs", shown=done.stderr)
    return {id: urlsplit(url).path for id, url in (line.split() for line in done.stdout.splitlines())}


def samples(install: Install, name: str) -> dict[str, float]:
    """The samples of one metric, by their labels as they stand between the braces."""
    with urllib.request.urlopen(f"{install.url}/metrics", timeout=60) as answer:
        text = answer.read()
    return {m[2].decode() if m[2] else "": float(m[3]) for m in SAMPLE.finditer(text) if m[1] == name.encode()}


def accepted(install: Install) -> int:
    """How many pings the exporter says it has accepted since it started."""
    return int(samples(install, "heartline_exporter_pings_total")['outcome="accepted"'])


def receipts(install: Install) -> tuple[int, int]:
    """How many receipts its file was given, and how many of them it holds; read beside the running exporter."""
    # Receipts and clock events share one numbering, and old receipts are pruned: the numbers tell what there was.
    query = (
        "SELECT max((SELECT coalesce(max(id), 0) FROM receipts), (SELECT coalesce(max(id), 0) FROM clock))"
        " - (SELECT count(*) FROM clock), (SELECT count(*) FROM receipts)"
    )
    with closing(sqlite3.connect(f"file:{install.file}?mode=ro", uri=True)) as db:
        given, held = db.execute(query).fetchone()
    return int(given), int(held)
