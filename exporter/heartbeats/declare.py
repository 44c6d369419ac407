"""Reads what a person declares: heartbeats, named window schedules, maintenance. From the file and from the API."""

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from exporter.heartbeats.heartbeat import Definition
from exporter.heartbeats.register import ID
from exporter.heartbeats.schedules import KINDS, Every, Maintenance, Plan, Rule, Windows, deadline, wall
from toolkit.strict import ConfigError, Section, load

TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")
DEFAULT_GRACE = 60.0
PERIOD = (1.0, 366 * 86_400.0)  # seconds; HC's longest is a year
REFERENCE = 1_767_225_600.0  # 2026-01-01: whether a plan can ever be due does not depend on when one asks
MATCHERS = ("heartbeat", "host", "name", "schedule")


@dataclass(frozen=True, slots=True)
class Calendar:
    """What heartbeats refer to: window schedules by name, maintenance, the zone of those that name none."""

    timezone: str = "UTC"
    schedules: Mapping[str, Windows] = field(default_factory=dict)
    maintenance: Sequence[Maintenance] = ()


def calendar(top: Section) -> Calendar:
    """`timezone`, `schedules` and `maintenance` of the file's top level."""
    timezone = _zone(top, "UTC")
    schedules = {name: _windows(name, section, timezone) for name, section in top.sections_by_name("schedules").items()}
    maintenance = tuple(_maintenance(section, timezone) for section in top.sections("maintenance"))
    return Calendar(timezone, schedules, maintenance)


def heartbeat(section: Section, calendar: Calendar, spec: Mapping[str, Any] | None = None) -> Definition:
    """One entry of `heartbeats`; `spec` is kept with it when the file does not define it."""
    id, schedule = _id(section), _schedule(section, calendar)
    host = sys.intern(_own(_printable(section, "host", id))) if section.has("host") else ""
    windows = calendar.schedules[schedule] if schedule else None
    timezone = _zone(section, windows.zone if windows else calendar.timezone)
    definition = Definition(
        id=id,
        host=host,
        name=_own(_printable(section, "name", id)) if section.has("name") else id,
        tags=tuple(section.texts("tags")),
        plan=_plan(section, timezone, windows),
        schedule=schedule,
        timezone=timezone,
        max_runtime=section.duration("max_runtime", math.inf, low=1.0, high=PERIOD[1]),
        token=_token(section),
        paused=section.flag("paused", False),
        spec=spec,
    )
    section.end()
    _check_tags(section, definition.tags)
    found = maintained(definition, calendar)
    if deadline(found.plan, REFERENCE).at == math.inf:
        never = "it is never due: the schedule and maintenance leave no time for it" if windows else "it is never due"
        raise section.error(None, f"{id!r}: {never}")
    return found


def _id(section: Section) -> str:
    id = _own(section.text("id"))
    if not ID.fullmatch(id):
        raise section.error("id", f"{id!r} is no id: up to 100 of a-z 0-9 _ -, beginning with a letter or digit")
    return id


def _schedule(section: Section, calendar: Calendar) -> str:
    """The name of its window schedule, empty without one."""
    schedule = section.text("schedule", "")
    if schedule and schedule not in calendar.schedules:
        known = ", ".join(calendar.schedules) or "none is defined"
        raise section.error("schedule", f"there is no schedule {schedule!r}; known: {known}")
    return schedule


def _check_tags(section: Section, tags: Sequence[str]) -> None:
    for tag in tags:
        if not tag.isprintable() or "," in tag:
            raise section.error("tags", f"{tag!r}: a tag has no comma and only printable characters")


def heartbeat_of(spec: Mapping[str, Any], calendar: Calendar, name: str = "request body") -> Definition:
    """A heartbeat declared as JSON through the API, with the keys of the file; ConfigError names what is wrong."""
    # YAML reads JSON, but not JSON's surrogate pairs.
    return heartbeat(load(json.dumps(spec, ensure_ascii=False), name), calendar, spec)


def maintained(definition: Definition, calendar: Calendar) -> Definition:
    """The definition with the maintenance windows that match it."""
    windows = tuple(window for window in calendar.maintenance if window.matches(definition.labels))
    return replace(definition, plan=replace(definition.plan, maintenance=windows)) if windows else definition


def _plan(section: Section, timezone: str, windows: Windows | None) -> Plan:
    return _shared(
        Plan(
            rule=_rule(section, timezone),
            grace=section.duration("grace", DEFAULT_GRACE, high=PERIOD[1]),
            early=section.duration("early", 0.0, high=PERIOD[1]),
            windows=windows,
        )
    )


@lru_cache(maxsize=1024)
def _shared(plan: Plan) -> Plan:
    """The same object for equal plans: thousands of heartbeats have a few plans among them."""
    return plan


def _own(text: str) -> str:
    """A copy: the text of the file lies among all that was read with it, and would keep those pages in memory."""
    return text.encode().decode()


def _rule(section: Section, timezone: str) -> Rule:
    given = [kind for kind in KINDS if section.has(kind)]
    if not given:
        raise section.missing_one_of(KINDS)
    if len(given) > 1:
        raise section.error(given[1], f"give one of {', '.join(KINDS)}, not several")
    key = given[0]
    kind = KINDS[key]
    if issubclass(kind, Every):
        return kind(section.duration(key, low=PERIOD[0], high=PERIOD[1]))
    try:
        return kind(section.text(key), timezone)
    except ConfigError:
        raise
    except ValueError as e:
        raise section.error(key, str(e)) from e


def _zone(section: Section, default: str) -> str:
    name = section.text("timezone", default)
    try:
        wall.zone(name)
    except ValueError as e:
        raise section.error("timezone", str(e)) from e
    return name


def _token(section: Section) -> str | None:
    token = section.text("token", None)
    if token is not None and not TOKEN.fullmatch(token):
        raise section.error("token", "expected a UUID such as `uuidgen` prints, or 22 to 64 of A-Z a-z 0-9 _ -")
    return token


def _printable(section: Section, key: str, default: str) -> str:
    text = section.text(key, default)
    if not text or not text.isprintable() or len(text) > 200:
        raise section.error(key, "expected 1 to 200 printable characters")
    return text


def _windows(name: str, section: Section, timezone: str) -> Windows:
    zone, windows = _zone(section, timezone), section.texts("windows")
    country, excepted = section.text("holidays", None), section.dates("except")
    try:
        found = Windows.parse(name, zone, windows, country, excepted)
    except ValueError as e:
        raise section.error(None, str(e)) from e
    section.end()
    return found


def _maintenance(section: Section, timezone: str) -> Maintenance:
    matchers = section.text_map("matchers")
    for label in matchers:
        if label not in MATCHERS:
            raise section.error("matchers", f"there is no label {label!r} here; known: {', '.join(MATCHERS)}")
    zone, duration = _zone(section, timezone), section.duration("duration", low=1.0)
    start, cron = section.text("start", None), section.text("cron", None)
    try:
        found = Maintenance.parse(matchers, zone, duration, start=start, cron=cron)
    except ValueError as e:
        raise section.error(None, str(e)) from e
    section.end()
    return found
