"""How full is the table of tracked connections?"""

from collections.abc import Iterator

from exporter.host.root import Root, attribute, read
from toolkit.families import Family, single

STATS = {
    "found": "Number of searched entries which were successful.",
    "invalid": "Number of packets seen which can not be tracked.",
    "ignore": "Number of packets seen which are already connected to a conntrack entry.",
    "insert": "Number of entries inserted into the list.",
    "insert_failed": "Number of entries for which list insertion was attempted but failed.",
    "drop": "Number of packets dropped due to conntrack failure.",
    "early_drop": "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached.",
    "search_restart": "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
}


def parse(text: str) -> dict[str, int]:
    """/proc/net/stat/nf_conntrack: each column's sum over the processors; the kernel writes them in hexadecimal."""
    header, *rows = (line.split() for line in text.splitlines())
    return {name: sum(int(row[i], 16) for row in rows) for i, name in enumerate(header)}


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.proc}/sys/net/netfilter"
    entries, limit = (int(attribute(f"{base}/nf_conntrack_{name}")) for name in ("count", "max"))
    entries_help = "Number of currently allocated flow entries for connection tracking."
    yield single("node_nf_conntrack_entries", "gauge", entries_help, entries)
    yield single("node_nf_conntrack_entries_limit", "gauge", "Maximum size of connection tracking table.", limit)
    totals = parse(read(f"{root.net}/stat/nf_conntrack"))
    for name, help in STATS.items():
        yield single(f"node_nf_conntrack_stat_{name}", "gauge", help, totals.get(name, 0))
