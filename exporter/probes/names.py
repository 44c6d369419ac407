"""Looks names up as the system does, off the event loop."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from exporter.probes.outcome import Failure

Ip = IPv4Address | IPv6Address

THREADS = 64  # lookups under way at once; a thread sits in the C library until its resolver gives up
MOST_ADDRESSES = 1000
NOT_THERE = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Names:
    """Name -> addresses; lookups of one name at one time are one lookup."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "names")
        self._under_way: dict[str, asyncio.Future[list[Ip]]] = {}

    async def addresses(self, host: str) -> list[Ip]:
        """In the system's order, without duplicates; Failure dns_nxdomain or dns_failed."""
        future = self._under_way.get(host)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(self._threads, lookup, host)
            self._under_way[host] = future
            future.add_done_callback(lambda done: self._done(host, done))
        # One who gives up must not take the answer away from the others.
        return await asyncio.shield(future)

    def _done(self, host: str, future: "asyncio.Future[list[Ip]]") -> None:
        self._under_way.pop(host, None)
        if not future.cancelled():
            future.exception()  # everybody who asked may have given up by now

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def lookup(host: str) -> list[Ip]:
    """Ask the system; blocks."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as e:
        reason = "dns_nxdomain" if e.errno in NOT_THERE else "dns_failed"
        raise Failure(reason, f"looking up {host}: {e.strerror}") from e
    except UnicodeError as e:
        raise Failure("target", f"{host[:100]!r} is no host name") from e
    return list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found))[:MOST_ADDRESSES]


# A probe asks four times for its one host, and parsing takes as long as a system call.
@lru_cache(maxsize=4096)
def literal(host: str) -> Ip | None:
    """The address that a text is, None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def sockaddr(ip: Ip, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """An address as the socket module takes it; a scope may be a name or a number."""
    if not isinstance(ip, IPv6Address):
        return str(ip), port
    scope = ip.scope_id or "0"
    try:
        index = int(scope) if scope.isdigit() else socket.if_nametoindex(scope)
    except OSError as e:
        raise Failure("connect_unreachable", f"there is no interface {scope}") from e
    return str(IPv6Address(int(ip))), port, 0, index
