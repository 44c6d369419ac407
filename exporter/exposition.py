"""Lines of very many things, kept ready: a change patches its numbers, a scrape copies and compresses bytes.

A Table holds a few families for many rows. Rows live in groups of up to ROWS; a group has one Block of finished lines
for each column. Blocks that did not change since the last scrape are not compressed again.
"""

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

ROWS = 512  # rows in a group: about 48 kB a block, more than deflate's window, so little is lost by cutting there
FEW = 8  # lines of another length in a block that are moved one by one
LANES = 16  # every group belongs to one lane, so that a shard of 1/2, 1/4, 1/8 or 1/16 is a set of lanes


ONES = [int.from_bytes(array("I", [1] * count).tobytes(), sys.byteorder) for count in range(ROWS + 1)]
"""For each number of rows, a long number with a 1 in the place of each row's end."""


class UnderWay:
    """A mark: a copy of a block's text is being deflated; each copy has a mark of its own."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One line for each row: a family's sample name and the labels it adds to the row's own."""

    name: str
    extra: str = ""  # e.g. ',kind="success"'


@dataclass(frozen=True, slots=True)
class TableFamily:
    """A family of a table; `name` as OpenMetrics has it, so without the _total of a counter."""

    name: str
    type: str
    help: str
    columns: Sequence[Column]

    def header(self, openmetrics: bool) -> bytes:
        name = self.name if openmetrics or self.type != "counter" else self.name + "_total"
        return f"# HELP {name} {self.help}\n# TYPE {name} {self.type}\n".encode()


class Block:
    """The finished lines of one column for one group of rows."""

    __slots__ = ("ends", "packed", "text", "widths")

    def __init__(self) -> None:
        self.text = bytearray()
        self.ends = array("I")  # end of each row's line in `text`; an empty line is a free row
        self.widths = bytearray()  # length of each row's value
        self.packed: bytes | UnderWay | None = None  # the deflated text, while it is that of `text`

    def patch(self, row: int, value: bytes) -> None:
        """Put another value into a row's line; in place when it is as long as the old one, which is nearly always."""
        end = self.ends[row] - 1
        width = self.widths[row]
        if len(value) == width:
            self.text[end - width : end] = value
            self.packed = None
        else:
            self._splice(row, end - width, end, value)
            self.widths[row] = len(value)

    def patch_all(self, rows: Sequence[int], values: Sequence[bytes]) -> None:
        """Patch many rows. If many change their length the text is made anew once, and not moved once for each."""
        moved = {row: value for row, value in zip(rows, values, strict=True) if len(value) != self.widths[row]}
        if len(moved) > FEW:
            self._remake(moved)
        for row, value in zip(rows, values, strict=True):
            self.patch(row, value)

    def _remake(self, moved: Mapping[int, bytes]) -> None:
        lines = [self.text[start:end] for start, end in zip((0, *self.ends), self.ends, strict=False)]
        for row, value in moved.items():
            lines[row][-1 - self.widths[row] :] = value + b"\n"
            self.widths[row] = len(value)
        self.text = bytearray().join(lines)
        self.ends = array("I", accumulate(map(len, lines)))
        self.packed = None

    def put(self, row: int, labelled: bytes, value: bytes) -> None:
        """Write a row's whole line, in place of the old one or behind the last row."""
        if row == len(self.ends):
            self.ends.append(len(self.text))
            self.widths.append(0)
        start = self.ends[row - 1] if row else 0
        self._splice(row, start, self.ends[row], b"%b %b\n" % (labelled, value))
        self.widths[row] = len(value)

    def clear(self, row: int) -> None:
        start = self.ends[row - 1] if row else 0
        self._splice(row, start, self.ends[row], b"")
        self.widths[row] = 0

    def _splice(self, row: int, start: int, end: int, text: bytes) -> None:
        self.text[start:end] = text
        self.packed = None
        grown = len(text) - (end - start)
        if grown:
            self._shift(row, grown)

    def _shift(self, row: int, by: int) -> None:
        """Move the ends from `row` on: all as one long number, since a loop over them takes ten times as long."""
        tail = memoryview(self.ends)[row:].cast("B")
        moved = int.from_bytes(tail, sys.byteorder) + by * ONES[len(self.ends) - row]
        tail[:] = moved.to_bytes(len(tail), sys.byteorder)


class Group:
    """Up to ROWS rows, side by side in one block a column."""

    __slots__ = ("blocks", "free", "lane", "used")

    def __init__(self, lane: int, columns: int) -> None:
        self.lane = lane
        self.blocks = tuple(Block() for _ in range(columns))
        self.free: list[int] = []
        self.used = 0

    def take(self) -> int:
        """A row that is free, or the next one."""
        if self.free:
            return self.free.pop()
        self.used += 1
        return self.used - 1

    @property
    def full(self) -> bool:
        return self.used == ROWS and not self.free


NOWHERE = Group(0, 0)  # where a row is that stands in no table


class Table:
    """Families whose lines stand ready for many rows."""

    def __init__(self, families: Sequence[TableFamily]) -> None:
        self.families = families
        self._columns = sum(len(family.columns) for family in families)
        self._names = [column for family in families for column in family.columns]
        self._lanes: list[list[Group]] = [[] for _ in range(LANES)]
        self._open: list[list[Group]] = [[] for _ in range(LANES)]  # groups with room, by lane

    def add(self, lane: int, labels: Sequence[str], values: Sequence[bytes]) -> tuple[Group, int]:
        """Add a row: for each column the row's labels (`a="b",c="d"`, escaped) and value. Returns where it is."""
        if not self._open[lane]:
            group = Group(lane, self._columns)
            self._open[lane].append(group)
            self._lanes[lane].append(group)
        group = self._open[lane][-1]
        row = group.take()
        if group.full:
            self._open[lane].pop()
        self.put(group, row, labels, values)
        return group, row

    def put(self, group: Group, row: int, labels: Sequence[str], values: Sequence[bytes]) -> None:
        """Write a row anew in its place, so that a scrape under way shows it once and not twice or never."""
        for block, column, own, value in zip(group.blocks, self._names, labels, values, strict=True):
            block.put(row, f"{column.name}{{{own}{column.extra}}}".encode(), value)

    def remove(self, group: Group, row: int) -> None:
        """Take a row out: it is in no scrape from now on."""
        for block in group.blocks:
            block.clear(row)
        if group.full:
            self._open[group.lane].append(group)
        group.free.append(row)

    def trim(self) -> None:
        """Give back what the blocks' texts grew ahead: an eighth of their size, after very many rows were added."""
        for groups in self._lanes:
            for group in groups:
                for block in group.blocks:
                    block.text = bytearray(bytes(block.text))

    def pieces(self, openmetrics: bool, lanes: Sequence[int]) -> Iterator["bytes | Block"]:
        """The exposition in order: headers as bytes, lines as blocks."""
        groups = [group for lane in lanes for group in self._lanes[lane]]
        column = 0
        for family in self.families:
            yield family.header(openmetrics)
            for _ in family.columns:
                yield from (group.blocks[column] for group in groups)
                column += 1


def lanes(shard: int, of: int) -> range:
    """The lanes of shard 1..of; ValueError unless `of` is 1, 2, 4, 8 or 16."""
    if of not in (1, 2, 4, 8, 16) or not 1 <= shard <= of:
        raise ValueError(f"shard {shard}/{of}: write 1/2, 2/2, 1/4 … up to 16/16, with 2, 4, 8 or 16 shards")
    return range(shard - 1, LANES, of)
