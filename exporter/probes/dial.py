"""From a host and port to an open connection: look up, choose, connect, shake hands. Foreign errors end here."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from exporter.probes import certificates, handshake
from exporter.probes.attempt import Attempt
from exporter.probes.modules import IpChoice, TlsConfig
from exporter.probes.names import Ip, literal, sockaddr
from exporter.probes.outcome import Failure
from exporter.probes.target import Target

P = TypeVar("P", bound=asyncio.Protocol)

UNLIMITED = 3600.0  # seconds of a handshake; the probe's own budget ends long before

CONNECT = {
    errno.ECONNREFUSED: "connect_refused",
    errno.ETIMEDOUT: "connect_timeout",
    errno.EHOSTUNREACH: "connect_unreachable",
    errno.ENETUNREACH: "connect_unreachable",
    errno.EHOSTDOWN: "connect_unreachable",
    errno.ENETDOWN: "connect_unreachable",
    errno.EACCES: "connect_unreachable",
    errno.EPERM: "connect_unreachable",
}


async def find(
    host: str, target: Target, ip: IpChoice, attempt: Attempt, port: int | None = None, measured: bool = True
) -> Ip:
    """The address to probe; `measured` puts it on the sheet, which only a probe's first host is.

    `port` is given where it may be another than the target's own. Failure dns_*, or refused_target where the
    configuration admits neither the host nor any of its addresses.
    """
    host = target.host(host, port)
    attempt.say(f"Resolving target address: {host}, ip{ip.preferred} preferred")
    try:
        with attempt.phase("resolve"):
            known = literal(host)
            found = [known] if known else await attempt.means.names.addresses(host)
    finally:
        if measured:
            _measure(attempt, None)
    chosen = chosen_from(target.addresses(host, found, port), ip)
    if chosen is None:
        raise Failure("dns_nxdomain", f"{host} has no ip{ip.preferred} address")
    attempt.say(f"Resolved target address: {chosen}" + (f", one of {len(found)}" if len(found) > 1 else ""))
    if measured:
        _measure(attempt, chosen)
    return chosen


def chosen_from(addresses: list[Ip], ip: IpChoice) -> Ip | None:
    """The first address of the preferred family; of the other one only as fallback."""
    preferred = [address for address in addresses if address.version == ip.preferred]
    if preferred:
        return preferred[0]
    return addresses[0] if addresses and ip.fallback else None


def _measure(attempt: Attempt, ip: Ip | None) -> None:
    sheet = attempt.sheet
    sheet.put("probe_dns_lookup_time_seconds", attempt.seconds.get("resolve", 0.0))
    sheet.put("probe_ip_protocol", ip.version if ip else 0)
    sheet.put("probe_ip_addr_hash", fnv1_32a(ip.packed) if ip else 0)


def fnv1_32a(data: bytes) -> int:
    """FNV-1a, 32 bits: what blackbox_exporter hashes addresses with."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


async def connect(ip: Ip, port: int, source: str | None, attempt: Attempt) -> socket.socket:
    """An open TCP socket; Failure connect_*."""
    attempt.say(f"Connecting to {ip} port {port}" + (f" from {source}" if source else ""))
    family = socket.AF_INET6 if ip.version == 6 else socket.AF_INET
    address = sockaddr(ip, port)
    with ExitStack() as stack:
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            stack.callback(sock.close)
            sock.setblocking(False)
            with attempt.phase("connect"):
                if source:
                    sock.bind((source, 0))
                await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError as e:
            raise unreached(e, f"connecting to {ip} port {port}") from e
        attempt.say("Connected")
        stack.pop_all()
    return sock


def unreached(error: OSError, doing: str) -> Failure:
    """What an error of the network means."""
    return Failure(CONNECT.get(error.errno or 0, "connect_failed"), f"{doing}: {error.strerror or error}")


async def attach(
    sock: socket.socket, protocol: Callable[[], P], tls: TlsConfig | None, name: str, attempt: Attempt
) -> P:
    """Give an open socket to a protocol, after a TLS handshake for `name` where `tls` is given.

    Failure tls_*; what the target's certificates say is on the sheet in either case.
    """
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        stack.callback(sock.close)
        context = handshake.context(tls) if tls else None
        stack.pop_all()
    if context is None:
        return (await loop.create_connection(protocol, sock=sock))[1]
    with shaking(name, attempt):
        transport, attached = await loop.create_connection(
            protocol, sock=sock, ssl=context, server_hostname=name, ssl_handshake_timeout=UNLIMITED
        )
    welcome(transport, attempt)
    return attached


async def upgrade(
    transport: asyncio.Transport, protocol: asyncio.Protocol, tls: TlsConfig, name: str, attempt: Attempt
) -> asyncio.Transport:
    """STARTTLS: the transport that goes on where this one was; Failure tls_*."""
    context = handshake.context(tls)
    with shaking(name, attempt):
        upgraded = await asyncio.get_running_loop().start_tls(
            transport, protocol, context, server_hostname=name, ssl_handshake_timeout=UNLIMITED
        )
    if upgraded is None:
        raise Failure("closed", "the connection was closed during the TLS handshake")
    welcome(upgraded, attempt)
    return upgraded


@contextmanager
def shaking(name: str, attempt: Attempt) -> Iterator[None]:
    """A handshake goes on here; when it fails, put down what the target showed nevertheless."""
    attempt.say(f"TLS handshake for {name}")
    try:
        with attempt.phase("tls"):
            yield
    except OSError as e:
        if isinstance(e, handshake.Refused):
            certificates.measure(e.seen, attempt.sheet, attempt.say)
        raise handshake.failure(e) from e


def welcome(transport: asyncio.BaseTransport, attempt: Attempt) -> None:
    """A handshake succeeded: put down what the target showed."""
    seen = handshake.seen(transport.get_extra_info("ssl_object"))
    attempt.say(f"TLS handshake succeeded: {seen.version}, {seen.cipher}")
    certificates.measure(seen, attempt.sheet, attempt.say)
