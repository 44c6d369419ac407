"""The lines of a table are those of a plain dict, whatever is added, patched and removed, and in whichever order."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.exposition import LANES, ROWS, Block, Column, Group, Table, TableFamily, lanes
from toolkit.families import escape

FAMILIES = (
    TableFamily("one", "gauge", "One.", [Column("one")]),
    TableFamily("two", "counter", "Two.", [Column("two_total", ',kind="a"'), Column("two_total", ',kind="b"')]),
)
VALUES = st.sampled_from([b"0", b"1", b"22", b"+Inf", b"NaN", b"1700000000.000", b"1700000001.000"])
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["add", "patch", "patch", "all", "put", "remove"]), st.integers(0, 10_000), VALUES),
    max_size=120,
)
Rows = dict[int, tuple[Group, int, list[bytes]]]


def text(table: Table, wanted: range = lanes(1, 1), openmetrics: bool = False) -> str:
    pieces = table.pieces(openmetrics, wanted)
    return b"".join(piece if isinstance(piece, bytes) else bytes(piece.text) for piece in pieces).decode()


def plain(rows: Rows) -> list[str]:
    """The lines that the rows should have."""
    names = ('one{{row="{}"}}', 'two_total{{row="{}",kind="a"}}', 'two_total{{row="{}",kind="b"}}')
    return sorted(
        f"{name.format(row)} {value.decode()}"
        for row, (_, _, values) in rows.items()
        for name, value in zip(names, values, strict=True)
    )


def change(table: Table, rows: Rows, deed: str, number: int, value: bytes) -> None:
    if deed == "add":
        row = max(rows, default=0) + 1
        values = [value, b"0", b"1"]
        group, place = table.add(number % 3, [f'row="{row}"'] * 3, values)
        rows[row] = (group, place, values)
    elif rows:
        row = sorted(rows)[number % len(rows)]
        group, place, values = rows[row]
        column = number % 3
        if deed == "remove":
            table.remove(group, place)
            del rows[row]
        elif deed == "patch":
            group.blocks[column].patch(place, value)
            values[column] = value
        elif deed == "put":
            values[:] = [value, b"7", value]
            table.put(group, place, [f'row="{row}"'] * 3, values)
        else:
            there = [found for found in rows.values() if found[0] is group]
            group.blocks[column].patch_all([found[1] for found in there], [value] * len(there))
            for found in there:
                found[2][column] = value


@settings(derandomize=True, deadline=None, max_examples=150)
@given(OPERATIONS)
def test_a_table_says_what_a_plain_dict_says(operations: list[tuple[str, int, bytes]]) -> None:
    table, rows = Table(FAMILIES), dict[int, tuple[Group, int, list[bytes]]]()
    for _ in range(20):
        change(table, rows, "add", 0, b"5")
    for deed, number, value in operations:
        change(table, rows, deed, number, value)
        assert sorted(line for line in text(table).splitlines() if not line.startswith("#")) == plain(rows)


def test_rows_beyond_a_group_begin_another_and_freed_ones_are_taken_again() -> None:
    table, rows = Table(FAMILIES), dict[int, tuple[Group, int, list[bytes]]]()
    for _ in range(ROWS + 5):
        change(table, rows, "add", 0, b"5")
    assert len({id(group) for group, _, _ in rows.values()}) == 2
    for number in range(ROWS):
        change(table, rows, "remove", number, b"")
    for _ in range(ROWS):
        change(table, rows, "add", 0, b"6")
    assert len({id(group) for group, _, _ in rows.values()}) <= 2
    assert sorted(line for line in text(table).splitlines() if not line.startswith("#")) == plain(rows)


@pytest.mark.parametrize("of", [1, 2, 4, 8, 16])
def test_shards_share_everything_and_overlap_nowhere(of: int) -> None:
    shards = [lanes(shard, of) for shard in range(1, of + 1)]
    assert sorted(lane for shard in shards for lane in shard) == list(range(LANES))
    table = Table(FAMILIES)
    for row in range(200):
        table.add(row % LANES, [f'row="{row}"'] * 3, [b"1"] * 3)
    parts = [{line for line in text(table, shard).splitlines() if line[0] != "#"} for shard in shards]
    assert sum(map(len, parts)) == len(set().union(*parts)) == 600


@pytest.mark.parametrize(("shard", "of"), [(0, 1), (2, 1), (1, 3), (5, 4), (1, 32), (1, 0), (-1, 2)])
def test_a_shard_that_does_not_exist_is_refused(shard: int, of: int) -> None:
    with pytest.raises(ValueError, match="shard"):
        lanes(shard, of)


def test_a_removed_row_is_in_no_scrape_from_then_on() -> None:
    table = Table(FAMILIES)
    places = [table.add(0, [f'row="{row}"'] * 3, [b"1"] * 3) for row in range(3)]
    table.remove(*places[1])
    assert 'row="1"' not in text(table)
    assert len(re.findall('row="[02]"', text(table))) == 6


def test_a_counter_s_family_has_its_own_name_in_each_format() -> None:
    assert "# TYPE two_total counter\n" in text(Table(FAMILIES))
    assert "# TYPE two counter\n" in text(Table(FAMILIES), openmetrics=True)


def test_a_patch_makes_the_packed_form_old() -> None:
    block = Block()
    block.put(0, b"a", b"1")
    for value in (b"2", b"2", b"333"):
        block.packed = b"packed"
        block.patch(0, value)
        assert block.packed is None


def test_labels_are_escaped_as_both_formats_want_it() -> None:
    assert escape('a"b\\c\nd') == 'a\\"b\\\\c\\nd'
