"""Which targets may be probed: those of the configuration, and what its allow-list admits.

Whoever reaches /probe can make this process connect. So a target is refused unless the configuration names it or the
allow-list admits it, and the same holds for every redirect and for every address that a name leads to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

from exporter.probes.names import Ip, literal
from exporter.probes.outcome import Failure
from exporter.probes.shown import shown_target

Network = IPv4Network | IPv6Network
LOCAL_NAMES = frozenset({"localhost", "ip6-localhost"})


@dataclass(frozen=True)
class Gate:
    """`listed` is (target, module) as the configuration has them; `names` may hold `*`, e.g. `*.example.org`."""

    listed: frozenset[tuple[str, str]] = frozenset()
    networks: tuple[Network, ...] = ()
    names: tuple[str, ...] = ()

    def target(self, text: str, module: str) -> "Target":
        """A target to probe; it is judged where it is used: by `Target.host` and `Target.addresses`."""
        return Target(text, self, (text, module) in self.listed)

    def has_name(self, host: str) -> bool:
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

    def host(self, host: str) -> str:
        """The host, in lower case, if it may be asked at all; Failure refused_target otherwise."""
        host = canonical(host)
        ip = literal(host)
        if self._is_own(host) or self.gate.has_name(host):
            return host
        if self.gate.has_address(ip) if ip else self.gate.networks:
            return host
        raise Failure("refused_target", f"{host} is neither a configured target nor admitted by the allow-list")

    def addresses(self, host: str, found: list[Ip]) -> list[Ip]:
        """Those of a host's addresses that may be connected to; Failure refused_target when none may."""
        admitted = [ip for ip in found if self._may_reach(host, ip)]
        if found and not admitted:
            raise Failure("refused_target", f"{host} leads to {found[0]}, which the allow-list does not admit")
        return admitted

    def _may_reach(self, host: str, ip: Ip) -> bool:
        if self.gate.has_address(ip):
            return True
        if not (self._is_own(host) or self.gate.has_name(host)):
            return False
        # A configured name is trusted to say where it lives, but not to point at this machine or its cloud's metadata.
        return literal(host) is not None or host in LOCAL_NAMES or not inward(unmapped(ip))

    def _is_own(self, host: str) -> bool:
        return self.listed and host == self._own_host

    @cached_property
    def _own_host(self) -> str:
        return canonical(host_of(self.text))

    def __str__(self) -> str:
        return shown_target(self.text)


def gate(listed: Iterable[tuple[str, str]], networks: Iterable[str], names: Iterable[str]) -> Gate:
    """A gate from the configuration's texts; ValueError for what is no network."""
    return Gate(frozenset(listed), tuple(ip_network(text) for text in networks), tuple(names))


def inward(ip: Ip) -> bool:
    """Addresses that mean this machine, this link or nobody."""
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


def unmapped(ip: Ip) -> Ip:
    """::ffff:10.0.0.1 is 10.0.0.1 on the wire."""
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


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
