"""Files of a host over SFTP: what a glob matches, what lies below a folder, and their content."""

import asyncio
import fnmatch
import re
import stat
from collections.abc import AsyncGenerator
from contextlib import aclosing

import asyncssh

from analyzer.fetch.patience import Patience
from analyzer.fetch.ssh_errors import looking
from analyzer.fetch.way import CannotLook, Stat, Unreachable

PIECE = 128 << 10  # bytes asked for at a time
SLOWEST = 64 << 10  # bytes per second below which a host is taken for one that stalls
ENTRIES = 20_000  # of all folders that one glob looks into
WALKED = 200_000  # entries of all folders that one walk looks into
DEPTH = 32
LONGEST_NAME = 255  # bytes of one component; no file system of ours has longer ones
LARGEST = 2**63 - 1  # the host may say any number; what stores sizes holds no more
MAGIC = re.compile(r"[*?[]")


async def match(sftp: asyncssh.SFTPClient, place: str, pattern: str, seconds: float) -> list[Stat]:
    """Regular files, by path; a wildcard stands for no `/` and no leading dot, `**` for no more than `*`."""
    patience = Patience(seconds)
    left = ENTRIES
    folders = ["/" if pattern.startswith("/") else ""]
    *parents, last = [part for part in pattern.split("/") if part] or [""]
    for part in parents:
        deeper: list[str] = []
        for folder in folders:
            names, left = await _names(sftp, place, folder, part, left, patience)
            deeper += [folder + name + "/" for name in names]
        folders = deeper
    found: list[Stat] = []
    for folder in folders:
        names, left = await _names(sftp, place, folder, last, left, patience)
        for name in names:
            told = await _stat(sftp, place, folder + name, patience)
            found += [told] if told is not None else []
    return sorted(found, key=lambda told: told.path)


async def _names(
    sftp: asyncssh.SFTPClient, place: str, folder: str, part: str, left: int, patience: Patience
) -> tuple[list[str], int]:
    """Names in `folder` that one component of the pattern matches, and how many entries may still be seen."""
    if not MAGIC.search(part):
        return [part], left
    wanted = re.compile(fnmatch.translate(part))
    names = []
    try:
        async for entry in _entries(sftp, place, folder or ".", patience):
            left -= 1
            if left < 0:
                raise CannotLook(f"the pattern leads to more than {ENTRIES} entries")
            name = _name(entry)
            if name is not None and wanted.match(name) and (part.startswith(".") or not name.startswith(".")):
                names.append(name)
    except NotThere:
        return [], left
    return names, left


async def walk(sftp: asyncssh.SFTPClient, place: str, folder: str, most: int, seconds: float) -> list[Stat]:
    """As the Way says; a folder further down that may not be read is passed over, the topmost is CannotLook."""
    patience = Patience(seconds)
    top = folder.rstrip("/") + "/"
    found: list[Stat] = []
    waiting = [(top, 0)]
    seen = 0
    while waiting:
        path, depth = waiting.pop()
        try:
            async for entry in _entries(sftp, place, path, patience):
                seen += 1
                name, mode = _name(entry), entry.attrs.permissions or 0
                if name is None:
                    continue
                if stat.S_ISDIR(mode) and depth < DEPTH:
                    waiting.append((path + name + "/", depth + 1))
                elif stat.S_ISREG(mode):
                    found.append(_told(path + name, entry.attrs))
                if len(found) >= most or seen >= WALKED:
                    return sorted(found, key=lambda told: told.path)
        except CannotLook:
            if path == top:
                raise
    return sorted(found, key=lambda told: told.path)


async def content(
    sftp: asyncssh.SFTPClient, place: str, path: str, offset: int, limit: int, seconds: float
) -> AsyncGenerator[bytes, None]:
    """Bytes of a regular file; waits `seconds` and as long as the slowest host may take that is not stalling."""
    patience = Patience(seconds + limit / SLOWEST, each=seconds)
    # A FIFO's open would not come back, and everything on this channel waits behind it.
    if await _stat(sftp, place, path, patience) is None:
        raise CannotLook(f"{path!r}: no regular file that we may see")
    with looking(place, path):
        # No block size is one request at a time: asyncssh forgets the tasks of parallel ones when one stalls.
        file = await patience.wait(sftp.open(_raw(path), asyncssh.FXF_READ, encoding=None, block_size=0))
    answering = True
    try:
        while limit > 0:
            wanted = min(PIECE, limit)
            with looking(place, path):
                # The host decides how much it sends, so it is cut here.
                got = _bytes(await patience.wait(file.read(wanted, offset)))[:wanted]
            if not got:
                return
            yield got
            # Fewer than wanted is not the end yet: a server may have limits of its own.
            offset, limit = offset + len(got), limit - len(got)
    except (Unreachable, asyncio.CancelledError):
        # The file would be closed by whoever does not answer, or not in the time that is left.
        answering = False
        raise
    finally:
        if answering:
            with looking(place, path):
                await Patience(seconds).wait(file.close())


class NotThere(CannotLook):
    """A folder, or file, that does not exist."""


async def _entries(
    sftp: asyncssh.SFTPClient, place: str, folder: str, patience: Patience
) -> AsyncGenerator[asyncssh.SFTPName, None]:
    async with aclosing(_scan(sftp, folder)) as entries:
        while True:
            try:
                with looking(place, folder):
                    entry = await patience.wait(anext(entries))
            except StopAsyncIteration:
                return
            except CannotLook as e:
                if isinstance(e.__cause__, (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNotADirectory)):
                    raise NotThere(str(e)) from e
                raise
            yield entry


async def _scan(sftp: asyncssh.SFTPClient, folder: str) -> AsyncGenerator[asyncssh.SFTPName, None]:
    async for entry in sftp.scandir(_raw(folder)):
        yield entry


async def _stat(sftp: asyncssh.SFTPClient, place: str, path: str, patience: Patience) -> Stat | None:
    """None where there is no such regular file, or a link to one."""
    try:
        with looking(place, path):
            attrs = await patience.wait(sftp.stat(_raw(path)))
    except CannotLook:
        return None
    return _told(path, attrs) if stat.S_ISREG(attrs.permissions or 0) else None


def _told(path: str, attrs: asyncssh.SFTPAttrs) -> Stat:
    return Stat(
        path=path,
        size=min(attrs.size or 0, LARGEST),
        mtime=float(attrs.mtime or 0),
        mode=attrs.permissions or 0,
        uid=attrs.uid or 0,
        gid=attrs.gid or 0,
    )


def _name(entry: asyncssh.SFTPName) -> str | None:
    """One component of a path as the host says it; None for what is none, so that no path leads elsewhere."""
    raw = _bytes(entry.filename)
    if raw in (b"", b".", b"..") or b"/" in raw or b"\0" in raw or len(raw) > LONGEST_NAME:
        return None
    # As os.fsdecode: a name need not be UTF-8, and what cannot be named cannot be reviewed.
    return raw.decode("utf-8", "surrogateescape")


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _bytes(given: str | bytes) -> bytes:
    """What asyncssh types as either, where no encoding is asked for."""
    assert isinstance(given, bytes)
    return given
