"""How many files are open, of how many?"""

from collections.abc import Iterator

from exporter.host.root import Root, attribute
from toolkit.families import Family, single


def parse(text: str) -> dict[str, int]:
    """/proc/sys/fs/file-nr: allocated and maximum; the number between them is always 0."""
    allocated, _, maximum = text.split()
    return {"allocated": int(allocated), "maximum": int(maximum)}


def collect(root: Root) -> Iterator[Family]:
    for name, value in parse(attribute(f"{root.proc}/sys/fs/file-nr")).items():
        yield single(f"node_filefd_{name}", "gauge", f"File descriptor statistics: {name}.", value)
