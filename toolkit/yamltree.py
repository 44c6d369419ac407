"""Compose YAML into a tree of texts, lists and mappings with their lines; nothing is converted.

Depth and size are bounded, aliases counted with all that they stand for. Explicit tags, duplicate keys, keys that are
no texts and a second document are errors.
"""

import json
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

# libyaml where PyYAML has it: a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# 100,000 heartbeats of ten keys are two million nodes.
MOST_NODES = 5_000_000
DEEPEST = 64
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class ConfigError(ValueError):
    """What is wrong in a configuration file, and where: one line for a person, without secrets."""


# Named tuples: of the millions there may be, each frozen dataclass would take four times as long to make.
class Scalar(NamedTuple):
    """A text as written; `plain` tells an unquoted one."""

    text: str
    line: int
    plain: bool

    @property
    def size(self) -> int:
        return 1

    @property
    def nothing(self) -> bool:
        return self.plain and self.text in NOTHING


class Listing(NamedTuple):
    items: "tuple[Node, ...]"
    line: int
    size: int


class Entries(NamedTuple):
    """A mapping: key -> (line of the key, value)."""

    entries: "dict[str, tuple[int, Node]]"
    line: int
    size: int


Node = Scalar | Listing | Entries


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    line: int
    anchor: str | None
    mapping: bool
    children: list[Node] = field(default_factory=list)


@dataclass
class _Composer:
    """Builds the tree from parser events without recursion, so that depth and size have bounds."""

    name: str
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)
    root: Node | None = None
    documents: int = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        match event:
            case yaml.AliasEvent():
                self.place(self.aliased(event.anchor or "", line))
            case yaml.ScalarEvent():
                self.refuse_tag(event.tag, line)
                self.finish(Scalar(event.value, line, event.style is None or event.style == ""), event.anchor)
            case yaml.CollectionStartEvent():
                self.refuse_tag(event.tag, line)
                self.open(_Open(line, event.anchor, isinstance(event, yaml.MappingStartEvent)))
            case yaml.CollectionEndEvent():
                opened = self.stack.pop()
                self.finish(self.closed(opened), opened.anchor)
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self.error(line, "a second document begins here; expected one")

    def open(self, opened: _Open) -> None:
        if len(self.stack) == DEEPEST:
            raise self.error(opened.line, f"nested deeper than {DEEPEST} levels")
        if opened.anchor:
            self.anchors[opened.anchor] = None
        self.stack.append(opened)

    def closed(self, opened: _Open) -> Node:
        size = 1 + sum(child.size for child in opened.children)
        if size > MOST_NODES:
            raise self.error(opened.line, f"more than {MOST_NODES} values, aliases written out")
        if opened.mapping:
            return Entries(self.entries(opened.children), opened.line, size)
        return Listing(tuple(opened.children), opened.line, size)

    def entries(self, children: list[Node]) -> dict[str, tuple[int, Node]]:
        own: dict[str, tuple[int, Node]] = {}
        inherited: dict[str, tuple[int, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise self.error(key.line, f"expected a text as key, found {found(key)}")
            if key.text == "<<" and key.plain:
                inherited = self.merged(value, key.line) | inherited
            elif key.text in own:
                raise self.error(
                    key.line, f"{quoted(key.text)} stands here a second time; first in line {own[key.text][0]}"
                )
            else:
                own[key.text] = (key.line, value)
        return inherited | own

    def merged(self, value: Node, line: int) -> dict[str, tuple[int, Node]]:
        together: dict[str, tuple[int, Node]] = {}
        for part in value.items if isinstance(value, Listing) else (value,):
            if not isinstance(part, Entries):
                raise self.error(line, f"<< expected a mapping, found {found(part)}")
            together = part.entries | together
        return together

    def finish(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        self.place(node)

    def place(self, node: Node) -> None:
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node

    def aliased(self, anchor: str, line: int) -> Node:
        node = self.anchors.get(anchor)
        if node is None and anchor in self.anchors:
            raise self.error(line, "an alias contains itself")
        if node is None:
            # Its name stays unsaid: it may be the rest of a password.
            raise self.error(line, "an alias that is not defined above; quote a text that begins with *")
        return node

    def refuse_tag(self, tag: str | None, line: int) -> None:
        if tag not in (None, "!"):
            raise self.error(line, "tags (!) are not supported")

    def error(self, line: int, message: str) -> ConfigError:
        return ConfigError(f"{self.name}:{line}: {message}")


def compose(text: str | bytes, name: str) -> Node | None:
    """The tree of a YAML text, None where there is nothing in it; `name` is the file's name in errors."""
    composer = _Composer(name)
    try:
        for event in yaml.parse(decoded(text, name), Loader=LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        trouble = " ".join(part for part in (e.problem, e.context) if part)
        raise ConfigError(f"{name}:{mark.line + 1 if mark else 1}: no valid YAML: {trouble}") from e
    except yaml.YAMLError as e:
        raise ConfigError(f"{name}: no valid YAML: {str(e).splitlines()[0]}") from e
    return composer.root


def decoded(text: str | bytes, name: str) -> str:
    """UTF-8 with or without a byte order mark; anything else is a ConfigError with the line of the first bad byte."""
    # A text may hold half a surrogate pair, which is no UTF-8 either.
    octets = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = octets.count(b"\n", 0, e.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8: byte 0x{octets[e.start]:02x}") from e


def found(node: Node) -> str:
    """What stands there, for an error, without its content, which may be a secret in the wrong place."""
    match node:
        case Scalar():
            return "nothing" if node.nothing else "a text"
        case Listing():
            return "a list"
        case Entries():
            return "a mapping"


def quoted(text: str) -> str:
    """A text on one line in double quotes, cut at 60 characters."""
    return json.dumps(text if len(text) <= 60 else text[:57] + "...", ensure_ascii=False)
