"""Which kernel, on which machine, under which name?"""

import os
from collections.abc import Iterator

from exporter.host.root import Root, optional
from toolkit.families import Family, table

LABELS = ("sysname", "release", "version", "machine", "nodename", "domainname")


def collect(root: Root) -> Iterator[Family]:
    names = os.uname()
    # uname(2) gives it too, os.uname leaves it out; both speak of our own UTS namespace.
    domain = optional("/proc/sys/kernel/domainname") or "(none)"
    row = (names.sysname, names.release, names.version, names.machine, names.nodename, domain)
    help = "Labeled system information as provided by the uname system call."
    yield table("node_uname_info", "gauge", help, LABELS, [(row, 1)])
