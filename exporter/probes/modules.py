"""What a probe asks and expects: blackbox_exporter's modules as values, with a few keys of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from exporter.probes.patterns import Pattern

Seconds = float


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is never shown; `value` is for the wire alone."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A secret that is read from a file anew for every probe."""

    path: str


@dataclass(frozen=True, slots=True)
class IpChoice:
    """Which of a name's addresses is probed, and from where."""

    preferred: Literal[4, 6] = 6
    fallback: bool = True
    source: str | None = None


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """How a TLS handshake is made and judged; versions as blackbox writes them (TLS12)."""

    insecure_skip_verify: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    min_version: str | None = None
    max_version: str | None = None


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """One entry of fail_if_header_(not_)matches."""

    header: str
    pattern: Pattern
    allow_missing: bool = False


@dataclass(frozen=True, slots=True)
class HttpModule:
    valid_status_codes: frozenset[int] = frozenset()
    """Empty: 200-299."""
    valid_http_versions: frozenset[str] = frozenset()
    """As `HTTP/1.1`; empty: any."""
    method: str = "GET"
    headers: tuple[tuple[str, str | Secret | SecretFile], ...] = ()
    body: str = field(default="", repr=False)
    body_file: str | None = None
    body_size_limit: int = 0
    """Bytes after decompression; 0: none."""
    compression: str = ""
    follow_redirects: bool = True
    fail_if_ssl: bool = False
    fail_if_not_ssl: bool = False
    body_matches: tuple[Pattern, ...] = ()
    body_not_matches: tuple[Pattern, ...] = ()
    header_matches: tuple[HeaderRule, ...] = ()
    header_not_matches: tuple[HeaderRule, ...] = ()
    username: str | SecretFile | None = None
    password: Secret | SecretFile | None = None
    authorization_type: str = "Bearer"
    credentials: Secret | SecretFile | None = None
    ip: IpChoice = IpChoice()
    tls: TlsConfig = TlsConfig()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One entry of query_response; `send` goes out with a newline behind it."""

    expect: Pattern | None = None
    expect_bytes: bytes = b""
    labels: tuple[tuple[str, str], ...] = ()
    send: bytes = field(default=b"", repr=False)
    starttls: bool = False


@dataclass(frozen=True, slots=True)
class TcpModule:
    query_response: tuple[Exchange, ...] = ()
    use_tls: bool = False
    ip: IpChoice = IpChoice()
    tls: TlsConfig = TlsConfig()


@dataclass(frozen=True, slots=True)
class RecordRules:
    """What a section of a DNS answer must look like; patterns are matched against whole records as text."""

    if_matches: tuple[Pattern, ...] = ()
    if_all_match: tuple[Pattern, ...] = ()
    if_not_matches: tuple[Pattern, ...] = ()
    if_none_matches: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsModule:
    query_name: str = "."
    query_type: str = "ANY"
    query_class: str = "IN"
    recursion_desired: bool = True
    transport: Literal["udp", "tcp"] = "udp"
    over_tls: bool = False
    valid_rcodes: frozenset[str] = frozenset({"NOERROR"})
    answer: RecordRules = RecordRules()
    authority: RecordRules = RecordRules()
    additional: RecordRules = RecordRules()
    ip: IpChoice = IpChoice()
    tls: TlsConfig = TlsConfig()


@dataclass(frozen=True, slots=True)
class IcmpModule:
    ttl: int = 64
    payload_size: int = 32
    dont_fragment: bool = False
    packets: int = 1
    interval: Seconds = 0.2
    max_loss_ratio: float | None = None
    """More lost than this ratio is a failure; None: only when all are lost."""
    ip: IpChoice = IpChoice()


@dataclass(frozen=True, slots=True)
class TlsModule:
    ip: IpChoice = IpChoice()
    tls: TlsConfig = TlsConfig()


@dataclass(frozen=True, slots=True)
class ThroughputModule:
    direction: Literal["download", "upload"] = "download"
    bytes: int = 10_000_000
    """At most."""
    ip: IpChoice = IpChoice()
    tls: TlsConfig = TlsConfig()


@dataclass(frozen=True, slots=True)
class Module:
    """One module; only the part that `prober` names is used."""

    name: str
    prober: str
    timeout: Seconds | None = None
    attempts: int = 1
    attempt_delay: Seconds = 1.0
    http: HttpModule = HttpModule()
    tcp: TcpModule = TcpModule()
    dns: DnsModule = DnsModule()
    icmp: IcmpModule = IcmpModule()
    tls: TlsModule = TlsModule()
    throughput: ThroughputModule = ThroughputModule()
    unsupported: tuple[str, ...] = ()
    """Keys whose meaning would be lost: a probe with them fails instead of telling half the truth."""


Modules = Mapping[str, Module]

BUILT_IN: Modules = {
    module.name: module
    for module in (
        Module("http_2xx", "http"),
        Module("http_post_2xx", "http", http=HttpModule(method="POST")),
        Module("tcp_connect", "tcp"),
        Module("tls_connect", "tls"),
        Module("icmp", "icmp"),
        Module("icmp_loss", "icmp", icmp=IcmpModule(packets=5)),
        Module("dns_udp", "dns", dns=DnsModule(query_type="SOA")),
        Module("dns_tcp", "dns", dns=DnsModule(query_type="SOA", transport="tcp")),
    )
}
"""What there is without a file, and beside one that does not define the same name."""
