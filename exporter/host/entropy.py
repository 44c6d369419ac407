"""How much entropy is there?"""

from collections.abc import Iterator

from exporter.host.root import Root, attribute
from toolkit.families import Family, single


def parse(text: str) -> int:
    """/proc/sys/kernel/random/{entropy_avail,poolsize}: bits."""
    return int(text)


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.proc}/sys/kernel/random"
    available, size = (parse(attribute(f"{base}/{name}")) for name in ("entropy_avail", "poolsize"))
    yield single("node_entropy_available_bits", "gauge", "Bits of available entropy.", available)
    yield single("node_entropy_pool_size_bits", "gauge", "Bits of entropy pool.", size)
