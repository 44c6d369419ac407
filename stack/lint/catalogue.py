"""Which metrics are there, by whom, and with which labels? `metrics.txt`, and pages that people keep beside it.

    [node] instance job host            a kind of target, and the labels that Prometheus gives its series
    node_arp_entries{device}            what it exports
    x_total{kind="a|b",host}            a label whose values are all known
    y{*}                                labels that are not known

`[*]` is what Prometheus itself makes of every target.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.lint.shape import Shape, Values, union

OWN = Path(__file__).parent / "metrics.txt"
KIND = re.compile(r"\[([\w*-]+)\]\s*(.*)")
METRIC = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{((?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})?(?:\s+\S+)*")
LABEL = re.compile(r'(\w+)(?:="((?:[^"\\]|\\.)*)")?')


@dataclass
class Kind:
    """One kind of target: the labels of its series beside the metric's own, and its metrics."""

    labels: frozenset[str]
    metrics: dict[str, Shape] = field(default_factory=dict)


@dataclass
class Catalogue:
    kinds: dict[str, Kind]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for kind in self.kinds.values() for name in kind.metrics)

    @property
    def made(self) -> Mapping[str, Shape]:
        """What Prometheus makes of every target."""
        return self.kinds["*"].metrics

    @property
    def target_labels(self) -> frozenset[str]:
        return frozenset(label for kind in self.kinds.values() for label in kind.labels)


def load(own: Path = OWN) -> Catalogue:
    """The catalogue that comes with the programs."""
    catalogue = Catalogue({})
    kind = Kind(frozenset())
    for line in own.read_text().splitlines():
        if heading := KIND.fullmatch(line):
            kind = catalogue.kinds.setdefault(heading[1], Kind(frozenset(heading[2].split())))
        elif named := _metric(line):
            kind.metrics[named[0]] = named[1]
    return catalogue


def page(text: str) -> dict[str, Shape]:
    """The metrics of a page as an exporter answers it; what labels can be is not known from one page."""
    found: dict[str, Shape] = {}
    for line in text.splitlines():
        if named := _metric(line):
            name, shape = named
            shape = Shape(dict.fromkeys(shape.labels), shape.open)
            found[name] = union([shape, found[name]]) if name in found else shape
    return found


def _metric(line: str) -> tuple[str, Shape] | None:
    if not line or line.startswith("#"):
        return None
    found = METRIC.fullmatch(line.strip())
    if found is None:
        return None
    told = found[2] or ""
    return found[1], Shape(dict(_labels(told)), told.endswith("*"))


def _labels(text: str) -> Iterator[tuple[str, Values]]:
    for name, values in LABEL.findall(text):
        yield name, frozenset(values.split("|")) if values else None
