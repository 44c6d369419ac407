"""The default gateway and the resolvers, in texts as the kernel and resolvconf write them."""

import pytest

from exporter.probes.gateway import parse, resolvers

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
DEFAULT = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
WIFI = "wlan0\t00000000\tFE01A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
LINK = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
TUNNEL = "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
HALF = "tun0\t00000000\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"
UNREACHABLE = "*\t00000000\t00000000\t0200\t0\t0\t10\t00000000\t0\t0\t0\n"

NOWHERE = "0" * 32
LOCAL_GATEWAY = "fe80000000000000000000000000beef"
V6 = f"{NOWHERE} 00 {NOWHERE} 00 {LOCAL_GATEWAY} 00000400 00000003 00000000 00450003     eth0\n"
V6_WORSE = V6.replace("00000400", "00000800").replace("beef", "0001")
V6_GLOBAL = V6.replace(LOCAL_GATEWAY, "20010db8" + "0" * 23 + "1")
V6_NONE = f"{NOWHERE} 00 {NOWHERE} 00 {NOWHERE} ffffffff 00000001 00000000 00200200       lo\n"
V6_LINK = f"fe80{'0' * 28} 40 {NOWHERE} 00 {NOWHERE} 00000100 00000001 00000000 00000001     eth0\n"


@pytest.mark.parametrize(
    ("route", "ipv6_route", "expected"),
    [
        (HEAD + DEFAULT + LINK, "", "192.168.1.1"),
        (HEAD + WIFI + DEFAULT, "", "192.168.1.1"),
        (HEAD + WIFI, V6, "192.168.1.254"),
        (HEAD + LINK + TUNNEL + UNREACHABLE, "", None),
        (HEAD + HALF, "", None),
        (HEAD, V6_NONE + V6_LINK + V6_WORSE + V6, "fe80::beef%eth0"),
        (HEAD, V6_GLOBAL, "2001:db8::1"),
        (HEAD, V6_NONE + V6_LINK, None),
        ("", "", None),
        ("garbage\neth0\t00000000\tXY\t0003\n\x00\n", "garbage\n" + V6[:60], None),
    ],
)
def test_the_default_gateway_is_the_one_with_the_lowest_metric(
    route: str, ipv6_route: str, expected: str | None
) -> None:
    assert parse(route, ipv6_route) == expected


def test_resolvers_are_addresses_in_their_order() -> None:
    text = "# x\nsearch lan\nnameserver 127.0.0.53 # local\nnameserver fe80::1%eth0\nnameserver\nnameserver name\n"
    assert resolvers(text) == ["127.0.0.53", "fe80::1%eth0"]
