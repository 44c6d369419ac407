"""The way over SSH, against Debian's sshd."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import psutil
import pytest

from analyzer.fetch.ssh import Ssh, SshWay
from analyzer.fetch.way import CannotLook, Unreachable
from tests.analyzer.fetch import sshd
from tests.analyzer.fetch.sshd import Sshd


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A host with a shell."""
    with sshd.running(tmp_path_factory.mktemp("shell") / "sshd") as server:
        yield server


@pytest.fixture(scope="module")
def files_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A host that allows nothing but reading files."""
    with sshd.running(tmp_path_factory.mktemp("sftp") / "sshd", *sshd.SFTP_ONLY) as server:
        yield server


@asynccontextmanager
async def opened(ssh: Ssh) -> AsyncIterator[SshWay]:
    way = await ssh.open()
    try:
        yield way
    finally:
        await way.close()


async def content(way: SshWay, path: Path | str, offset: int = 0, limit: int = 1 << 20) -> bytes:
    return await _all(way.content(str(path), offset, limit))


async def output(way: SshWay, *command: str, limit: int = 1 << 20, seconds: float = 30) -> bytes:
    return await _all(way.output(command, limit, seconds))


async def _all(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def refused(ssh: Ssh) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        async with opened(ssh):
            raise AssertionError("it was let in")
    return caught.value


# Files


@pytest.fixture(params=["shell", "sftp"])
def either(request: pytest.FixtureRequest, host: Sshd, files_only: Sshd) -> Sshd:
    return host if request.param == "shell" else files_only


async def test_a_glob_finds_regular_files_and_links_to_them_by_path(either: Sshd, tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "c.txt", ".hidden.log", "dash -rf.log"):
        (tmp_path / name).write_text(name)
    (tmp_path / "linked.log").symlink_to(tmp_path / "c.txt")
    (tmp_path / "nowhere.log").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.log").mkdir()
    os.mkfifo(tmp_path / "fifo.log")
    async with opened(either.ssh) as way:
        found = await way.match(f"{tmp_path}/*.log")
    assert [Path(told.path).name for told in found] == ["a.log", "b.log", "dash -rf.log", "linked.log"]
    first = (tmp_path / "a.log").stat()
    told = found[0]
    assert (told.size, told.mtime, told.mode) == (first.st_size, int(first.st_mtime), first.st_mode)
    assert (told.uid, told.gid, told.inode) == (first.st_uid, first.st_gid, None)


async def test_a_glob_may_have_wildcards_in_its_folders(either: Sshd, tmp_path: Path) -> None:
    for folder in ("one", "two", "other"):
        (tmp_path / folder / "log").mkdir(parents=True)
        (tmp_path / folder / "log" / "x.log").touch()
    async with opened(either.ssh) as way:
        found = await way.match(f"{tmp_path}/[ot][nw]*/log/?.log")
        assert [told.path for told in found] == [f"{tmp_path}/{name}/log/x.log" for name in ("one", "two")]
        assert await way.match(f"{tmp_path}/none/*") == []
        assert [told.path for told in await way.match(f"{tmp_path}/one/log/x.log")] == [f"{tmp_path}/one/log/x.log"]


async def test_names_that_are_no_text_or_hold_newlines_are_read_like_others(either: Sshd, tmp_path: Path) -> None:
    names = [b"a\n$(touch pwned).log", b"-la.log", b"\xff\xfe.log", b"..log"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    async with opened(either.ssh) as way:
        found = await way.match(f"{tmp_path}/*.log")
        assert sorted(os.fsencode(told.path).rpartition(b"/")[2] for told in found) == sorted(names[:3])
        for told in found:
            assert await content(way, told.path) == os.fsencode(told.path).rpartition(b"/")[2]


async def test_a_walk_finds_what_lies_below_and_follows_no_link(either: Sshd, tmp_path: Path) -> None:
    (tmp_path / "top" / "deep").mkdir(parents=True)
    for name in ("top/a", "top/deep/b", "outside"):
        (tmp_path / name).touch()
    (tmp_path / "top" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "top" / "loop").symlink_to(tmp_path / "top")
    async with opened(either.ssh) as way:
        assert [told.path for told in await way.walk(f"{tmp_path}/top", 100)] == [
            f"{tmp_path}/top/a",
            f"{tmp_path}/top/deep/b",
        ]
        assert len(await way.walk(f"{tmp_path}/top", 1)) == 1
        with pytest.raises(CannotLook, match="no such file"):
            await way.walk(f"{tmp_path}/none", 100)


async def test_content_is_a_range_of_bytes_as_they_are(either: Sshd, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096
    (tmp_path / "log").write_bytes(data)
    async with opened(either.ssh) as way:
        assert await content(way, tmp_path / "log") == data
        assert await content(way, tmp_path / "log", 1000, 300_000) == data[1000:301_000]
        assert await content(way, tmp_path / "log", len(data) - 3, 100) == data[-3:]
        assert await content(way, tmp_path / "log", len(data) + 5, 100) == b""


async def test_a_pipe_a_folder_and_a_file_that_is_gone_are_not_read(either: Sshd, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    async with opened(either.ssh) as way:
        for path in (tmp_path / "fifo", tmp_path, tmp_path / "gone", Path("/dev/zero")):
            with pytest.raises(CannotLook):
                await content(way, path)
        # And the way is still good.
        assert await way.match(f"{tmp_path}/*") == []


async def test_reading_may_stop_in_the_middle(either: Sshd, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * (2 << 20))
    async with opened(either.ssh) as way:
        pieces = way.content(str(tmp_path / "log"), 0, 2 << 20)
        assert await anext(aiter(pieces))
        await pieces.aclose()  # type: ignore[attr-defined]
        assert len(await content(way, tmp_path / "log", 0, 10)) == 10


# Commands


async def test_each_word_of_a_command_arrives_as_it_is(host: Sshd) -> None:
    words = ("a b", "$(id)", "'", '"', "*", ";id", "`id`", "-n", "x\ny", "")
    async with opened(host.ssh) as way:
        assert await output(way, "printf", "<%s>", *words) == "".join(f"<{word}>" for word in words).encode()


async def test_bytes_that_are_no_text_come_through(host: Sshd) -> None:
    async with opened(host.ssh) as way:
        assert await output(way, "printf", r"\377\000\376") == b"\xff\x00\xfe"


async def test_thirty_megabytes_are_cut_at_the_limit(host: Sshd) -> None:
    async with opened(host.ssh) as way:
        got = 0
        async for piece in way.output(("head", "-c", "30000000", "/dev/zero"), 1 << 20, 30):
            assert len(piece) <= 64 << 10
            got += len(piece)
        assert got == 1 << 20
        assert await output(way, "echo", "still there") == b"still there\n"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("sh", "-c", "echo no >&2; exit 3"), "sh: exit status 3"),
        (("sh", "-c", "echo 'Permission denied' >&2; exit 1"), "sh: permission denied"),
        (("sh", "-c", "kill -9 $$"), "sh: ended by signal KILL"),
        (("no-such-command",), "no-such-command: no such command"),
        (("/etc/passwd",), "/etc/passwd: permission denied"),
    ],
)
async def test_a_command_that_fails_cannot_look(host: Sshd, command: tuple[str, ...], text: str) -> None:
    async with opened(host.ssh) as way:
        with pytest.raises(CannotLook) as caught:
            await output(way, *command)
    assert str(caught.value).startswith(text)


async def test_a_flood_of_complaints_does_not_block_the_command(host: Sshd) -> None:
    async with opened(host.ssh) as way:
        assert await output(way, "sh", "-c", "head -c 5000000 /dev/zero >&2; echo done") == b"done\n"


async def test_a_command_that_takes_too_long_is_ended(host: Sshd) -> None:
    command = ("sh", "-c", "while echo $$; do sleep 0.02; done")
    async with opened(host.ssh) as way:
        pieces = aiter(way.output(command, 1 << 20, 0.3))
        pid = int((await anext(pieces)).split()[0])
        with pytest.raises(CannotLook, match="not done in time"):
            await _all(pieces)
        await gone(pid)
        assert await output(way, "echo", "still there") == b"still there\n"


async def test_a_command_nobody_listens_to_any_more_is_ended(host: Sshd) -> None:
    async with opened(host.ssh) as way:
        said = await output(way, "sh", "-c", "echo $$; exec yes", limit=1 << 20)
        await gone(int(said.split()[0]))


async def gone(pid: int) -> None:
    if psutil.pid_exists(pid):
        await asyncio.to_thread(psutil.Process(pid).wait, 20)


async def test_a_host_without_shell_says_so_instead_of_looking_silent(files_only: Sshd) -> None:
    async with opened(files_only.ssh) as way:
        with pytest.raises(CannotLook, match="allows only SFTP"):
            await output(way, "journalctl", "-o", "json")


async def test_an_sftp_server_that_is_silent_when_asked_for_a_command_is_found_out(tmp_path: Path) -> None:
    # As sftp-server does: gone at the end of its input, and a version to whoever begins with SSH_FXP_INIT.
    silent = """ForceCommand test "$(head -c 9 | wc -c)" = 9 && printf '\\0\\0\\0\\5\\2\\0\\0\\0\\3'; exit 0"""
    with sshd.running(tmp_path / "sshd", silent) as server:
        async with opened(server.ssh) as way:
            with pytest.raises(CannotLook, match="allows only SFTP"):
                await output(way, "journalctl", "-o", "json")


async def test_a_command_that_reads_gets_nothing(host: Sshd) -> None:
    async with opened(host.ssh) as way:
        assert await output(way, "wc", "-c") == b"0\n"


async def test_a_command_that_prints_nothing_is_no_mistake(host: Sshd) -> None:
    async with opened(host.ssh) as way:
        assert await output(way, "true") == b""
        assert await output(way, "true") == b""


async def test_many_channels_share_one_connection(host: Sshd, tmp_path: Path) -> None:
    before = host.log().count("Accepted publickey")
    (tmp_path / "log").write_text("line\n")
    async with opened(host.ssh) as way:
        said = await asyncio.gather(*(output(way, "echo", str(i)) for i in range(5)), content(way, tmp_path / "log"))
    assert said == [b"0\n", b"1\n", b"2\n", b"3\n", b"4\n", b"line\n"]
    assert host.log().count("Accepted publickey") == before + 1


# Who is at the other end


async def test_another_host_key_than_the_pinned_one_is_refused_for_good(host: Sshd, files_only: Sshd) -> None:
    error = await refused(replace(host.ssh, host_key=files_only.host_key))
    assert (error.reason, error.permanent) == ("host_key", True)


async def test_without_a_pin_nothing_is_sent(host: Sshd, tmp_path: Path) -> None:
    before = host.log()
    error = await refused(replace(host.ssh, host_key=None, known_hosts=tmp_path / "none"))
    assert (error.reason, error.permanent) == ("host_key", True)
    assert host.log() == before


async def test_a_pin_of_another_host_in_the_same_file_does_not_count(host: Sshd, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text(f"[127.0.0.2]:{host.port} {host.host_key}\n")
    assert (await refused(replace(host.ssh, host_key=None, known_hosts=tmp_path / "known_hosts"))).reason == "host_key"


async def test_a_pin_from_known_hosts_lets_in(host: Sshd, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text(f"# ours\n[127.0.0.1]:{host.port} {host.host_key} comment\n")
    async with opened(replace(host.ssh, host_key=None, known_hosts=tmp_path / "known_hosts")) as way:
        assert await output(way, "echo", "in") == b"in\n"


async def test_a_key_that_is_not_accepted_is_refused_for_good(host: Sshd, files_only: Sshd) -> None:
    error = await refused(replace(host.ssh, key_file=files_only.key))
    assert (error.reason, error.permanent) == ("auth", True)


async def test_a_key_file_that_is_missing_or_locked_is_said_to_be(host: Sshd, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "locked", passphrase="secret")
    (tmp_path / "nonsense").write_text("no key")
    for name in ("missing", "locked", "nonsense"):
        error = await refused(replace(host.ssh, key_file=tmp_path / name))
        assert (error.reason, error.permanent) == ("configuration", True)
        assert str(tmp_path / name) in str(error)


async def test_the_keys_of_an_agent_let_in(host: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = replace(host.ssh, key_file=None)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    error = await refused(ssh)
    assert (error.reason, error.permanent) == ("configuration", True)
    async with sshd.agent(tmp_path / "agent", host.key) as signed:
        async with opened(ssh) as way:
            assert await output(way, "echo", "in") == b"in\n"
        assert len(signed) == 1
        # With a key file nobody asks the agent.
        assert (await refused(replace(ssh, key_file=host.folder / "host_key"))).reason == "auth"
    assert len(signed) == 1


async def test_a_server_that_lets_in_without_asking_for_the_key_is_refused(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "key")
    async with await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], config=None) as trivial:
        pin = " ".join(key.export_public_key().decode().split()[:2])
        error = await refused(Ssh("127.0.0.1", "root", trivial.get_port(), tmp_path / "key", host_key=pin))
    assert (error.reason, error.permanent) == ("auth", True)


# The way there


async def test_a_host_behind_a_jump_host_is_reached_and_both_are_pinned(host: Sshd, files_only: Sshd) -> None:
    async with opened(host.through(files_only.ssh)) as way:
        assert await output(way, "echo", "behind") == b"behind\n"
    error = await refused(host.through(replace(files_only.ssh, host_key=host.host_key)))
    assert error.reason == "host_key"
    assert str(files_only.port) in str(error)
    error = await refused(replace(host.through(files_only.ssh), host_key=files_only.host_key))
    assert error.reason == "host_key"
    assert str(host.port) in str(error)


async def test_a_dead_host_behind_a_jump_host_is_told_from_a_dead_jump_host(host: Sshd) -> None:
    dead = replace(host.ssh, port=sshd.dead_port())
    behind = await refused(replace(dead, jump=host.ssh))
    assert (behind.reason, behind.permanent) == ("refused", False)
    assert "jump host cannot reach" in str(behind)
    before = await refused(host.through(dead))
    assert before.reason == "refused"
    assert str(dead.port) in str(before)


async def test_a_dead_port_refuses(host: Sshd) -> None:
    error = await refused(replace(host.ssh, port=sshd.dead_port()))
    assert (error.reason, error.permanent) == ("refused", False)


async def test_a_name_that_does_not_exist_is_told(host: Sshd) -> None:
    assert (await refused(replace(host.ssh, address="nowhere.invalid"))).reason == "dns"


async def test_one_who_accepts_and_never_speaks_is_given_up(host: Sshd) -> None:
    async with sshd.silent() as port:
        error = await refused(replace(host.ssh, port=port, connect_timeout=0.3))
    assert (error.reason, error.permanent) == ("timeout", False)


async def test_one_who_stalls_in_the_middle_of_a_file_is_given_up(host: Sshd, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * (1 << 20))
    async with (
        sshd.stalling(host.port, 400_000) as port,
        opened(replace(host.ssh, port=port, request_timeout=0.3)) as way,
    ):
        assert len(await content(way, tmp_path / "log", 0, 300_000)) == 300_000
        with pytest.raises(Unreachable) as caught:
            await content(way, tmp_path / "log", 300_000, 300_000)
    assert caught.value.reason == "timeout"


async def test_keepalives_notice_a_line_that_went_silent(host: Sshd) -> None:
    command = ("sh", "-c", "head -c 40000 /dev/zero; sleep 5")
    async with sshd.stalling(host.port, 20_000) as port, opened(replace(host.ssh, port=port, keepalive=0.05)) as way:
        with pytest.raises(Unreachable) as caught:
            await output(way, *command, seconds=60)
    assert caught.value.reason == "connection_lost"


async def test_a_host_that_goes_away_is_lost_and_not_silent(tmp_path: Path) -> None:
    with sshd.running(tmp_path / "sshd") as server:
        way = await server.ssh.open()
        pieces = aiter(way.output(("sh", "-c", "echo first; sleep 5"), 1 << 20, 60))
        assert await anext(pieces) == b"first\n"
    with pytest.raises(Unreachable) as caught:
        await anext(pieces)
    assert caught.value.reason == "connection_lost"
    with pytest.raises(Unreachable):
        await output(way, "true")
    with pytest.raises(Unreachable):
        await way.match("/*")
    await way.close()
