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
MOST_SKETCHES = 20_000  # kept with their group
MOST_SKETCH = 400  # bytes of one that is kept
CUT = 160  # characters of an example
CUT_TEXT = 400  # of a template

Level = Callable[[str], Severity | None]


class _Group:
    __slots__ = ("count", "doubtful", "example", "id", "level", "line", "text")

    def __init__(self, id: str, text: str) -> None:
        self.id = id
        self.text = text
        self.line = self.count = 0
        self.example = ""
        self.doubtful = bool(severity.DOUBT.search(text))  # digits decide, so every line is asked
        self.level: Severity | None = None if self.doubtful else severity.level(text)


Known = tuple[_Group | None, Level | None]


class Miner:
    """Counts lines by shape. `priority` tells what the source knows of a line beside its words."""

    def __init__(self, memory: Memory, priority: Level | None = None) -> None:
        self.overflow = 0  # lines of too many different shapes, which stand in no template
        self._memory = memory
        self._priority = priority
        self._masker = Masker()
        self._groups: dict[str, _Group] = {}
        self._by_sketch: dict[bytes, Known] = {}
        self._free = MOST
        self._free_severe = MOST_SEVERE

    def add(self, lines: list[str], number: int) -> None:
        """Count lines; `number` is that of the first of them."""
        found = sketches(lines)
        first = dict(zip(reversed(found), range(len(found) - 1, -1, -1), strict=True))
        asked: dict[bytes, tuple[_Group, Level]] = {}
        for sketch, count in Counter(found).items():
            group, ask = self._group(sketch)
            if group is None:
                self.overflow += count
                continue
            index = first[sketch]
            if not group.count or number + index < group.line:
                group.line, group.example = number + index, lines[index][: 2 * CUT]
            group.count += count
            if ask:
                asked[sketch] = group, ask
        if asked:
            _settle(asked, found, lines)

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

    def _group(self, sketch: bytes) -> Known:
        known = self._by_sketch.get(sketch)
        if known is None:
            group = self._by_signature(sketch)
            known = group, self._ask(group, sketch) if group else None
            if len(self._by_sketch) >= MOST_SKETCHES:
                self._by_sketch.clear()
            if len(sketch) <= MOST_SKETCH:
                self._by_sketch[sketch] = known
        return known

    def _by_signature(self, sketch: bytes) -> _Group | None:
        text = self._masker.signature(sketch.decode(errors="replace"))
        group = self._groups.get(text)
        if group is None and (id := identity(text)) and self._admits(id, text):
            group = self._groups[text] = _Group(id, text)
        return group

    def _admits(self, id: str, text: str) -> bool:
        """Whether there is a place for a new group; takes it."""
        if self._memory.knows(id):
            return True
        if self._free:
            self._free -= 1
        elif self._free_severe and severity.level(text):
            self._free_severe -= 1
        else:
            return False
        return True

    def _ask(self, group: _Group, sketch: bytes) -> Level | None:
        """What has to be asked of every line with this sketch; None: the group's shape says it all."""
        priority, numbered = self._priority, severity.may_be_numbered(sketch)
        words = severity.level if group.doubtful else severity.numbered if numbered else None
        if priority is None or words is None:
            return priority or words
        return lambda line: severity.worse(words(line), priority(line))


def _settle(asked: dict[bytes, tuple[_Group, Level]], found: list[bytes], lines: list[str]) -> None:
    """Take the worst that any line says."""
    for sketch, line in zip(found, lines, strict=True):
        if sketch in asked:
            group, ask = asked[sketch]
            if group.level != "critical":
                group.level = severity.worse(group.level, ask(line))
