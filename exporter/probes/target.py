"""Which targets may be probed: those of the configuration, and what its allow-list admits.

Whoever reaches /probe can make this process connect. So a target is refused unless the configuration names it or the
allow-list admits it, and the same holds for every redirect and for every address that a name leads to.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

from exporter.probes.names import Ip, literal
from exporter.probes.outcome import Failure
from exporter.probes.shown import shown_target

Network = IPv4Network | IPv6Network
LOCAL_NAMES = frozenset({"localhost", "ip6-localhost"})
# To the system's resolver 127.1, 2130706433 and 0x7f.1 are addresses as well.
NUMBER_LAST = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)", re.DOTALL)
METADATA = (ip_network("100.100.100.200"), ip_network("fd00:ec2::254"))
"""Where clouds hand out a machine's secrets, beside 169.254.169.254, which is the link's."""
CARRYING_V4 = (ip_network("::/96"), ip_network("64:ff9b::/96"))
"""The last four bytes are an IPv4 address: compatible ones and those of NAT64."""


@dataclass(frozen=True)
class Gate:
    """`listed` is (target, module) as the configuration has them; `names` may hold `*`, e.g. `*.example.org`.

    A `*` stands for names alone: an address, and localhost, is admitted by `names` only where it is written out.
    """

    listed: frozenset[tuple[str, str]] = frozenset()
    networks: tuple[Network, ...] = ()
    names: tuple[str, ...] = ()

    def target(self, text: str, module: str) -> "Target":
        """A target to probe; it is judged where it is used: by `Target.host` and `Target.addresses`."""
        return Target(text, self, (text, module) in self.listed)

    def has_name(self, host: str) -> bool:
        if is_address(host):
            return host in self._names
        return any(fnmatchcase(host, name) for name in self._names)

    def has_address(self, ip: Ip) -> bool:
        return any(unmapped(ip) in network for network in self.networks)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(canonical(name) for name in self.names)


@dataclass(frozen=True)
class Target:
    """What is probed, as given; `listed` when the configuration names it together with this module."""

    text: str
    gate: Gate
    listed: bool

    def host(self, host: str, port: int | None = None) -> str:
        """The host, in lower case, if it may be asked at all; Failure refused_target otherwise.

        `port` is needed where it may be another than the target's own: after a redirect.
        """
        host = canonical(host)
        ip = literal(host)
        if self._is_own(host, port) or self.gate.has_name(host):
            return host
        if self.gate.has_address(ip) if ip else self.gate.networks:
            return host
        at = f" port {port}" if port else ""
        raise Failure("refused_target", f"{host}{at} is neither a configured target nor admitted by the allow-list")

    def addresses(self, host: str, found: list[Ip], port: int | None = None) -> list[Ip]:
        """Those of a host's addresses that may be connected to; Failure refused_target when none may."""
        admitted = [ip for ip in found if self._may_reach(host, port, ip)]
        if found and not admitted:
            raise Failure("refused_target", f"{host} leads to {found[0]}, which the allow-list does not admit")
        return admitted

    def may_be_called(self, hostname: str) -> bool:
        """May who asks choose this Host header and certificate's name?

        A listed target stands for itself: at its address may be other sites, which nobody has listed.
        """
        return not self.listed or self.gate.has_name(hostname.lower().rstrip("."))

    def _may_reach(self, host: str, port: int | None, ip: Ip) -> bool:
        if self.gate.has_address(ip):
            return True
        if not (self._is_own(host, port) or self.gate.has_name(host)):
            return False
        # A configured name is trusted to say where it lives, but not to point at this machine or its cloud's metadata.
        return is_address(host) or not inward(unmapped(ip))

    def _is_own(self, host: str, port: int | None) -> bool:
        return self.listed and host == self._own_host and (port is None or port in self._own_ports)

    @cached_property
    def _own_host(self) -> str:
        return canonical(host_of(self.text))

    @cached_property
    def _own_ports(self) -> frozenset[int]:
        port = port_of(self.text)
        # Nearly every server sends on from http to https.
        return frozenset({80, 443} if port == 80 else {port})

    def __str__(self) -> str:
        return shown_target(self.text)


def gate(listed: Iterable[tuple[str, str]], networks: Iterable[str], names: Iterable[str]) -> Gate:
    """A gate from the configuration's texts; ValueError for what is no network."""
    return Gate(frozenset(listed), tuple(ip_network(text) for text in networks), tuple(names))


def is_address(host: str) -> bool:
    """Is a host, in lower case, an address in whatever notation, or a name that always means this machine?"""
    return literal(host) is not None or host in LOCAL_NAMES or NUMBER_LAST.fullmatch(host) is not None


def inward(ip: Ip) -> bool:
    """Addresses that mean this machine, this link, its cloud's metadata or nobody."""
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return True
    return any(ip in network for network in METADATA)


def unmapped(ip: Ip) -> Ip:
    """The IPv4 address that an IPv6 one stands for, where it ends up: mapped, compatible, 6to4 or NAT64."""
    if not isinstance(ip, IPv6Address):
        return ip
    # :: and ::1 are addresses of their own.
    if int(ip) > 1 and any(ip in network for network in CARRYING_V4):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def canonical(host: str) -> str:
    """Lower case, without the dot that ends a full name, other scripts as DNS writes them."""
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError as e:
            raise Failure("target", f"{host[:100]!r} is no host name") from e
    return host.lower().rstrip(".") or "."


def host_of(text: str) -> str:
    """The host in a URL, in host:port, in [address]:port, or all of it."""
    if "://" in text:
        try:
            return urlsplit(text).hostname or ""
        except ValueError:
            return ""
    if literal(text):
        return text
    head = text.partition("/")[0].rpartition("@")[2]
    return split_port(head)[0] if head.rpartition(":")[2].isdigit() else head.strip("[]")


def port_of(text: str) -> int:
    """The port of a URL or of host[:port][/path], as an HTTP probe reads a target; 0 where it cannot be read."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return 0


def split_port(text: str, default: int | None = None) -> tuple[str, int]:
    """host:port or [address]:port; without a port the default; Failure target otherwise."""
    if literal(text) or text.endswith("]") or ":" not in text:
        host, port = text, ""
    else:
        host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not port and default is not None:
        return bare, default
    if not (bare and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Failure("target", f"expected host:port, found {shown_target(text)!r}")
    return bare, int(port)
