"""Groups the lines of one source and run by their shape, within caps, in memory that does not grow with the lines.

A template is one signature (see mask.py): its id is the signature's hash, so it depends on no other line, on no order
and on no earlier run. What Drain's algorithm would merge beyond that, the masks do; a merged group would have to be
named after what it happened to meet first.
"""

from collections import Counter
from collections.abc import Callable

from analyzer.excerpt import severity
from analyzer.excerpt.clean import clean
from analyzer.excerpt.mask import Masker, identity, sketches
from analyzer.excerpt.template import Template
from analyzer.excerpt.usual import Memory
from analyzer.finding import Severity

MOST = 1000  # templates of a run, beside those that earlier runs had
MOST_SEVERE = 250  # more of them whose words warn, so that a flood of shapes does not hide them
MOST_SKETCHES = 40_000  # kept with their group
MOST_SKETCH = 400  # bytes of one that is kept
CUT = 160  # characters of an example
CUT_TEXT = 400  # of a template

Level = Callable[[str], Severity | None]


class _Group:
    __slots__ = ("count", "doubt", "example", "id", "level", "line", "text")

    def __init__(self, id: str, text: str, line: int, example: str) -> None:
        self.id = id
        self.text = text
        self.line = line
        self.example = example
        self.count = 0
        self.level: Severity | None = None
        self.doubt: Level | None = None  # asked for every line, since digits decide


class Miner:
    """Counts lines by shape. `priority` tells what the source knows of a line beside its words."""

    def __init__(self, memory: Memory, priority: Level | None = None) -> None:
        self.overflow = 0  # lines of too many different shapes, which stand in no template
        self._memory = memory
        self._priority = priority or severity.numbered
        self._masker = Masker()
        self._groups: dict[str, _Group] = {}
        self._by_sketch: dict[bytes, _Group | None] = {}
        self._free = [MOST, MOST_SEVERE]

    def add(self, lines: list[str], number: int) -> None:
        """Count lines; `number` is that of the first of them."""
        found = sketches(lines)
        first = dict(zip(reversed(found), range(len(found) - 1, -1, -1), strict=True))
        doubtful = {}
        for sketch, count in Counter(found).items():
            group = self._group(sketch)
            if group is None:
                self.overflow += count
                continue
            index = first[sketch]
            if number + index < group.line or not group.count:
                group.line, group.example = number + index, lines[index][: CUT * 2]
            group.count += count
            if group.doubt:
                doubtful[sketch] = group
        if doubtful:
            _settle(doubtful, found, lines)

    def templates(self) -> list[Template]:
        """What was counted so far, in the order of first lines."""
        return sorted(map(self._template, self._groups.values()), key=lambda template: (template.line, template.id))

    def _template(self, group: _Group) -> Template:
        return Template(
            id=group.id,
            text=clean(group.text, CUT_TEXT),
            count=group.count,
            line=group.line,
            example=clean(group.example, CUT),
            level=group.level,
            new=self._memory.runs > 0 and not self._memory.knows(group.id),
            usual=self._memory.usual(group.id),
        )

    def _group(self, sketch: bytes) -> _Group | None:
        try:
            return self._by_sketch[sketch]
        except KeyError:
            group = self._by_signature(sketch.decode(errors="replace"))
        if len(sketch) <= MOST_SKETCH:
            if len(self._by_sketch) >= MOST_SKETCHES:
                self._by_sketch.clear()
            self._by_sketch[sketch] = group
        return group

    def _by_signature(self, sketch: str) -> _Group | None:
        text = self._masker.signature(sketch)
        group = self._groups.get(text)
        if group is None:
            group = self._admitted(text)
        return group

    def _admitted(self, text: str) -> _Group | None:
        """A new group, or None where there is no place for it."""
        id = identity(text)
        if self._memory.knows(id):
            said = severity.level(text)
        elif self._free[0]:
            said = severity.level(text)
            self._free[0] -= 1
        elif self._free[1] and (said := severity.level(text)):
            self._free[1] -= 1
        else:
            return None
        group = self._groups[text] = _Group(id, text, 0, "")
        if severity.DOUBT.search(text):
            group.doubt = lambda line: severity.worse(severity.level(line), self._priority(line))
        else:
            group.level, group.doubt = said, self._priority
        return group


def _settle(doubtful: dict[bytes, _Group], found: list[bytes], lines: list[str]) -> None:
    """Take the worst that any line of a doubtful group says."""
    for sketch, line in zip(found, lines, strict=True):
        group = doubtful.get(sketch)
        if group and group.doubt and group.level != "critical":
            group.level = severity.worse(group.level, group.doubt(line))
