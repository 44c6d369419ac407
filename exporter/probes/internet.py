"""The internet monitor: a group of probes that together tell what exactly is gone."""

from dataclasses import dataclass

from exporter.probes.module_parts import size
from exporter.probes.modules import DnsModule, HttpModule, IcmpModule, IpChoice, Module, Modules, ThroughputModule
from toolkit.strict import Section

GROUP = "internet"
V4 = IpChoice(preferred=4)
INTERVAL, THROUGHPUT_INTERVAL = 30.0, 6 * 3600.0  # seconds
MEGABYTE = 1_000_000
MODULES: Modules = {
    module.name: module
    for module in (
        Module("internet_gateway", "icmp", timeout=5.0, attempts=2, icmp=IcmpModule(packets=2, ip=V4)),
        Module("internet_dns", "dns", timeout=5.0, attempts=2, dns=DnsModule("example.com", "A", ip=V4)),
        # Redirects are not followed: who is sent somewhere else is not on the internet yet, but before a login page.
        Module("internet_by_name", "http", timeout=8.0, attempts=2, http=HttpModule(follow_redirects=False, ip=V4)),
        # An address has no page of its own: whatever answers, a redirect to a name included, shows that it is reached.
        Module(
            "internet_by_address",
            "http",
            timeout=8.0,
            attempts=2,
            http=HttpModule(frozenset(range(200, 400)), follow_redirects=False, ip=V4),
        ),
    )
}
"""A second attempt each: one lost packet is no outage."""

BY_NAME = ("http://connectivitycheck.gstatic.com/generate_204", "http://detectportal.firefox.com/success.txt")
RESOLVERS = {4: ("1.1.1.1", "8.8.8.8"), 6: ("2606:4700:4700::1111", "2001:4860:4860::8888")}
BY_ADDRESS = {4: ("http://1.1.1.1/",), 6: ("http://[2606:4700:4700::1111]/",)}
"""By the version of the internet protocol that the machine's default gateway speaks."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Which URLs are timed, "" for none, with how many bytes, and how often in seconds."""

    download: str
    upload: str
    bytes: int
    interval: float


@dataclass(frozen=True, slots=True)
class Internet:
    """Whom to ask: resolvers by address, URLs with a name, URLs with an address; none: the ones above.

    Seconds between two rounds.
    """

    resolvers: tuple[str, ...] = ()
    by_name: tuple[str, ...] = BY_NAME
    by_address: tuple[str, ...] = ()
    interval: float = INTERVAL
    throughput: Throughput | None = None

    @property
    def modules(self) -> Modules:
        """The modules of the group's probes."""
        timed = self.throughput
        if timed is None:
            return MODULES
        directions = (ThroughputModule("download", timed.bytes), ThroughputModule("upload", timed.bytes))
        both = (Module(f"internet_{one.direction}", "throughput", 60.0, throughput=one) for one in directions)
        return {**MODULES, **{module.name: module for module in both}}


def internet(top: Section) -> Internet | None:
    """`internet: true`, or a mapping that replaces the parts it names; None while it is off."""
    section = top.section("internet") if top.is_mapping("internet") else None
    if section is None:
        return Internet() if top.flag("internet", False) else None
    found = Internet(
        tuple(section.texts("resolvers")),
        tuple(section.texts("by_name")) or BY_NAME,
        tuple(section.texts("by_address")),
        # The rules look 5 minutes back, and a probe must not be forgotten by one lost scrape.
        section.duration("interval", INTERVAL, low=5.0, high=120.0),
        _throughput(section),
    )
    section.end()
    return found


def _throughput(top: Section) -> Throughput | None:
    section = top.section("throughput")
    if section is None:
        return None
    found = Throughput(
        section.text("download", ""),
        section.text("upload", ""),
        size(section, "bytes", 10 * MEGABYTE),
        section.duration("interval", THROUGHPUT_INTERVAL, low=600.0, high=43_200.0),
    )
    section.end()
    if not (found.download or found.upload):
        raise section.missing_one_of(("download", "upload"))
    return found
