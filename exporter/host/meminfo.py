"""What is the memory used for?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, single

UNITS = {"": ("", 1), "kB": ("_bytes", 1024)}
NAME = str.maketrans({"(": "_", ")": None})


def parse(text: str) -> dict[str, int]:
    """/proc/meminfo: `Active(anon)` becomes `Active_anon_bytes`; what has no unit is a count of pages."""
    values = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        value, _, unit = rest.strip().partition(" ")
        suffix, factor = UNITS[unit.strip()]
        values[name.translate(NAME) + suffix] = int(value) * factor
    return values


def collect(root: Root) -> Iterator[Family]:
    for name, value in parse(read(f"{root.proc}/meminfo")).items():
        yield single(f"node_memory_{name}", "gauge", f"Memory information field {name}.", value)
