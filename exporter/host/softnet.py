"""Do the processors keep up with the packets that arrive?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, Type, by

COLUMNS: tuple[tuple[int, str, Type, str], ...] = (
    (0, "processed_total", "counter", "Number of processed packets"),
    (1, "dropped_total", "counter", "Number of dropped packets"),
    (2, "times_squeezed_total", "counter", "Number of times processing packets ran out of quota"),
    (
        8,
        "cpu_collision_total",
        "counter",
        "Number of collision occur while obtaining device lock while transmitting",
    ),
    (9, "received_rps_total", "counter", "Number of times cpu woken up received_rps"),
    (10, "flow_limit_count_total", "counter", "Number of times flow limit has been reached"),
    (11, "backlog_len", "gauge", "Softnet backlog status"),
)
CPU_COLUMN = 12
FEWEST_COLUMNS = 9


def parse(text: str) -> dict[str, list[int]]:
    """/proc/net/softnet_stat: for each processor its columns; those that an older kernel lacks are zero."""
    cpus = {}
    for line_number, line in enumerate(text.splitlines()):
        columns = [int(column, 16) for column in line.split()]
        if len(columns) < FEWEST_COLUMNS:
            raise ValueError(f"too few columns: {line[:100]!r}")
        cpu = columns[CPU_COLUMN] if len(columns) > CPU_COLUMN else line_number
        # The backlog came together with the processor's number.
        columns = columns if len(columns) > CPU_COLUMN else columns[:11]
        cpus[str(cpu)] = columns + [0] * (CPU_COLUMN - len(columns))
    return cpus


def collect(root: Root) -> Iterator[Family]:
    cpus = parse(read(f"{root.net}/softnet_stat"))
    for i, name, type, help in COLUMNS:
        yield by(f"node_softnet_{name}", type, help, "cpu", {cpu: columns[i] for cpu, columns in cpus.items()})
