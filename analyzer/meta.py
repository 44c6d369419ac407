"""The analyzer's own health as families."""

from collections.abc import Iterator, Mapping

import psutil

from toolkit.families import Family, by, single
from toolkit.own import Reloads, process, program

APP = "heartline_analyzer"
DROPS = ("address", "rate", "backlog", "connections", "framing", "redaction", "storage")


def collect(reloads: Reloads, hosts: int, running: int, storage_up: bool) -> Iterator[Family]:
    """heartline_analyzer_* and process_*; `running` counts the hosts under review right now."""
    yield from program(APP, reloads)
    yield single(f"{APP}_storage_up", "gauge", "Whether runs can be stored.", float(storage_up))
    yield single(f"{APP}_hosts", "gauge", "Hosts whose logs are reviewed.", float(hosts))
    yield single(f"{APP}_reviews_running", "gauge", "Hosts under review right now.", float(running))
    yield from process(psutil.Process())


def syslog(taken: Mapping[str, int], dropped: Mapping[str, int]) -> Iterator[Family]:
    """What came to the syslog receiver, where one listens."""
    yield by(f"{APP}_syslog_messages_total", "counter", "Syslog messages that were kept.", "host", taken)
    told = {reason: dropped.get(reason, 0) for reason in DROPS}
    yield by(f"{APP}_syslog_dropped_total", "counter", "Syslog messages that were not.", "reason", told)
