"""Since when has the host been up, and what has its kernel done since?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, Type, single

FIELDS: dict[str, tuple[str, Type, str]] = {
    "intr": ("node_intr_total", "counter", "Total number of interrupts serviced."),
    "ctxt": ("node_context_switches_total", "counter", "Total number of context switches."),
    "processes": ("node_forks_total", "counter", "Total number of forks."),
    "btime": ("node_boot_time_seconds", "gauge", "Node boot time, in unixtime."),
    "procs_running": ("node_procs_running", "gauge", "Number of processes in runnable state."),
    "procs_blocked": ("node_procs_blocked", "gauge", "Number of processes blocked waiting for I/O to complete."),
}


def parse(text: str) -> dict[str, int]:
    """/proc/stat: the first number of each line that is served."""
    rows = (line.split(maxsplit=2) for line in text.splitlines())
    return {row[0]: int(row[1]) for row in rows if row and row[0] in FIELDS}


def collect(root: Root) -> Iterator[Family]:
    values = parse(read(f"{root.proc}/stat"))
    for field, (name, type, help) in FIELDS.items():
        yield single(name, type, help, values.get(field, 0))
