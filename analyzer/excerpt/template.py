"""The values of an excerpt: a template with its counts, and the text that a model may read."""

from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.finding import Severity


@dataclass(frozen=True, slots=True)
class Template:
    """Lines of one shape in one source and run."""

    id: str  # hash of the shape, the same in every run whatever came before it: 12 hex digits
    text: str  # the shape, `<*>` for what differs
    count: int
    line: int  # the number of its first line, from 1
    example: str  # that line, cut to 160 characters
    level: Severity | None  # what its words or its priority say of it; None: nothing
    new: bool  # no earlier run of this source had it, and there were earlier runs
    usual: float  # lines that a run of this source usually has of it; 0.0: none, or not known yet


@dataclass(frozen=True, slots=True)
class Shown:
    """A template as it stands in an excerpt; `line` and `text` are all that may be quoted of it."""

    source: str
    template: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a model may read of one host's run; keys of `shown` are the names that it must cite, such as `T3`."""

    text: str
    tokens: int  # estimated
    shown: Mapping[str, Shown]
    templates_left_out: int
    lines_left_out: int
