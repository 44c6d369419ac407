"""How often did the kernel fault, page, swap and kill for want of memory?"""

import re
from collections.abc import Iterator

from exporter.families import Family, single
from exporter.host.root import Root, read

FIELDS = re.compile(r"(?:oom_kill|pgpg|pswp|pg.*fault).* ")


def parse(text: str) -> dict[str, int]:
    """/proc/vmstat: the fields that are served."""
    rows = (line.split() for line in text.splitlines() if FIELDS.match(line))
    return {name: int(value) for name, value in rows}


def collect(root: Root) -> Iterator[Family]:
    for name, value in parse(read(f"{root.proc}/vmstat")).items():
        yield single(f"node_vmstat_{name}", "untyped", f"/proc/vmstat information field {name}.", value)
