"""Reads what is reviewed of a host: `sources:`, each with a name and one of system, files, journal and command."""

import re
import shlex
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Protocol

from analyzer.fetch.chunk import Caps, Chunk, Cursor
from analyzer.fetch.command import Command
from analyzer.fetch.files import Files
from analyzer.fetch.journal import Journal, unknown
from analyzer.fetch.system import System
from analyzer.fetch.way import Way
from toolkit.strict import Section

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


class Source(Protocol):
    """Something on a host that lines come from."""

    @property
    def name(self) -> str:
        """What it is called in metrics and findings; once per host."""

    def read(self, way: Way, cursor: Cursor | None, caps: Caps, now: float) -> AsyncGenerator[Chunk, None]:
        """New lines since `cursor`; at least one chunk, the last one's cursor is where to go on.

        Raises Unreachable, and CannotLook, that also after chunks that count.
        """


def sources(section: Section) -> tuple[Source, ...]:
    """The sources of one host's entry; ConfigError names the first mistake."""
    found: dict[str, Source] = {}
    for entry in section.sections("sources"):
        source = _source(entry)
        if source.name in found:
            raise entry.error("name", f"{source.name!r} is there twice")
        found[source.name] = source
        entry.end()
    return tuple(found.values())


def _source(section: Section) -> Source:
    name = section.text("name")
    if not NAME.fullmatch(name):
        raise section.error("name", f"{name!r}: expected letters, digits, _ . -, at most 64 of them")
    given = [kind for kind in KINDS if section.has(kind)]
    if not given:
        raise section.missing_one_of(tuple(KINDS))
    if len(given) > 1:
        raise section.error(given[1], "a source is one of system, files, journal, command: write one for each")
    return KINDS[given[0]](section, name)


def _files(section: Section, name: str) -> Files:
    patterns = tuple(section.texts("files"))
    for pattern in patterns:
        if not pattern.startswith("/") or pattern.endswith("/") or ".." in pattern.split("/") or "\0" in pattern:
            raise section.error("files", f"{pattern!r}: expected a path such as /var/log/*.log")
    if not patterns:
        raise section.error("files", 'expected paths such as ["/var/log/auth.log"]')
    return Files(name, patterns)


def _journal(section: Section, name: str) -> Journal:
    inner = section.section("journal")
    if inner is None:
        return Journal(name)
    units, priority = tuple(inner.texts("units")), inner.choice("priority", PRIORITIES, None)
    if wrong := unknown(units):
        raise inner.error("units", f"{wrong!r} is no name of a unit")
    inner.end()
    return Journal(name, units, priority)


def _system(section: Section, name: str) -> System:
    if not section.flag("system"):
        raise section.error("system", "expected true, or no such key")
    return System(name)


def _command(section: Section, name: str) -> Command:
    text = section.text("command")
    try:
        words = tuple(shlex.split(text))
    except ValueError as e:
        raise section.error("command", f"a quote is left open: {text!r}") from e
    if not words or not words[0] or "\0" in text:
        raise section.error("command", "expected a command such as `smartctl -H /dev/sda`")
    return Command(name, words)


KINDS: Mapping[str, Callable[[Section, str], Source]] = {
    "system": _system,
    "files": _files,
    "journal": _journal,
    "command": _command,
}
