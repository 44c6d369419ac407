"""The names that hosts export are those that rules, dashboards and pages may speak of."""

from pathlib import Path

from exporter.host import meminfo, netdev
from exporter.host.containers import FAMILIES
from exporter.host.root import Root
from tests.host.exposition import Exposition

GOLDEN = Path(__file__).parent.parent / "golden"
# Of today's kernels; the recorded trees are of older ones.
MEMINFO = "MemTotal: 100 kB\nMemAvailable: 50 kB\n"
NETDEV = f"Inter-|   Receive\n face |bytes\n  eth0: {' '.join('1' * 16)}\n"


def lines(name: str) -> set[str]:
    return set((GOLDEN / name).read_text().splitlines())


def test_all_of_the_list_of_host_readings_is_read(recorded: Exposition, flapped: Exposition, tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/dev").write_text(NETDEV)
    (tmp_path / "meminfo").write_text(MEMINFO)
    root = Root(proc=str(tmp_path))
    types = {**recorded.types, **flapped.types, **{f"container_{name}": type for name, (type, _) in FAMILIES.items()}}
    types |= {family.name: family.type for family in (*meminfo.collect(root), *netdev.collect(root)) if family.samples}
    assert lines("host.txt") - {f"{name} {type.replace('unknown', 'untyped')}" for name, type in types.items()} == set()
