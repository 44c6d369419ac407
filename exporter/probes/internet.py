"""The internet monitor: a group of probes that together tell what exactly is gone."""

from dataclasses import dataclass

from exporter.probes.modules import DnsModule, HttpModule, IcmpModule, IpChoice, Module, Modules
from exporter.strict import Section

GROUP = "internet"
V4 = IpChoice(preferred=4)
MODULES: Modules = {
    module.name: module
    for module in (
        Module("internet_gateway", "icmp", timeout=5.0, attempts=2, icmp=IcmpModule(packets=2, ip=V4)),
        Module("internet_dns", "dns", timeout=5.0, attempts=2, dns=DnsModule("example.com", "A", ip=V4)),
        Module("internet_http", "http", timeout=8.0, attempts=2, http=HttpModule(ip=V4)),
    )
}
"""A second attempt each: one lost packet is no outage."""

RESOLVERS = ("1.1.1.1", "8.8.8.8")
BY_NAME = ("http://connectivitycheck.gstatic.com/generate_204", "http://detectportal.firefox.com/success.txt")
BY_ADDRESS = ("http://1.1.1.1/",)


@dataclass(frozen=True, slots=True)
class Internet:
    """Whom to ask: resolvers by address, URLs with a name, URLs with an address. Seconds between two rounds."""

    modules: Modules
    resolvers: tuple[str, ...]
    by_name: tuple[str, ...]
    by_address: tuple[str, ...]
    interval: float


def internet(top: Section) -> Internet | None:
    """`internet: true`, or a mapping that replaces the parts it names; None while it is off."""
    if not top.is_mapping("internet"):
        return Internet(MODULES, RESOLVERS, BY_NAME, BY_ADDRESS, 30.0) if top.flag("internet", False) else None
    section = top.section("internet")
    assert section is not None
    found = Internet(
        MODULES,
        tuple(section.texts("resolvers")) or RESOLVERS,
        tuple(section.texts("by_name")) or BY_NAME,
        tuple(section.texts("by_address")) or BY_ADDRESS,
        section.duration("interval", 30.0, low=5.0),
    )
    section.end()
    return found
