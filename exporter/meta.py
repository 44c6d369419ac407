"""The exporter's own health as families, in the order in which a person would ask."""

from collections.abc import Iterator

import psutil

from exporter.heartbeats.ledger import BUCKETS, Ledger
from exporter.heartbeats.receiver import Receiver
from toolkit.families import Family, Sample, by, single
from toolkit.own import Reloads, process, program

APP = "heartline_exporter"


def collect(receiver: Receiver, outcomes: dict[str, int], reloads: Reloads) -> Iterator[Family]:
    """heartline_exporter_* and process_*."""
    yield from program(APP, reloads)
    yield single(
        f"{APP}_receiver_gap_seconds_total",
        "counter",
        "Time credited to every heartbeat, since nobody listened: downtime before the start, suspends, a failed disk.",
        receiver.gap_seconds,
    )
    yield by(f"{APP}_pings_total", "counter", "Pings, by what became of them.", "outcome", outcomes)
    yield _commits(receiver.ledger)
    yield single(f"{APP}_storage_up", "gauge", "Whether receipts can be stored.", float(receiver.ledger.up))
    yield single(f"{APP}_ready", "gauge", "Whether the heartbeats are loaded, and so shown.", float(receiver.ready))
    yield single(f"{APP}_heartbeats", "gauge", "Heartbeats registered.", float(len(receiver.register)))
    yield from process(psutil.Process())


def _commits(ledger: Ledger) -> Family:
    total = 0
    samples = []
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), ledger.commits, strict=True):
        total += count
        samples.append(Sample((("le", bound),), float(total), "_bucket"))
    samples += [Sample((), ledger.commit_seconds, "_sum"), Sample((), float(total), "_count")]
    name, text = f"{APP}_ping_commit_seconds", "Time that commits of receipts took, the fsync included."
    return Family(name, "histogram", text, samples)
