"""Alertmanager's configuration, as far as alerts depend on it, with lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from stack.lint.source import Source, child, items, mappings, pairs, text, texts
from toolkit.yamltree import Entries, Node, Scalar

MATCHER = re.compile(r'\s*([a-zA-Z_][\w-]*|"(?:[^"\\]|\\.)*")\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^",{}]*?)\s*(?:,|$)')
# A receiver of such a name tells nobody on purpose.
NOBODY = ("nobody", "watchdog", "none", "null", "blackhole", "devnull", "void")


@dataclass(frozen=True)
class Matcher:
    label: str
    sign: str
    value: str
    line: int


@dataclass(frozen=True)
class Route:
    """One route; `receiver` is its own or its parent's."""

    line: int
    receiver: Scalar | None
    matchers: tuple[Matcher, ...]
    goes_on: bool
    group_by: tuple[Scalar, ...]
    intervals: tuple[Scalar, ...]
    routes: "tuple[Route, ...]"

    def all(self) -> "Iterator[Route]":
        yield self
        for route in self.routes:
            yield from route.all()


@dataclass(frozen=True)
class Inhibition:
    line: int
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[Scalar, ...]


@dataclass(frozen=True)
class Receiver:
    name: str
    line: int
    tells: bool

    @property
    def on_purpose(self) -> bool:
        """Is it one that is meant to tell nobody?"""
        return self.name.lower() in NOBODY


@dataclass(frozen=True)
class Routing:
    source: Source
    root: Route | None
    inhibitions: tuple[Inhibition, ...] = ()
    receivers: dict[str, Receiver] = field(default_factory=dict)
    intervals: dict[str, int] = field(default_factory=dict)
    zones: tuple[Scalar, ...] = ()
    templates: tuple[Scalar, ...] = ()


def routing(source: Source) -> Routing:
    root = source.root
    top = child(root, "route")
    named = [*mappings(root, "time_intervals"), *mappings(root, "mute_time_intervals")]
    spans = [span for entry in named for span in mappings(entry, "time_intervals")]
    return Routing(
        source,
        _route(top, None) if isinstance(top, Entries) else None,
        tuple(_inhibition(entry) for entry in mappings(root, "inhibit_rules")),
        {one.name: one for entry in mappings(root, "receivers") if (one := _receiver(entry))},
        {name.text: name.line for entry in named if (name := text(entry, "name"))},
        tuple(zone for span in spans if (zone := text(span, "location"))),
        tuple(texts(root, "templates")),
    )


def matchers(node: Node | None, new: str, old: str) -> tuple[Matcher, ...]:
    """Of the list under `new`, and of the mappings `old` and `old`_re, which are as old as Alertmanager."""
    found = [one for entry in texts(node, new) for one in parsed(entry)]
    found += [Matcher(name, "=", value.text, line) for name, line, value in pairs(node, old)]
    found += [Matcher(name, "=~", value.text, line) for name, line, value in pairs(node, f"{old}_re")]
    return tuple(found)


def parsed(entry: Scalar) -> Iterator[Matcher]:
    """The matchers of a text such as `a="b", c=~d`; nothing where it cannot be read, which amtool tells."""
    rest = entry.text.strip().removeprefix("{").removesuffix("}")
    while rest.strip():
        one = MATCHER.match(rest)
        if one is None:
            return
        yield Matcher(_unquoted(one[1]), one[2], _unquoted(one[3]), entry.line)
        rest = rest[one.end() :]


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def _route(entry: Entries, parent: Scalar | None) -> Route:
    receiver = text(entry, "receiver") or parent
    goes_on = text(entry, "continue")
    return Route(
        entry.line,
        receiver,
        matchers(entry, "matchers", "match"),
        goes_on is not None and goes_on.text.lower() == "true",
        tuple(texts(entry, "group_by")),
        (*texts(entry, "mute_time_intervals"), *texts(entry, "active_time_intervals")),
        tuple(_route(one, receiver) for one in mappings(entry, "routes")),
    )


def _inhibition(entry: Entries) -> Inhibition:
    return Inhibition(
        entry.line,
        matchers(entry, "source_matchers", "source_match"),
        matchers(entry, "target_matchers", "target_match"),
        tuple(texts(entry, "equal")),
    )


def _receiver(entry: Entries) -> Receiver | None:
    name = text(entry, "name")
    if name is None:
        return None
    tells = any(items(entry, key) for key in entry.entries if key.endswith("_configs"))
    return Receiver(name.text, name.line, tells)
