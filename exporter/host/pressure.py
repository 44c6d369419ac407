"""How long did work wait for processors, memory and I/O?"""

from collections.abc import Iterator

from exporter.host.root import Root, optional
from toolkit.families import Family, single

WAITED = "Total time in seconds that processes have waited"
STALLED = "Total time in seconds no process could make progress due to"
SERVED = (
    ("cpu", "some", "cpu_waiting", f"{WAITED} for CPU time"),
    ("io", "some", "io_waiting", f"{WAITED} due to IO congestion"),
    ("io", "full", "io_stalled", f"{STALLED} IO congestion"),
    ("memory", "some", "memory_waiting", f"{WAITED} for memory"),
    ("memory", "full", "memory_stalled", f"{STALLED} memory congestion"),
    ("irq", "full", "irq_stalled", f"{STALLED} IRQ congestion"),
)


def parse(text: str) -> dict[str, float]:
    """/proc/pressure/<resource>: the totals of `some` and `full` in seconds."""
    rows = (line.split() for line in text.splitlines())
    return {row[0]: int(row[-1].removeprefix("total=")) / 1000 / 1000 for row in rows}


def collect(root: Root) -> Iterator[Family]:
    texts = {name: optional(f"{root.proc}/pressure/{name}") for name in dict.fromkeys(row[0] for row in SERVED)}
    known = {name: parse(text) for name, text in texts.items() if text}
    if not known:
        raise FileNotFoundError("the kernel gives no pressure stall information")
    for resource, kind, name, help in SERVED:
        if kind in known.get(resource, {}):
            yield single(f"node_pressure_{name}_seconds_total", "counter", help, known[resource][kind])
