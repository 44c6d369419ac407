"""Tell who is asking, and whether that one may ask again yet."""

from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What a client without an address is called: one on a Unix socket.
NO_ADDRESS = "unix"
SUBSCRIBER_BITS = 64
# A thousandth of a microsecond: a client that waits exactly as told is let in in spite of rounding.
ROUNDING = 1e-9


class Limit:
    """A token bucket per key: `rate` tokens per second, at most `burst` at once, at most `keys` keys remembered.

    The one asked for longest ago is forgotten first, so many addresses neither grow the memory nor lock anyone out.
    """

    def __init__(self, rate: float, burst: float, keys: int) -> None:
        if not (rate > 0 and burst >= 1 and keys >= 1):
            raise ValueError(f"a limit needs rate > 0, burst >= 1 and keys >= 1, not {rate}, {burst}, {keys}")
        self._spacing = 1 / rate
        self._slack = (burst - 1) / rate
        self._keys = keys
        # Per key the instant at which its bucket is full again: one number says both tokens and time.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until `key` may spend a token, 0.0: now. Spends nothing. `now` is monotonic, in seconds."""
        wait = self._full_at.get(key, now) - now - self._slack
        return wait if wait > ROUNDING else 0.0

    def allow(self, key: str, now: float) -> float:
        """Spend a token: 0.0, or, where there is none, the seconds until there is one (Retry-After)."""
        wait = self.wait(key, now)
        if wait == 0.0:
            self._full_at[key] = max(self._full_at.get(key, now), now) + self._spacing
        if key in self._full_at:
            self._full_at.move_to_end(key)
        self._forget(now)
        return wait

    def _forget(self, now: float) -> None:
        # Two at a time, so that the idle ones vanish faster than new ones come.
        for _ in range(2):
            oldest = next(iter(self._full_at), None)
            if oldest is not None and (len(self._full_at) > self._keys or self._full_at[oldest] <= now):
                del self._full_at[oldest]

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._full_at)


def client_address(peer: str, forwarded: str | None, trusted: Sequence[Network]) -> str:
    """The address of the client: the rightmost of `forwarded` that is not of a trusted proxy, else `peer`.

    `peer` is the address of the connection, "" on a Unix socket; `forwarded` the X-Forwarded-For headers joined by
    commas, believed only as far as trusted proxies wrote it: what makes no sense ends the walk at the hop before it.
    """
    address = parse_address(peer)
    if address is None:
        return peer or NO_ADDRESS
    for hop in reversed((forwarded or "").split(",")):
        before = parse_address(hop) if _is_trusted(address, trusted) else None
        if before is None:
            break
        address = before
    return str(address)


def subscriber(address: str) -> str:
    """The key under which an address is limited: an IPv6 address by its /64, which one customer has to himself."""
    parsed = parse_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    return str(IPv6Network((parsed, SUBSCRIBER_BITS), strict=False))


def parse_address(text: str) -> Address | None:
    """An address as peers and proxies write it: with port, brackets, zone or mapped into IPv6; None for others."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
