"""What is new in log files."""

import gzip
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.fetch.chunk import Caps, Cursor
from analyzer.fetch.files import Files
from analyzer.fetch.local import Local
from tests.analyzer.fetch import sshd
from tests.analyzer.fetch.memoryway import MemoryWay, Run, run


class Log:
    """One log that is written and rotated as logrotate and programs do; every change has a later time."""

    def __init__(self, folder: Path, name: str = "app.log") -> None:
        self.path = folder / name
        self.source = Files("app", (str(self.path),))
        self.way = MemoryWay()
        self.caps = Caps()
        self.cursor: Cursor | None = None
        self._clock = count(1_700_000_000)

    def write(self, text: str | bytes, path: Path | None = None) -> None:
        path = path or self.path
        with path.open("ab") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        self.touch(path)

    def touch(self, path: Path) -> None:
        now = next(self._clock)
        os.utime(path, (now, now))

    def beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def rename(self, suffix: str = ".1") -> None:
        """Shift the numbered ones, as logrotate does, and move the log to `suffix`."""
        for number in range(8, 0, -1):
            for ending in ("", ".gz"):
                old = self.beside(f".{number}{ending}")
                if old.exists():
                    old.rename(self.beside(f".{number + 1}{ending}"))
        if self.path.exists():
            self.path.rename(self.beside(suffix))

    def copytruncate(self) -> None:
        self.rename("")
        shutil.copy(self.path, self.beside(".1"))
        self.touch(self.beside(".1"))
        self.path.write_bytes(b"")
        self.touch(self.path)

    def compress(self, path: Path) -> None:
        zipped = path.with_name(path.name + ".gz")
        zipped.write_bytes(gzip.compress(path.read_bytes()))
        shutil.copystat(path, zipped)
        path.unlink()

    async def run(self, keep: bool = True) -> Run:
        """A run; its cursor goes through JSON, as the store has it."""
        done = await run(self.source, self.way, self.cursor, self.caps)
        if keep:
            self.cursor = json.loads(json.dumps(done.cursor))
        return done


@pytest.fixture(params=[True, False], ids=["inodes", "sftp"])
async def log(tmp_path: Path, request: pytest.FixtureRequest) -> Log:
    """A log that a first run has seen."""
    log = Log(tmp_path)
    log.way.inodes = request.param
    log.write("first\n")
    assert (await log.run()).lines == ["first"]
    return log


async def test_what_was_appended_is_read_once(log: Log) -> None:
    log.write("one\ntwo\n")
    assert (await log.run()).lines == ["one", "two"]
    done = await log.run()
    assert (done.lines, done.gaps, done.trouble) == ([], 0, None)


async def test_a_renamed_log_is_finished_before_the_new_one(log: Log) -> None:
    log.write("last of the old\n")
    log.rename()
    log.write("new\n")
    done = await log.run()
    assert (done.lines, done.gaps) == (["last of the old", "new"], 0)
    assert (await log.run()).lines == []


@pytest.mark.parametrize("suffix", [".1", "-20261121", "-2026-11-21", "-20261121-1711111111", ".old"])
async def test_a_log_is_found_again_under_each_name_that_rotation_gives(log: Log, suffix: str) -> None:
    log.write("last of the old\n")
    log.rename(suffix)
    log.write("new\n")
    assert (await log.run()).lines == ["last of the old", "new"]


async def test_a_date_may_stand_in_front_of_the_ending(log: Log) -> None:
    log.write("last of the old\n")
    log.path.rename(log.path.with_name("app-20261121.log"))
    log.write("new\n")
    assert (await log.run()).lines == ["last of the old", "new"]


async def test_two_rotations_between_two_runs_lose_nothing(log: Log) -> None:
    log.write("a\n")
    log.rename()
    log.write("b\n")
    log.rename()
    log.write("c\n")
    done = await log.run()
    assert (done.lines, done.gaps) == (["a", "b", "c"], 0)


async def test_a_compressed_log_is_finished_too(log: Log) -> None:
    log.write("a\n")
    log.rename()
    log.compress(log.beside(".1"))
    log.write("b\n")
    done = await log.run()
    assert (done.lines, done.gaps) == (["a", "b"], 0)
    log.rename()
    done = await log.run()
    assert (done.lines, done.gaps) == ([], 0)


async def test_compressing_what_was_read_gives_nothing_again(log: Log) -> None:
    log.rename()
    log.write("new\n")
    assert (await log.run()).lines == ["new"]
    log.compress(log.beside(".1"))
    done = await log.run()
    assert (done.lines, done.gaps) == ([], 0)


async def test_copytruncate_is_read_from_the_copy(log: Log) -> None:
    log.write("a\n")
    log.copytruncate()
    log.write("b\n")
    done = await log.run()
    assert (done.lines, done.gaps) == (["a", "b"], 0)


async def test_a_copy_that_is_not_truncated_yet_is_not_read_twice(log: Log) -> None:
    log.write("a\n")
    shutil.copy(log.path, log.beside(".1"))
    assert (await log.run()).lines == ["a"]
    log.path.write_bytes(b"b\n")
    log.touch(log.path)
    assert (await log.run()).lines == ["b"]


async def test_a_log_that_was_truncated_is_read_from_its_beginning_and_counts_a_gap(log: Log) -> None:
    log.path.write_bytes(b"b\n")
    log.touch(log.path)
    done = await log.run()
    assert (done.lines, done.gaps) == (["b"], 1)
    assert (await log.run()).gaps == 0


async def test_a_log_rewritten_longer_behind_the_same_first_kilobyte_is_noticed(log: Log) -> None:
    header = "#" * 2000 + "\n"
    log.path.write_text(header + "a\n" * 50)
    log.touch(log.path)
    await log.run()
    log.path.write_text(header + "other\n" * 50)
    log.touch(log.path)
    done = await log.run()
    assert (done.lines[1:], done.gaps) == (["other"] * 50, 1)


async def test_a_deleted_log_counts_a_gap_once_and_its_successor_is_read_whole(log: Log) -> None:
    log.path.unlink()
    done = await log.run()
    assert (done.lines, done.gaps, done.trouble) == ([], 1, "no file matches")
    log.write("new\n")
    done = await log.run()
    assert (done.lines, done.gaps, done.trouble) == (["new"], 0, None)


async def test_an_inode_used_again_is_another_log(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write("old one\n" * 3)
    await log.run()
    inode = log.path.stat().st_ino
    log.path.write_bytes(b"new and longer than the old one was\n" * 2)
    log.touch(log.path)
    assert log.path.stat().st_ino == inode
    assert (await log.run()).lines == ["new and longer than the old one was"] * 2


async def test_of_a_log_seen_for_the_first_time_only_whole_lines_at_the_end_are_read(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.caps = Caps(first_bytes=20)
    log.write("".join(f"line {i}\n" for i in range(100)))
    log.write("history\n", log.beside(".1"))
    log.compress(log.beside(".1"))
    assert (await log.run()).lines == ["line 98", "line 99"]
    log.cursor, log.caps = None, Caps(first_bytes=16)
    assert (await log.run()).lines == ["line 98", "line 99"]
    log.write("more\n")
    assert (await log.run()).lines == ["more"]


async def test_an_unfinished_line_waits_for_its_end(log: Log) -> None:
    log.write("whole\nhal")
    assert (await log.run()).lines == ["whole"]
    log.write("f\n")
    assert (await log.run()).lines == ["half"]


async def test_an_unfinished_line_that_does_not_grow_is_a_line(log: Log) -> None:
    log.write("no end")
    assert (await log.run()).lines == []
    assert (await log.run()).lines == ["no end"]
    assert (await log.run()).lines == []
    log.write("\nnext\n")
    assert (await log.run()).lines == ["next"]


async def test_lines_that_end_in_crlf_have_no_end(log: Log) -> None:
    log.way.pieces = 4
    log.write(b"one\r\ntwo\r\nthr")
    assert (await log.run()).lines == ["one", "two"]
    log.write(b"ee\r\n")
    assert (await log.run()).lines == ["three"]


async def test_a_line_of_ten_megabytes_is_cut_marked_and_passed_over(log: Log) -> None:
    log.caps = Caps(bytes=3 << 20)
    log.write(b"x" * (10 << 20) + b"\nafter\n")
    got: list[str] = []
    for _ in range(5):
        got += (await log.run()).lines
    assert [len(line) <= log.caps.line_bytes for line in got] == [True, True]
    assert got[0].endswith("x [cut]")
    assert got[1] == "after"


async def test_a_new_file_of_a_glob_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.source = Files("all", (f"{tmp_path}/*.log",))
    log.caps = Caps(first_bytes=4)
    log.write("old\nend\n")
    assert (await log.run()).lines == ["end"]
    log.write("one\ntwo\nthree\n", tmp_path / "new.log")
    assert (await log.run()).lines == ["one", "two", "three"]


async def test_a_pattern_added_later_is_seen_for_the_first_time(log: Log, tmp_path: Path) -> None:
    log.write("old\nend\n", tmp_path / "other.txt")
    log.caps = Caps(first_bytes=4)
    log.source = Files("app", (*log.source.patterns, f"{tmp_path}/*.txt"))
    assert (await log.run()).lines == ["end"]


async def test_files_of_no_rotation_are_left_alone(log: Log, tmp_path: Path) -> None:
    for name in ("app.log.conf", "app.log~", "app-2.log", "app.log.1.swp", "other.log.1"):
        (tmp_path / name).write_text("not ours\n")
    assert (await log.run()).lines == []


async def test_a_file_that_may_not_be_read_is_told_of_after_the_others(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.source = Files("all", (f"{tmp_path}/*.log",))
    log.write("a\n")
    log.write("secret\n", tmp_path / "b.log")
    log.way.forbidden = {f"{tmp_path}/b.log"}
    done = await log.run()
    assert done.lines == ["a"]
    assert done.trouble is not None
    assert "permission denied" in done.trouble
    log.way.forbidden = set()
    done = await log.run()
    assert (done.lines, done.trouble) == (["secret"], None)


async def test_no_file_at_all_is_told_of(tmp_path: Path) -> None:
    assert (await Log(tmp_path).run()).trouble == "no file matches"


async def test_a_cursor_of_nonsense_is_a_gap_and_a_new_beginning(log: Log) -> None:
    for nonsense in ({}, {"files": 1}, {"files": {"x": {"size": -1}}, "patterns": [], "first": ""}):
        log.cursor = nonsense
        done = await log.run()
        assert (done.lines, done.gaps) == (["first"], 1)


async def test_unchanged_files_are_not_opened(log: Log) -> None:
    await log.run()
    log.way.read.clear()
    await log.run()
    assert log.way.read == []


async def test_a_bomb_is_given_up_and_told_of(log: Log) -> None:
    log.rename()
    log.write("new\n")
    await log.run()
    log.beside(".2.gz").write_bytes(gzip.compress(b"\0" * (64 << 20)))
    log.touch(log.beside(".2.gz"))
    done = await log.run()
    assert done.trouble is not None
    assert "expands" in done.trouble
    done = await log.run()
    assert (done.lines, done.trouble) == ([], None)


async def test_what_decompresses_to_more_than_the_cap_comes_in_parts(log: Log) -> None:
    lines = [f"line {i} {'x' * 60}" for i in range(60_000)]
    log.rename()
    log.write("new\n")
    log.write("\n".join(lines) + "\n", log.beside(".2"))
    log.compress(log.beside(".2"))
    log.caps = Caps(decompressed_bytes=1 << 20)
    runs = [await log.run()]
    while runs[-1].cut:
        runs.append(await log.run())
    assert sorted(line for one in runs for line in one.lines) == sorted([*lines, "new"])
    assert len(runs) > 2


async def test_a_log_that_is_always_over_the_cap_starves_no_other(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.source = Files("all", (f"{tmp_path}/*.log",))
    others = [tmp_path / f"{name}.log" for name in "abz"]
    for path in (log.path, *others):
        log.write("start\n", path)
    await log.run()
    log.caps = Caps(lines=10)
    for path in others:
        log.write(f"{path.stem}\n", path)
    got: list[str] = []
    for _ in range(6):
        log.write("noise\n" * 100)
        got += (await log.run()).lines
    assert {"a", "b", "z"} <= set(got)


async def test_of_very_many_files_the_newest_are_read_and_the_rest_told_of(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.source = Files("all", (f"{tmp_path}/*.txt",))
    for i in range(1005):
        log.write(f"{i}\n", tmp_path / f"{i}.txt")
    done = await log.run()
    assert len(done.lines) == 1000
    assert "0" not in done.lines
    assert done.trouble is not None
    assert "1000" in done.trouble


async def test_the_local_way_reads_as_well(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write("a\nb\n")
    way = await Local().open()
    first = await run(log.source, way, None)
    log.rename()
    log.write("c\n")
    second = await run(log.source, way, first.cursor)
    assert (first.lines, second.lines) == (["a", "b"], ["c"])


async def test_a_host_that_allows_only_sftp_is_read_the_same(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write("a\nb\n")
    with sshd.running(tmp_path / "sshd", *sshd.SFTP_ONLY) as server:
        way = await server.ssh.open()
        first = await run(log.source, way, None)
        log.write("c\n")
        log.rename()
        log.compress(log.beside(".1"))
        log.write("d\n")
        second = await run(log.source, way, first.cursor)
        await way.close()
    assert (first.lines, second.lines, second.gaps) == (["a", "b"], ["c", "d"], 0)


async def test_a_log_that_is_being_compressed_is_not_read_twice(log: Log) -> None:
    log.rename()
    log.write("new\n")
    log.beside(".1.gz").write_bytes(gzip.compress(log.beside(".1").read_bytes())[:20])
    assert (await log.run()).lines == ["new"]
    log.compress(log.beside(".1"))
    done = await log.run()
    assert (done.lines, done.gaps, done.trouble) == ([], 0, None)


async def test_a_compressed_log_cut_short_is_given_up_once_it_changes_no_more(log: Log) -> None:
    log.rename()
    log.write("new\n")
    await log.run()
    whole = gzip.compress(b"".join(os.urandom(30).hex().encode() + b"\n" for _ in range(3000)))
    log.beside(".2.gz").write_bytes(whole[: len(whole) // 2])
    log.touch(log.beside(".2.gz"))
    first = await log.run()
    assert len(first.lines) > 1000
    await log.run()
    await log.run()
    log.way.read.clear()
    assert (await log.run()).lines == []
    assert log.way.read == []


async def test_when_time_is_over_the_rest_comes_next_time(log: Log) -> None:
    log.write("a\n")
    log.caps = Caps(seconds=0.0)
    late = await log.run()
    assert (late.lines, late.cut) == ([], True)
    log.caps = Caps()
    assert (await log.run()).lines == ["a"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 30), st.integers(0, 100)),
        st.tuples(st.just("half"), st.integers(1, 40), st.just(0)),
        st.tuples(
            st.sampled_from(["rename", "copytruncate", "compress", "run", "run", "crash"]), st.just(0), st.just(0)
        ),
    ),
    max_size=25,
)


async def _through(
    log: Log, steps: Sequence[tuple[str, int, int]], data: st.DataObject
) -> tuple[list[str], list[str], int]:
    """Lines written, lines read, gaps; at the end runs until nothing is cut and nothing waits."""
    numbers, written, half, got, gaps = count(), list[str](), "", list[str](), 0
    for step, amount, width in steps:
        if step == "write":
            lines = [f"{next(numbers)} {'y' * width}" for _ in range(amount)]
            log.write(("\n" if half else "") + "\n".join(lines) + "\n")
            written += ([half] if half else []) + lines
            half = ""
        elif step == "half" and not half:
            half = f"{next(numbers)} {'h' * amount}"
            log.write(half)
        elif step in ("rename", "copytruncate") and not half and log.path.exists():
            (log.rename if step == "rename" else log.copytruncate)()
        elif step == "compress":
            for number in range(2, 9):
                if log.beside(f".{number}").exists():
                    log.compress(log.beside(f".{number}"))
        elif step in ("run", "crash"):
            log.caps = data.draw(CAPS)
            log.way.pieces = data.draw(st.sampled_from([1 << 16, 700, 64, 7]))
            done = await log.run(keep=step == "run")
            got += done.lines if step == "run" else []
            gaps += done.gaps if step == "run" else 0
    log.caps = Caps()
    for _ in range(3):
        done = await log.run()
        got, gaps = got + done.lines, gaps + done.gaps
    return written + ([half] if half else []), got, gaps


CAPS = st.builds(Caps, bytes=st.integers(1, 3000), lines=st.integers(1, 40), line_bytes=st.just(256))


@pytest.mark.parametrize("inodes", [True, False], ids=["inodes", "sftp"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, data=st.data())
async def test_whatever_happens_each_line_is_read_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, inodes: bool, steps: Sequence[tuple[str, int, int]], data: st.DataObject
) -> None:
    log = Log(tmp_path_factory.mktemp("log"))
    log.way.inodes = inodes
    log.write("start of it all\n")
    assert (await log.run()).lines == ["start of it all"]
    written, got, gaps = await _through(log, steps, data)
    assert got == written
    assert gaps == 0


async def test_a_run_that_was_not_kept_gives_the_same_lines_again(log: Log) -> None:
    log.write("a\n")
    log.rename()
    log.write("b\nc\n")
    log.caps = replace(log.caps, lines=2)
    first = await log.run(keep=False)
    again = await log.run(keep=False)
    assert first.lines == again.lines == ["a", "b"]
    assert first.cursor == again.cursor
    assert first.cut


async def test_a_run_that_ended_early_goes_on_after_the_last_chunk_that_was_kept(log: Log) -> None:
    log.way.pieces = 100
    lines = [f"line {i}" for i in range(100)]
    log.write("\n".join(lines) + "\n")
    chunks = [chunk async for chunk in log.source.read(log.way, log.cursor, log.caps, 0.0)]
    assert len(chunks) > 5
    for i, chunk in enumerate(chunks):
        log.cursor = json.loads(json.dumps(chunk.cursor))
        before = [line for one in chunks[: i + 1] for line in one.lines]
        assert before + (await log.run(keep=False)).lines == lines
