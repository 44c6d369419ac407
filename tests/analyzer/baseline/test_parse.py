"""What the parsers make of text."""

from analyzer.baseline import listeners, packages, sudoers
from tests.analyzer.baseline.rootway import SOCKET, TCP

V6 = "00000000000000000000000001000000"


def test_addresses_are_those_that_people_write() -> None:
    assert listeners.parse(TCP + SOCKET.format("0100007F", "0016", "0A"), "tcp") == ["tcp 127.0.0.1 22\tuid=1000"]
    assert listeners.parse(TCP + SOCKET.format(V6, "01BB", "0A"), "tcp6") == ["tcp6 ::1 443\tuid=1000"]


def test_connections_and_ephemeral_udp_are_no_listeners() -> None:
    assert listeners.parse(TCP + SOCKET.format("0100007F", "0016", "01"), "tcp") == []
    assert listeners.parse(TCP + SOCKET.format("00000000", "9C40", "07"), "udp") == []
    assert listeners.parse(TCP + SOCKET.format("00000000", "0035", "07"), "udp") == ["udp 0.0.0.0 53\tuid=1000"]


def test_rpm_may_have_a_package_twice() -> None:
    assert packages.parse_rpm("kernel:x86_64\t1-1\nkernel:x86_64\t2-1\n") == [
        "kernel:x86_64\t1-1",
        "kernel:x86_64\t2-1",
    ]


def test_a_removed_package_with_its_configuration_left_is_not_installed() -> None:
    assert packages.parse("Package: a\nStatus: deinstall ok config-files\nVersion: 1\n") == []


def test_a_sudo_rule_over_two_lines_is_one() -> None:
    (row,) = sudoers.parse("eve ALL=(ALL) \\\n NOPASSWD: ALL\n", "/etc/sudoers", b"k")
    assert row.startswith("/etc/sudoers eve without password mark=")
