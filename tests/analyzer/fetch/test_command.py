"""What a fixed command prints."""

from pathlib import Path

import pytest

from analyzer.fetch.chunk import Caps
from analyzer.fetch.command import Command
from analyzer.fetch.local import Local
from tests.analyzer.fetch.memoryway import MemoryWay, run


async def test_all_it_prints_is_read_and_nothing_when_it_prints_the_same() -> None:
    source, way = Command("smart", ("smartctl",)), MemoryWay(outputs={"smartctl": b"PASSED\r\nno end"}, pieces=3)
    first = await run(source, way, None)
    assert first.lines == ["PASSED", "no end"]
    again = await run(source, way, first.cursor)
    assert (again.lines, again.cursor) == ([], first.cursor)
    way.outputs["smartctl"] = b"FAILED\n"
    changed = await run(source, way, again.cursor)
    assert changed.lines == ["FAILED"]
    assert (await run(source, way, first.cursor)).lines == ["FAILED"]


async def test_a_command_that_fails_is_told_of_after_its_lines() -> None:
    source = Command("smart", ("sh", "-c", "echo FAILING; exit 8"))
    done = await run(source, await Local().open(), None)
    assert (done.lines, done.trouble) == (["FAILING"], "sh: exit status 8")


@pytest.mark.parametrize("words", [("no-such-command-here",), ("sh", "-c", "exit 3")])
async def test_a_command_that_says_nothing_and_fails_is_told_of(words: tuple[str, ...]) -> None:
    done = await run(Command("x", words), await Local().open(), None)
    assert done.chunks == []
    assert done.trouble


async def test_a_silent_command_is_read_too(tmp_path: Path) -> None:
    done = await run(Command("x", ("true",)), await Local().open(), None)
    assert (done.lines, done.trouble, done.cut) == ([], None, False)
    assert done.cursor is not None


async def test_more_than_the_caps_is_cut() -> None:
    way = MemoryWay(outputs={"x": b"line\n" * 100})
    by_lines = await run(Command("x", ("x",)), way, None, Caps(lines=10))
    by_bytes = await run(Command("x", ("x",)), way, None, Caps(bytes=52))
    assert (len(by_lines.lines), by_lines.cut) == (10, True)
    assert (by_bytes.lines, by_bytes.cut) == (["line"] * 10 + ["li"], True)


async def test_a_command_without_end_is_cut(tmp_path: Path) -> None:
    done = await run(Command("x", ("yes",)), await Local().open(), None, Caps(bytes=10_000))
    assert (len(done.lines), done.cut, done.trouble) == (5000, True, None)
