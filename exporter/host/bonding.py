"""Are all the interfaces of a bond up?"""

from collections.abc import Iterator

from exporter.host.root import Root, attribute, optional
from toolkit.families import Family, by


def parse(states: list[str]) -> tuple[int, int]:
    """The slaves' `mii_status`: how many there are and how many are up."""
    return len(states), states.count("up")


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/net"
    masters = attribute(f"{base}/bonding_masters").split()
    bonds = {master: parse(_states(f"{base}/{master}")) for master in masters}
    slaves_help = "Number of configured slaves per bonding interface."
    yield by("node_bonding_slaves", "gauge", slaves_help, "master", {name: bond[0] for name, bond in bonds.items()})
    active_help = "Number of active slaves per bonding interface."
    yield by("node_bonding_active", "gauge", active_help, "master", {name: bond[1] for name, bond in bonds.items()})


def _states(path: str) -> list[str]:
    slaves = attribute(f"{path}/bonding/slaves").split()
    # Older kernels call it slave_, newer ones lower_; a slave that vanishes meanwhile counts as one that is not up.
    paths = [[f"{path}/{prefix}_{slave}/bonding_slave/mii_status" for prefix in ("lower", "slave")] for slave in slaves]
    return [next(filter(None, map(optional, either)), "gone") for either in paths]
