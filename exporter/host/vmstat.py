"""How often did the kernel fault, page, swap and kill for want of memory?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, single


def parse(text: str) -> dict[str, int]:
    """/proc/vmstat: its fields."""
    rows = (line.split() for line in text.splitlines())
    return {name: int(value) for name, value in rows}


def collect(root: Root) -> Iterator[Family]:
    for name, value in parse(read(f"{root.proc}/vmstat")).items():
        if root.filters.vmstat_fields.search(name):
            yield single(f"node_vmstat_{name}", "untyped", f"/proc/vmstat information field {name}.", value)
