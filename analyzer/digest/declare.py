"""The section `digest` of the configuration file.

digest: {every: day, at: "07:00", timezone: Europe/Berlin, prometheus: "http://127.0.0.1:9090", to: [mail]}
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.digest.period import Every
from toolkit.strict import Section
from toolkit.urls import is_web

AT = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class DigestConfig:
    """When it is sent and where. `prometheus` None: nothing but the analyzer's own store is asked."""

    every: Every
    at: time
    zone: ZoneInfo
    prometheus: str | None = field(repr=False)  # it may hold a password
    to: tuple[str, ...]  # names of `notify`


STANDARD = DigestConfig("day", time(7), ZoneInfo("UTC"), None, ())
"""What a preview shows where the configuration file says nothing of a digest."""


def digest(section: Section | None, services: Collection[str]) -> DigestConfig | None:
    """The section, checked; `services` are the names of `notify`. None: there is no digest."""
    if section is None:
        return None
    found = DigestConfig(
        every=_every(section),
        at=_at(section),
        zone=_zone(section),
        prometheus=_url(section),
        to=_to(section, services),
    )
    section.end()
    return found


def _every(section: Section) -> Every:
    return "week" if section.choice("every", ("day", "week"), "day") == "week" else "day"


def _at(section: Section) -> time:
    text = section.text("at", "07:00")
    if not AT.fullmatch(text):
        raise section.error("at", f"{text!r}: expected a time of the day such as 07:00")
    return time.fromisoformat(text)


def _zone(section: Section) -> ZoneInfo:
    name = section.text("timezone", "UTC")
    try:
        return ZoneInfo(name)
    # A folder of the time zone database, such as Europe, is an OSError.
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise section.error("timezone", f"{name!r} is no time zone such as Europe/Berlin") from e


def _url(section: Section) -> str | None:
    url = section.text("prometheus", None)
    if url is not None and not is_web(url):
        raise section.error("prometheus", "expected a URL such as http://127.0.0.1:9090")
    return url.rstrip("/") if url else None


def _to(section: Section, services: Collection[str]) -> tuple[str, ...]:
    """Those that are named, or all there are."""
    named = section.texts("to")
    for name in named:
        if name not in services:
            near = get_close_matches(name, services, 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            raise section.error("to", f"`notify` has no {name!r}{hint}")
    if not services:
        raise section.error(None, "there is nobody to send it to: `notify` is empty")
    return tuple(dict.fromkeys(named)) or tuple(services)
