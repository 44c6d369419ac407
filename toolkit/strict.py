"""Read a YAML file strictly: every mistake is one line that names file, line and key.

Scalars stay as they are written until a method asks for them, so YAML 1.1's surprises do not happen: `22:00` is no
number of base 60, `no` is no boolean where a text is wanted, `2026-12-24` is a date only in `dates`. Take every key
that is known, then call `end`, which refuses the others.
"""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Literal, TypeVar

from toolkit.durations import format_duration, parse_duration
from toolkit.yamltree import ConfigError, Entries, Listing, Node, Scalar, compose, found, quoted

__all__ = ["REQUIRED", "ConfigError", "Section", "format_duration", "load", "parse_duration", "read"]

FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Required(Enum):
    """The default of a key that must be there."""

    REQUIRED = "required"


REQUIRED: Literal[Required.REQUIRED] = Required.REQUIRED
Needed = Literal[Required.REQUIRED]
D = TypeVar("D")
T = TypeVar("T")


@dataclass
class Section:
    """One mapping of the file: `path` as in `heartbeats[3]` ("" at the top), `line` where it begins.

    Every method raises ConfigError for a missing key without default and for a value of another kind.
    """

    name: str
    path: str
    line: int
    entries: Mapping[str, tuple[int, Node]]
    asked: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        """Is the key written here, whatever its value?"""
        self.asked.add(key)
        return key in self.entries

    def is_mapping(self, key: str) -> bool:
        """Does the key hold a mapping?"""
        self.asked.add(key)
        return key in self.entries and isinstance(self.entries[key][1], Entries)

    def text(self, key: str, default: D | Needed = REQUIRED) -> str | D:
        return self._scalar(key, default, "a text", str)

    def choice(self, key: str, choices: tuple[str, ...], default: D | Needed = REQUIRED) -> str | D:
        """One of a few words."""
        return self._scalar(key, default, "one of " + ", ".join(choices), lambda text: _chosen(text, choices))

    def integer(
        self, key: str, default: D | Needed = REQUIRED, low: int | None = None, high: int | None = None
    ) -> int | D:
        return self._scalar(key, default, "a whole number", lambda text: _bounded(_integer(text), low, high, str))

    def number(
        self, key: str, default: D | Needed = REQUIRED, low: float | None = None, high: float | None = None
    ) -> float | D:
        return self._scalar(key, default, "a number", lambda text: _bounded(_number(text), low, high, str))

    def flag(self, key: str, default: D | Needed = REQUIRED) -> bool | D:
        return self._scalar(key, default, "true or false", lambda text: FLAGS[text.lower()])

    def duration(
        self, key: str, default: D | Needed = REQUIRED, low: float | None = None, high: float | None = None
    ) -> float | D:
        """Seconds, written as Prometheus writes durations."""
        return self._scalar(
            key, default, "a duration", lambda text: _bounded(parse_duration(text), low, high, format_duration)
        )

    def dates(self, key: str) -> list[date]:
        """A list of YYYY-MM-DD, empty where the key is missing."""
        return self._scalars(key, "a date as YYYY-MM-DD", _date)

    def texts(self, key: str) -> list[str]:
        """A list of texts, empty where the key is missing."""
        return self._scalars(key, "a text", str)

    def text_map(self, key: str) -> dict[str, str]:
        """A mapping of text to text, empty where the key is missing."""
        section = self.section(key)
        return {} if section is None else {name: section.text(name) for name in section.entries}

    def section(self, key: str) -> "Section | None":
        """The mapping under a key, None where the key is missing or holds nothing."""
        node = self._take(key)
        return None if node is None else self._mapping(self._place(key), node)

    def sections(self, key: str) -> "list[Section]":
        """A list of mappings, empty where the key is missing."""
        return [self._mapping(place, node) for place, node in self._listing(key)]

    def sections_by_name(self, key: str) -> "dict[str, Section]":
        """A mapping of name to mapping, empty where the key is missing; a name that holds nothing has no keys."""
        outer = self.section(key)
        if outer is None:
            return {}
        return {
            name: outer.section(name) or Section(self.name, outer._place(name), line, {})
            for name, (line, _) in outer.entries.items()
        }

    def secret(
        self, key: str, environ: Mapping[str, str], read: Callable[[Path], str], variable: str | None = None
    ) -> str | None:
        """A secret from `key`, the file in `key_file`, environment KEY or the file in KEY_FILE; None if from none.

        `variable` is the environment's name where it is not the key in capitals. An empty variable counts as unset.
        """
        variable = variable or key.upper()
        inline, path = self.text(key, None), self.text(f"{key}_file", None)
        given = {key: inline, f"{key}_file": path}
        given |= {f"environment {name}": environ.get(name) or None for name in (variable, f"{variable}_FILE")}
        sources = [source for source, value in given.items() if value is not None]
        if len(sources) > 1:
            raise self.error(key, "given more than once: " + ", ".join(sources))
        if not sources:
            return None
        source, value = sources[0], given[sources[0]] or ""
        if source.lower().endswith("_file"):
            value = self._secret_file(key, source, Path(value), read)
        if not value:
            raise self.error(key, f"empty in {source}")
        return value

    def _secret_file(self, key: str, source: str, path: Path, read: Callable[[Path], str]) -> str:
        try:
            return read(path).strip()
        except UnicodeDecodeError as e:
            raise self.error(key, f"{path} (from {source}) is not UTF-8") from e
        except OSError as e:
            raise self.error(key, f"{path} (from {source}) cannot be read: {e.strerror or type(e).__name__}") from e

    def error(self, key: str | None, message: str) -> ConfigError:
        """An error of the caller's own, at the line of `key`, of `key_file`, or of the section."""
        if key is None:
            line = self.line
        else:
            line = next((self.entries[k][0] for k in (key, f"{key}_file") if k in self.entries), self.line)
        return self._error(line, self.path if key is None else self._place(key), message)

    def end(self) -> None:
        """Every known key has been asked for: refuse the first other one."""
        for key in self.entries:
            if key not in self.asked:
                close = difflib.get_close_matches(key, sorted(self.asked), n=1)
                known = f"known: {', '.join(sorted(self.asked))}" if self.asked else "none is known here"
                hint = f'did you mean "{close[0]}"?' if close else known
                raise self.error(key, f"unknown key; {hint}")

    def _error(self, line: int, place: str, message: str) -> ConfigError:
        return ConfigError(f"{self.name}:{line}: " + (f"{place}: " if place else "") + message)

    def _place(self, key: str) -> str:
        # A key of other characters is shown escaped, so that an error stays one line.
        shown = key if key.isprintable() and key.strip() == key != "" else quoted(key)
        return f"{self.path}.{shown}" if self.path else shown

    def _take(self, key: str) -> Node | None:
        """The value of a list or mapping; written without a value is as good as not written."""
        self.asked.add(key)
        node = self.entries[key][1] if key in self.entries else None
        return None if isinstance(node, Scalar) and node.nothing else node

    def _scalar(self, key: str, default: D | Needed, wanted: str, convert: Callable[[str], T]) -> T | D:
        self.asked.add(key)
        if key in self.entries:
            line, node = self.entries[key]
            try:
                return _converted(node, wanted, convert)
            except ConfigError as e:
                raise self._error(line, self._place(key), str(e)) from e
        if default is REQUIRED:
            raise self._missing(key, wanted)
        return default

    def missing_one_of(self, keys: Collection[str]) -> ConfigError:
        """The error that one of these keys is needed, or that one is misspelt."""
        unasked = [k for k in self.entries if k not in self.asked]
        for key in keys:
            for misspelt in difflib.get_close_matches(key, unasked, n=1, cutoff=0.75):
                return self.error(misspelt, f'unknown key; did you mean "{key}"?')
        return self.error(None, f"give one of {', '.join(keys)}")

    def _missing(self, key: str, wanted: str) -> ConfigError:
        unasked = [k for k in self.entries if k not in self.asked]
        # A misspelt key shows up as a missing one first; the person needs to hear of the misspelling.
        for misspelt in difflib.get_close_matches(key, unasked, n=1, cutoff=0.75):
            return self.error(misspelt, f'unknown key; did you mean "{key}"?')
        return self.error(key, f"missing; expected {wanted}")

    def _scalars(self, key: str, wanted: str, convert: Callable[[str], T]) -> list[T]:
        values = []
        for place, node in self._listing(key):
            try:
                values.append(_converted(node, wanted, convert))
            except ConfigError as e:
                raise self._error(node.line, place, str(e)) from e
        return values

    def _listing(self, key: str) -> list[tuple[str, Node]]:
        node = self._take(key)
        if node is None:
            return []
        if not isinstance(node, Listing):
            raise self.error(key, f"expected a list, found {found(node)}")
        return [(f"{self._place(key)}[{i}]", item) for i, item in enumerate(node.items)]

    def _mapping(self, place: str, node: Node) -> "Section":
        if not isinstance(node, Entries):
            raise self._error(node.line, place, f"expected a mapping, found {found(node)}")
        return Section(self.name, place, node.line, node.entries)


def load(text: str | bytes, name: str) -> Section:
    """The top level of a YAML text, an empty section where there is nothing in it; `name` stands in errors."""
    node = compose(text, name)
    if node is None or (isinstance(node, Scalar) and node.nothing):
        return Section(name, "", 1, {})
    if not isinstance(node, Entries):
        raise ConfigError(f"{name}:{node.line}: expected a mapping at the top level, found {found(node)}")
    return Section(name, "", node.line, node.entries)


def read(path: Path) -> Section:
    """The top level of a YAML file; the path as given stands in errors."""
    try:
        return load(path.read_bytes(), str(path))
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e


def _converted(node: Node, wanted: str, convert: Callable[[str], T]) -> T:
    if not isinstance(node, Scalar) or node.nothing:
        raise ConfigError(f"expected {wanted}, found {found(node)}")
    try:
        return convert(node.text)
    except ConfigError:
        raise
    except (ValueError, KeyError) as e:
        raise ConfigError(f"expected {wanted}, found {quoted(node.text)}") from e


def _integer(text: str) -> int:
    if not INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _date(text: str) -> date:
    # fromisoformat takes 20261224 and 2026-W52-4 as well.
    if not DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _chosen(text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        close = difflib.get_close_matches(text, choices, n=1)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        raise ConfigError(f"expected one of {', '.join(choices)}, found {quoted(text)}{hint}")
    return text


N = TypeVar("N", int, float)


def _bounded(value: N, low: float | None, high: float | None, shown: Callable[[float], str]) -> N:
    if low is not None and value < low:
        raise ConfigError(f"expected at least {shown(low)}, found {shown(value)}")
    if high is not None and value > high:
        raise ConfigError(f"expected at most {shown(high)}, found {shown(value)}")
    return value
