"""Which interrupts does each processor serve?"""

from collections.abc import Iterator
from typing import NamedTuple

from exporter.host.root import Root, read
from toolkit.families import Family, table


class Interrupt(NamedTuple):
    type: str
    info: str
    devices: str
    counts: tuple[int, ...]


def parse(text: str) -> list[Interrupt]:
    """/proc/interrupts: counts per processor; lines with fewer columns (ERR, MIS) are no interrupts of one."""
    header, *lines = text.splitlines()
    cpus = len(header.split())
    interrupts = []
    for line in lines:
        # Some machines leave no space behind the colon.
        type, _, rest = line.partition(":")
        words = rest.split()
        if len(words) <= cpus:
            continue
        name = type.strip()
        described = words[cpus:]
        info, devices = (described[0], " ".join(described[1:])) if name.isdecimal() else (" ".join(described), "")
        interrupts.append(Interrupt(name, info, devices, tuple(map(int, words[:cpus]))))
    return interrupts


def collect(root: Root) -> Iterator[Family]:
    rows = [
        ((str(cpu), interrupt.type, interrupt.info, interrupt.devices), count)
        for interrupt in parse(read(f"{root.proc}/interrupts"))
        for cpu, count in enumerate(interrupt.counts)
    ]
    yield table("node_interrupts_total", "counter", "Interrupt details.", ("cpu", "type", "info", "devices"), rows)
