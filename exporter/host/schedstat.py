"""How long did tasks run on each processor, and wait for it?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, by

NANOSECONDS = 1_000_000_000
COLUMNS = slice(7, 10)


def parse(text: str) -> dict[str, tuple[float, float, int]]:
    """/proc/schedstat: for each processor the seconds run, the seconds waited and the time slices."""
    cpus = {}
    for row in (line.split() for line in text.splitlines() if line.startswith("cpu")):
        running, waiting, slices = map(int, row[COLUMNS])
        cpus[row[0].removeprefix("cpu")] = running / NANOSECONDS, waiting / NANOSECONDS, slices
    return cpus


def collect(root: Root) -> Iterator[Family]:
    cpus = parse(read(f"{root.proc}/schedstat"))
    running = {cpu: values[0] for cpu, values in cpus.items()}
    waiting = {cpu: values[1] for cpu, values in cpus.items()}
    slices = {cpu: values[2] for cpu, values in cpus.items()}
    running_help = "Number of seconds CPU spent running a process."
    yield by("node_schedstat_running_seconds_total", "counter", running_help, "cpu", running)
    waiting_help = "Number of seconds spent by processing waiting for this CPU."
    yield by("node_schedstat_waiting_seconds_total", "counter", waiting_help, "cpu", waiting)
    slices_help = "Number of timeslices executed by CPU."
    yield by("node_schedstat_timeslices_total", "counter", slices_help, "cpu", slices)
