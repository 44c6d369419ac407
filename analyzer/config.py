"""The analyzer's configuration file, read whole and strictly."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzer.digest import declare as declare_digest
from analyzer.digest.declare import DigestConfig
from analyzer.fetch import declare_syslog, declare_way
from analyzer.fetch.chunk import Caps
from analyzer.fetch.declare_syslog import Syslog
from analyzer.fetch.local import Local
from analyzer.fetch.sources import Source, sources
from analyzer.fetch.ssh import Ssh
from analyzer.notify import declare as declare_notify
from analyzer.notify.declare import Notify, RelayConfig
from analyzer.redact import declare as declare_redaction
from analyzer.redact.declare import Redaction
from analyzer.review import declare as declare_review
from analyzer.review.budget import Budget
from analyzer.review.declare import Model
from toolkit import declared
from toolkit.limits import Network
from toolkit.strict import Section, read

DAY = 86_400.0
SPOOLS = "syslog"  # folder of the storage path
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Host:
    """One host whose logs are reviewed, every `every` seconds."""

    name: str  # the label that joins it with its heartbeats, readings and probes
    way: Ssh | Local
    sources: tuple[Source, ...]
    every: float
    prompt: str  # what a model is told about this host, beside review.md
    allow_remote: bool  # may its lines, redacted, leave this network for a hosted model?
    baseline: bool


@dataclass(frozen=True, slots=True)
class Keeping:
    """A finding is resolved after `resolve_after` runs without it; `age` seconds later it is forgotten."""

    resolve_after: int
    age: float


@dataclass(frozen=True, slots=True)
class Config:
    name: str  # the file, as errors call it
    external_url: str | None
    api_key: str | None
    trusted_proxies: tuple[Network, ...]
    at_once: int  # hosts
    run_seconds: float  # in which one host's run has to end
    caps: Caps
    hosts: tuple[Host, ...]
    syslog: Syslog | None
    redaction: Redaction
    rules: tuple[Path, ...]  # folders with more rules of the reviewer
    models: tuple[Model, ...]
    budget: Budget
    excerpt_tokens: int
    keeping: Keeping
    notify: tuple[Notify, ...]
    relay: RelayConfig
    digest: DigestConfig | None


def load(path: Path, environ: Mapping[str, str], storage: Path) -> Config:
    """Read the file; ConfigError names file, line and key of the first mistake. `environ` may hold the secrets."""
    top = read(path)
    folder = path.parent
    every = top.duration("every", 1800.0, low=10.0)
    models = declare_review.models(top, environ)
    syslog = declare_syslog.syslog(top.section("syslog"))
    notify = declare_notify.notify(top, environ)
    config = Config(
        name=path.name,
        external_url=declared.external_url(top),
        api_key=declared.key(top, "api_key", environ, "ANALYZER_API_KEY"),
        trusted_proxies=declared.trusted_proxies(top),
        at_once=top.integer("at_once", 16, low=1, high=1000),
        run_seconds=top.duration("run_timeout", 600.0, low=1.0),
        caps=_caps(top.section("caps")),
        hosts=_hosts(top, every, storage) + _senders(syslog, every, storage),
        syslog=syslog,
        redaction=declare_redaction.redaction(top.section("redact"), folder),
        rules=tuple(folder / text for text in top.texts("rules")),
        models=models,
        budget=declare_review.budget(top.section("budget"), models),
        excerpt_tokens=top.integer("excerpt_tokens", 4000, low=200, high=200_000),
        keeping=_keeping(top.section("findings")),
        notify=notify,
        relay=declare_notify.relay(top.section("relay"), environ),
        digest=declare_digest.digest(top.section("digest"), [one.name for one in notify]),
    )
    _refuse_twice(top, config.hosts)
    top.end()
    return config


def _hosts(top: Section, every: float, storage: Path) -> tuple[Host, ...]:
    found: dict[str, Host] = {}
    for section in top.sections("hosts"):
        host = _host(section, every, storage)
        if host.name in found:
            raise section.error("host", f"{host.name!r} is there twice")
        found[host.name] = host
    return tuple(found.values())


def _host(section: Section, every: float, storage: Path) -> Host:
    host = Host(
        name=_name(section),
        way=declare_way.way(section, storage),
        sources=sources(section),
        every=section.duration("every", every, low=10.0),
        prompt=section.text("prompt", ""),
        allow_remote=section.flag("allow_remote", False),
        baseline=section.flag("baseline", True),
    )
    section.end()
    if not host.sources:
        raise section.error("sources", "a host needs logs, such as [{name: system, system: true}]")
    return host


def _name(section: Section) -> str:
    name = section.text("host")
    if not HOST.fullmatch(name):
        raise section.error("host", f"{name!r}: expected letters, digits, . _ -, at most 100 of them")
    return name


def _senders(syslog: Syslog | None, every: float, storage: Path) -> tuple[Host, ...]:
    """Hosts that send their lines: what they sent is read from this machine's disk."""
    return tuple(
        Host(name, Local(), (declare_syslog.source(storage / SPOOLS, name),), every, "", False, baseline=False)
        for name in (syslog.hosts if syslog else ())
    )


def _refuse_twice(top: Section, hosts: tuple[Host, ...]) -> None:
    names = Counter(host.name for host in hosts)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise top.error("syslog", f"{twice[0]!r} is among the hosts already: give one of them another name")


def _caps(section: Section | None) -> Caps:
    standard = Caps()
    if section is None:
        return standard
    caps = Caps(
        bytes=section.integer("bytes", standard.bytes, low=4096),
        lines=section.integer("lines", standard.lines, low=10),
        line_bytes=section.integer("line_bytes", standard.line_bytes, low=256, high=65_536),
        seconds=section.duration("seconds", standard.seconds, low=1.0),
        first_bytes=section.integer("first_bytes", standard.first_bytes, low=0),
        first_seconds=section.duration("first_seconds", standard.first_seconds, low=0.0),
        decompressed_bytes=section.integer("decompressed_bytes", standard.decompressed_bytes, low=4096),
    )
    section.end()
    return caps


def _keeping(section: Section | None) -> Keeping:
    if section is None:
        return Keeping(3, 90 * DAY)
    keeping = Keeping(section.integer("resolve_after", 3, low=1), section.duration("keep", 90 * DAY, low=DAY))
    section.end()
    return keeping
