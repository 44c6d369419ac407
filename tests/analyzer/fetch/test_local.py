"""The way to this machine."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from analyzer.fetch.local import Local, LocalWay
from analyzer.fetch.way import CannotLook


@pytest.fixture
async def way() -> LocalWay:
    return await Local().open()


async def all_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def output(way: LocalWay, *command: str, limit: int = 1 << 20, seconds: float = 30) -> bytes:
    return await all_of(way.output(command, limit, seconds))


async def test_a_glob_finds_regular_files_and_links_to_them_by_path(way: LocalWay, tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "c.txt", ".hidden.log"):
        (tmp_path / name).write_text(name)
    (tmp_path / "linked.log").symlink_to(tmp_path / "c.txt")
    (tmp_path / "nowhere.log").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.log").mkdir()
    os.mkfifo(tmp_path / "fifo.log")
    found = await way.match(f"{tmp_path}/*.log")
    assert [Path(told.path).name for told in found] == ["a.log", "b.log", "linked.log"]
    first = (tmp_path / "a.log").stat()
    assert (found[0].size, found[0].mtime, found[0].inode) == (first.st_size, first.st_mtime, first.st_ino)
    assert await way.match(f"{tmp_path}/none/*") == []


async def test_a_walk_finds_what_lies_below_and_follows_no_link(way: LocalWay, tmp_path: Path) -> None:
    (tmp_path / "top" / "deep").mkdir(parents=True)
    for name in ("top/a", "top/deep/b", "outside"):
        (tmp_path / name).touch()
    (tmp_path / "top" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "top" / "loop").symlink_to(tmp_path / "top")
    found = await way.walk(f"{tmp_path}/top", 100)
    assert [told.path for told in found] == [f"{tmp_path}/top/a", f"{tmp_path}/top/deep/b"]
    assert len(await way.walk(f"{tmp_path}/top", 1)) == 1
    with pytest.raises(CannotLook):
        await way.walk(f"{tmp_path}/none", 100)


async def test_content_is_a_range_of_bytes_as_they_are(way: LocalWay, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096
    (tmp_path / "log").write_bytes(data)
    path = str(tmp_path / "log")
    assert await all_of(way.content(path, 0, 2 << 20)) == data
    assert await all_of(way.content(path, 1000, 300_000)) == data[1000:301_000]
    assert await all_of(way.content(path, len(data) + 5, 100)) == b""


async def test_a_pipe_a_folder_a_device_and_a_file_that_is_gone_are_not_read(way: LocalWay, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "gone", Path("/dev/zero")):
        with pytest.raises(CannotLook):
            await all_of(way.content(str(path), 0, 100))


async def test_words_of_a_command_are_read_by_no_shell(way: LocalWay) -> None:
    words = ("a b", "$(id)", "'", "*", ";id", "-n", "x\ny", "")
    assert await output(way, "printf", "<%s>", *words) == "".join(f"<{word}>" for word in words).encode()


async def test_thirty_megabytes_are_cut_at_the_limit(way: LocalWay) -> None:
    assert len(await output(way, "head", "-c", "30000000", "/dev/zero", limit=1 << 20)) == 1 << 20


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("sh", "-c", "echo no >&2; exit 3"), "sh: exit status 3"),
        (("sh", "-c", "echo 'Permission denied' >&2; exit 1"), "sh: permission denied"),
        (("sh", "-c", "kill -9 $$"), "sh: ended by signal 9"),
        (("no-such-command",), "no-such-command: no such command"),
        (("/etc/passwd",), "/etc/passwd: may not be run"),
        (("echo", "\0"), "echo: may not be run"),
    ],
)
async def test_a_command_that_fails_cannot_look(way: LocalWay, command: tuple[str, ...], text: str) -> None:
    with pytest.raises(CannotLook) as caught:
        await output(way, *command)
    assert str(caught.value) == text


async def test_a_command_that_takes_too_long_is_killed_with_all_it_started(way: LocalWay) -> None:
    pieces = aiter(way.output(("sh", "-c", "sleep 300 & echo $! $$; wait"), 1 << 20, 0.3))
    pids = [int(word) for word in (await anext(pieces)).split()]
    with pytest.raises(CannotLook, match="not done in time"):
        await anext(pieces)
    for pid in pids:
        await gone(pid)


async def test_a_command_that_is_left_early_is_killed_as_well(way: LocalWay) -> None:
    pieces = way.output(("sh", "-c", "sleep 300 & echo $! $$; wait"), 1 << 20, 60)
    pids = [int(word) for word in (await anext(aiter(pieces))).split()]
    await pieces.aclose()  # type: ignore[attr-defined]
    for pid in pids:
        await gone(pid)


async def test_what_left_the_group_is_not_waited_for(way: LocalWay) -> None:
    pieces = aiter(way.output(("sh", "-c", "setsid sh -c 'echo $$; exec sleep 300' & wait"), 1 << 20, 0.3))
    left = int(await anext(pieces))
    with pytest.raises(CannotLook, match="not done in time"):
        await anext(pieces)
    assert psutil.pid_exists(left)
    psutil.Process(left).kill()


async def test_a_flood_of_complaints_does_not_block_the_command(way: LocalWay) -> None:
    assert await output(way, "sh", "-c", "head -c 5000000 /dev/zero >&2; echo done") == b"done\n"


async def gone(pid: int) -> None:
    """Ended; it may still wait for its parent to hear of it."""
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            await asyncio.to_thread(process.wait, 20)
    except psutil.NoSuchProcess:
        return
