"""kill -9 of the exporter under load, again and again on one storage path: is a receipt lost that was acknowledged?"""

import argparse
import asyncio
import contextlib
import random
import sqlite3
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench import client, install, machine, programs
from bench.client import Connection, Lost, request
from bench.figures import Goal, conclude
from bench.install import Install
from bench.programs import Cores

HEARTBEATS = 2_000
CONNECTIONS = 64
# Nothing may be pruned, or a receipt that was kept could not be told from one that was lost.
HISTORY = "history: {receipts: 1000000, age: 90d}\n"
SAVING = 60.0  # seconds after its start the exporter saves all states; some rounds end just then

Receipt = tuple[str, str]  # heartbeat, run id


@dataclass
class Tally:
    """What was acknowledged and what is stored, over all rounds; `starts` in seconds until ready."""

    acknowledged: set[Receipt] = field(default_factory=set)
    stored: set[Receipt] = field(default_factory=set)
    read: int = 0  # the highest number read from the log
    doubled: int = 0
    miscounted: int = 0  # heartbeats whose counter differed from the log after some start
    bad: int = 0
    starts: list[float] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return len(self.acknowledged - self.stored)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="kills (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the instants (%(default)s)")
    options = parser.parse_args(arguments)
    cores = programs.take_load_core()
    print(explain(cores), flush=True)
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        own = install.make(Path(name), install.LIMITS + HISTORY + install.many(HEARTBEATS))
        tally = measure(own, options.rounds, random.Random(options.seed), cores)
    print(render(tally))
    conclude(goals(tally))
    return 0


def explain(cores: Cores) -> str:
    return (
        f"{machine.describe(cores)}\n"
        f"{CONNECTIONS} connections ping {HEARTBEATS:,} heartbeats as fast as they can, each ping with its own id;\n"
        "killed 0.2 to 1.5 s after the start of the load; each fifth time another start is killed before it is ready,\n"
        "each twenty-fifth time the kill comes a minute later, while all states are being saved.\n"
        "After each start the log is compared with what was acknowledged, and heartbeat_receipts_total with the log.\n"
        "What a process has given to the kernel survives it; against a power cut there is the fsync before each answer."
    )


def measure(own: Install, rounds: int, chance: random.Random, cores: Cores) -> Tally:
    """Kill it so many times, and look a last time."""
    paths = install.paths(own)
    tally = Tally()
    for number in range(1, rounds + 1):
        if number % 5 == 0:
            _kill_early(own, chance.uniform(0.1, 0.6), cores)
        life = SAVING + chance.uniform(-0.1, 0.4) if number % 25 == 0 else chance.uniform(0.2, 1.5)
        with _started(own, tally, cores) as kill:
            asyncio.run(_load(own.port, paths, tally, chance, life, kill))
        print(f"\r{number} of {rounds} kills", end="", flush=True)
    with _started(own, tally, cores):
        print()
    return tally


@contextlib.contextmanager
def _started(own: Install, tally: Tally, cores: Cores) -> "Iterator[programs.Kill]":
    """A start, and everything compared with what was acknowledged before it."""
    began = time.monotonic()
    log = own.folder / "exporter.log"
    with programs.running(own.command(), log, cores.server, f"{own.url}/-/ready") as process:
        tally.starts.append(time.monotonic() - began)
        compare(own, tally)
        yield lambda: programs.kill(process)


def _kill_early(own: Install, after: float, cores: Cores) -> None:
    with programs.running(own.command(), own.folder / "exporter.log", cores.server) as process:
        time.sleep(after)
        programs.kill(process)


async def _load(
    port: int, paths: dict[str, str], tally: Tally, chance: random.Random, life: float, kill: programs.Kill
) -> None:
    """Ping from all connections until the exporter is killed after `life` seconds."""
    ids = list(paths)

    async def send(connection: Connection) -> None:
        with contextlib.suppress(Lost):
            while True:
                id, rid = chance.choice(ids), str(uuid.UUID(int=chance.getrandbits(128), version=4))
                answer = await connection.ask(request("GET", f"{paths[id]}?rid={rid}"))
                if answer.status == 200:
                    tally.acknowledged.add((id, rid))
                else:
                    tally.bad += 1

    senders = [asyncio.create_task(send(await client.connect(port))) for _ in range(CONNECTIONS)]
    await asyncio.sleep(life)
    # An acknowledgement that is still in a socket here is read afterwards, and counts.
    kill()
    await asyncio.gather(*senders)


def compare(own: Install, tally: Tally) -> None:
    """Read what the log holds since the last time, and hold the counters against it."""
    query = (
        "SELECT r.id, h.id, r.rid FROM receipts r JOIN heartbeats h ON h.key = r.heartbeat WHERE r.id > ? ORDER BY r.id"
    )
    with closing(sqlite3.connect(f"file:{own.file}?mode=ro", uri=True)) as db:
        rows = db.execute(query, (tally.read,)).fetchall()
    found = {(id, rid) for _, id, rid in rows}
    tally.doubled += len(rows) - len(found) + len(found & tally.stored)
    tally.stored |= found
    tally.read = rows[-1][0] if rows else tally.read
    logged = Counter(id for id, _ in tally.stored)
    for labels, value in install.samples(own, "heartbeat_receipts_total").items():
        if 'kind="success"' in labels and logged[labels.partition('heartbeat="')[2].partition('"')[0]] != value:
            tally.miscounted += 1


def render(tally: Tally) -> str:
    unacknowledged = len(tally.stored - tally.acknowledged)
    return (
        f"acknowledged {len(tally.acknowledged):,}, stored {len(tally.stored):,}\n"
        f"acknowledged and missing: {tally.missing}\n"
        f"stored and not acknowledged (under way when it was killed; allowed): {unacknowledged:,}\n"
        f"stored twice: {tally.doubled}; counters that differ from the log after a start: {tally.miscounted}; "
        f"answers other than 200: {tally.bad}\n"
        f"ready after {min(tally.starts):.1f} to {max(tally.starts):.1f} s"
    )


def goals(tally: Tally) -> list[Goal]:
    return [
        Goal("acknowledged and missing: 0", str(tally.missing), tally.missing == 0 and bool(tally.acknowledged)),
        Goal(
            "counters as the log, nothing twice",
            f"{tally.miscounted + tally.doubled} off",
            tally.miscounted + tally.doubled == 0,
        ),
        Goal("no answer other than 200", str(tally.bad), tally.bad == 0),
    ]
