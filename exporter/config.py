"""The exporter's configuration file, read whole and strictly."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.heartbeats import declare
from exporter.heartbeats.declare import Calendar
from exporter.heartbeats.heartbeat import Definition
from exporter.heartbeats.web_ping import Creation, Pace
from exporter.host.listed import ListedHost, hosts
from exporter.maintained import Maintained, maintained, named
from exporter.probes.listed import Probes, probes
from toolkit import declared
from toolkit.limits import Network
from toolkit.strict import Section, read

DAY = 86_400.0

# What `create` may say of a heartbeat, beside its tags: all but what must differ from one to the next.
CREATED = (
    "every", "cron", "oncalendar", "timezone", "schedule", "grace", "early", "max_runtime", "host", "name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """How much of the receipts is kept: the latest `receipts` of each heartbeat, none older than `age` seconds."""

    receipts: int
    age: float


@dataclass(frozen=True, slots=True)
class Config:
    name: str  # the file, as errors call it
    external_url: str | None
    secret_key: str | None
    ping_key: str | None
    api_key: str | None
    trusted_proxies: tuple[Network, ...]
    pace: Pace
    creation: Creation
    history: History
    calendar: Calendar
    heartbeats: Mapping[str, Definition]
    host: str  # what this machine is called; "": its own name
    hosts: tuple[ListedHost, ...]
    probes: Probes
    maintained: Maintained


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file; ConfigError names file, line and key of the first mistake. `environ` may hold the secrets."""
    top = read(path)
    calendar = declare.calendar(top)
    schedules = frozenset(calendar.schedules)
    heartbeats = _heartbeats(top, calendar)
    host = top.text("host", "")
    listed, probed = hosts(top, schedules), probes(top, path.parent, schedules)
    names = named(host or os.uname().nodename, heartbeats.values(), listed, probed.listed)
    config = Config(
        name=path.name,
        external_url=declared.external_url(top),
        secret_key=declared.key(top, "secret_key", environ),
        ping_key=_ping_key(top, environ),
        api_key=declared.key(top, "api_key", environ),
        trusted_proxies=declared.trusted_proxies(top),
        pace=_pace(top),
        creation=_creation(top, calendar),
        history=_history(top),
        calendar=calendar,
        heartbeats=heartbeats,
        host=host,
        hosts=listed,
        probes=probed,
        maintained=maintained(calendar.maintenance, names),
    )
    top.end()
    return config


def _heartbeats(top: Section, calendar: Calendar) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    tokens: dict[str, str] = {}
    for section in top.sections("heartbeats"):
        definition = declare.heartbeat(section, calendar)
        if definition.id in found:
            raise section.error("id", f"{definition.id!r} is defined twice")
        if definition.token is not None and tokens.setdefault(definition.token, definition.id) != definition.id:
            raise section.error("token", f"heartbeat {tokens[definition.token]!r} has the same token")
        found[definition.id] = definition
    return found


def _creation(top: Section, calendar: Calendar) -> Creation:
    section = top.section("create")
    if section is None:
        return Creation({"every": "1d", "grace": "1h"}, 100)
    limit = section.integer("limit", 100, low=0)
    spec: dict[str, Any] = {key: section.text(key) for key in CREATED if section.has(key)}
    if section.has("tags"):
        spec["tags"] = section.texts("tags")
    section.end()
    # Checked like any heartbeat, so that a mistake shows now and not with the first ping.
    declare.heartbeat_of({"id": "example"} | spec, calendar, f"{section.name}:{section.line}: create")
    return Creation(spec, limit)


def _history(top: Section) -> History:
    section = top.section("history")
    if section is None:
        return History(100, 90 * DAY)
    history = History(section.integer("receipts", 100, low=1), section.duration("age", 90 * DAY, low=60.0))
    section.end()
    return history


def _pace(top: Section) -> Pace:
    section = top.section("limits")
    if section is None:
        return Pace(50.0, 500)
    pace = Pace(section.number("pings_per_second", 50.0, low=0.01), section.integer("ping_burst", 500, low=1))
    section.end()
    return pace


def _ping_key(top: Section, environ: Mapping[str, str]) -> str | None:
    key = declared.key(top, "ping_key", environ)
    if key is not None and not all(c.isalnum() or c in "-_" for c in key):
        raise top.error("ping_key", "it stands in URLs: only letters, digits, - and _")
    return key
