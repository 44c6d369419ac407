"""Which machine do packets for the outside go to first, and which resolvers are asked?"""

from ipaddress import IPv4Address, ip_address

GATEWAY_FLAG = 0x2


def parse(route: str) -> str | None:
    """The default gateway in the text of /proc/net/route with the lowest metric; None without one."""
    found: list[tuple[int, str]] = []
    for line in route.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or fields[1] != "00000000" or fields[7] != "00000000":
            continue
        if int(fields[3], 16) & GATEWAY_FLAG:
            # The kernel prints the number as it lies in memory, least significant byte first.
            address = IPv4Address(int.from_bytes(bytes.fromhex(fields[2]), "little"))
            found.append((int(fields[6]), str(address)))
    return min(found)[1] if found else None


def resolvers(resolv_conf: str) -> list[str]:
    """The nameservers in the text of resolv.conf that are addresses, in order."""
    named = (line.split()[1] for line in resolv_conf.splitlines() if line.startswith("nameserver") and line.split()[1:])
    return [address for address in named if _is_address(address)]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
