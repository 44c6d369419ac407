"""Which labels may the series of an expression have, and with which values?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

Values = frozenset[str] | None
"""All that a label can be, or None for anything."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Labels that may be there, each with its values; `open`: others may be there too."""

    labels: Mapping[str, Values] = field(default_factory=dict)
    open: bool = False

    def may_have(self, label: str) -> bool:
        return self.open or label in self.labels or label == "__name__"

    def values(self, label: str) -> Values:
        """What a label can be beside missing; None for anything."""
        return self.labels.get(label, None if self.open else frozenset())

    def only(self, labels: Collection[str]) -> "Shape":
        kept = {name: self.values(name) for name in labels if self.may_have(name)}
        return Shape(kept)

    def without(self, labels: Collection[str]) -> "Shape":
        return replace(self, labels={name: v for name, v in self.labels.items() if name not in labels})

    def having(self, label: str, values: Values) -> "Shape":
        return replace(self, labels={**self.labels, label: values})

    def both(self, other: "Shape") -> "Shape":
        """The labels that either may have, where all labels of the two are equal."""
        if self.open or other.open:
            return other if self.open else self
        return self.only(other.labels.keys() & self.labels.keys())


UNKNOWN = Shape(open=True)
NOTHING = Shape()


def union(shapes: Iterable[Shape]) -> Shape:
    """The labels that any of them may have."""
    labels: dict[str, Values] = {}
    open_ = False
    for shape in shapes:
        open_ = open_ or shape.open
        for name, values in shape.labels.items():
            before = labels.get(name, frozenset())
            labels[name] = None if values is None or before is None else before | values
    return Shape(labels, open_)
