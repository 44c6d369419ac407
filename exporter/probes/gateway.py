"""Which machine do packets for the outside go to first, and which resolvers are asked?"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

GATEWAY_FLAG = 0x2
# Interface, destination, gateway, flags, two counters, metric, mask.
V4 = re.compile(r"\S+\t0{8}\t([0-9A-F]{8})\t([0-9A-F]{4,8})\t\d+\t\d+\t(\d{1,10})\t0{8}\b.*")
# Destination, source, each with the length of its prefix; next hop, metric, two counters, flags, interface.
V6 = re.compile(r"0{32} 00 0{32} 00 ([0-9a-f]{32}) ([0-9a-f]{8}) [0-9a-f]{8} [0-9a-f]{8} ([0-9a-f]{8}) +(\S+)")


def parse(route: str, ipv6_route: str = "") -> str | None:
    """The default gateway in the texts of /proc/net/route and /proc/net/ipv6_route, None without one.

    IPv4's where there is one; the lowest metric counts.
    """
    return _v4(route) or _v6(ipv6_route)


def _v4(route: str) -> str | None:
    found: list[tuple[int, str]] = []
    for address, flags, metric in V4.findall(route):
        if int(flags, 16) & GATEWAY_FLAG:
            # The kernel prints the number as it lies in memory, least significant byte first.
            found.append((int(metric), str(IPv4Address(int.from_bytes(bytes.fromhex(address), "little")))))
    return min(found)[1] if found else None


def _v6(ipv6_route: str) -> str | None:
    found: list[tuple[int, str]] = []
    for address, metric, flags, interface in V6.findall(ipv6_route):
        if int(flags, 16) & GATEWAY_FLAG:
            ip = IPv6Address(int(address, 16))
            # A gateway is mostly known by its link's address, which says nothing without the link.
            found.append((int(metric, 16), f"{ip}%{interface}" if ip.is_link_local else str(ip)))
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
