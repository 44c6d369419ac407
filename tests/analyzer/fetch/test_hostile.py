"""A host that answers SFTP as no honest server does."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from analyzer.fetch import ssh_files
from analyzer.fetch.ssh import Ssh, SshWay
from analyzer.fetch.way import CannotLook


class Hostile(asyncssh.SFTPServer):
    """Lists what it likes, and sends more than was asked for."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        file = asyncssh.SFTPAttrs(permissions=stat.S_IFREG | 0o644, size=2**64 - 1, mtime=2**32 - 1, uid=0, gid=0)
        folder = asyncssh.SFTPAttrs(permissions=stat.S_IFDIR | 0o755)
        if path.rstrip(b"/") == b"/endless":
            number = 0
            while True:
                yield asyncssh.SFTPName(b"%d.txt" % number, attrs=file)
                number += 1
        if path.startswith(b"/deeper"):
            yield asyncssh.SFTPName(b"deeper", attrs=folder)
        for name in (b"../../etc/shadow", b"/etc/shadow", b"..", b".", b"", b"nul\0", b"x" * 256, b"good.log"):
            yield asyncssh.SFTPName(name, attrs=file)

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return asyncssh.SFTPAttrs(permissions=stat.S_IFREG | 0o644, size=2**64 - 1, mtime=0, uid=0, gid=0)

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return self.stat(path)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        return object()

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return b"x" * (1 << 20)

    def close(self, file_obj: object) -> None:
        """Nothing was opened."""


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[SshWay]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "key")
    public = key.export_public_key().decode()
    server = await asyncssh.listen(
        *("127.0.0.1", 0),
        server_host_keys=[key],
        authorized_client_keys=asyncssh.import_authorized_keys(public),
        sftp_factory=Hostile,
        config=None,
    )
    pin = " ".join(public.split()[:2])
    async with server:
        way = await Ssh("127.0.0.1", "review", server.get_port(), tmp_path / "key", host_key=pin).open()
        yield way
        await way.close()


async def test_names_that_lead_elsewhere_are_not_taken(way: SshWay) -> None:
    assert [told.path for told in await way.match("/var/log/*")] == ["/var/log/good.log"]
    assert [told.path for told in await way.walk("/var/log", 100)] == ["/var/log/good.log"]


async def test_a_size_beyond_all_stores_is_cut(way: SshWay) -> None:
    assert (await way.walk("/var/log", 100))[0].size == 2**63 - 1


async def test_an_endless_folder_is_given_up(way: SshWay) -> None:
    with pytest.raises(CannotLook, match="more than"):
        await way.match("/endless/*.log")
    assert len(await way.walk("/endless", 1000)) == 1000


async def test_folders_without_end_below_each_other_are_given_up(way: SshWay) -> None:
    found = await way.walk("/deeper", 10_000)
    assert max(told.path.count("/") for told in found) <= ssh_files.DEPTH + 2


async def test_more_than_was_asked_for_is_cut(way: SshWay) -> None:
    pieces = [piece async for piece in way.content("/var/log/good.log", 0, 200_000)]
    assert sum(map(len, pieces)) == 200_000
    assert max(map(len, pieces)) <= ssh_files.PIECE
