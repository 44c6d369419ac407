"""The way to this machine: its files, and its commands without a shell. What blocks does so in threads."""

import asyncio
import glob
import os
import signal
import stat
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import ParamSpec, TypeVar

from analyzer.fetch.exits import check
from analyzer.fetch.patience import Patience
from analyzer.fetch.way import CannotLook, Stat

P = ParamSpec("P")
T = TypeVar("T")
PIECE = 256 << 10
COMPLAINT = 2000  # bytes of stderr that are kept
MATCHED = 20_000  # paths that one glob may lead to
WALKED = 200_000  # entries that one walk looks at
SECONDS = 30.0  # for one thing asked of the file system; a dead NFS server never answers


@dataclass(frozen=True, slots=True)
class Local:
    """A declared way that needs no declaration."""

    behind: str | None = None

    async def open(self, jumping: AbstractAsyncContextManager[object] | None = None) -> "LocalWay":
        return LocalWay()


class LocalWay:
    """This machine."""

    async def match(self, pattern: str) -> Sequence[Stat]:
        return await _threaded(pattern, _match, pattern)

    async def walk(self, folder: str, most: int) -> Sequence[Stat]:
        return await _threaded(folder, _walk, folder, most)

    async def content(self, path: str, offset: int, limit: int) -> AsyncIterator[bytes]:
        file = await _threaded(path, _opened, path)
        try:
            while limit > 0:
                piece = await _threaded(path, os.pread, file, min(PIECE, limit), offset)
                if not piece:
                    return
                yield piece
                offset, limit = offset + len(piece), limit - len(piece)
        finally:
            os.close(file)

    async def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncIterator[bytes]:
        """As the Way says; no shell reads the words. What the command left running ends with it."""
        patience, program = Patience(seconds), command[0]
        transport, process = await _started(command)
        assert process.stdout is not None
        assert process.stderr is not None
        complaint = asyncio.create_task(_complaint(process.stderr))
        try:
            while limit > 0 and (piece := await _waited(process.stdout.read(min(PIECE, limit)), program, patience)):
                yield piece
                limit -= len(piece)
            if limit > 0:
                status = await _waited(process.wait(), program, patience)
                said = await _waited(complaint, program, patience)
                check(program, status if status >= 0 else None, None if status >= 0 else str(-status), said)
        finally:
            await _killed(transport, process, complaint)

    async def close(self) -> None:
        """Nothing is held between calls."""


async def _threaded(what: str, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `call` returns; CannotLook where the file system refuses or does not answer."""
    try:
        return await Patience(SECONDS).wait(asyncio.to_thread(call, *arguments, **named))
    except TimeoutError as e:
        raise CannotLook(f"{what!r}: no answer in time") from e
    except (OSError, ValueError) as e:
        raise CannotLook(f"{what!r}: {_refusal(e)}") from e


def _refusal(error: Exception) -> str:
    return error.strerror or "cannot be read" if isinstance(error, OSError) else "no path"


def _match(pattern: str) -> list[Stat]:
    paths = list(islice(glob.iglob(pattern), MATCHED + 1))
    if len(paths) > MATCHED:
        raise CannotLook(f"the pattern leads to more than {MATCHED} paths")
    return sorted((told for path in paths if (told := _stat(path))), key=lambda told: told.path)


def _stat(path: str) -> Stat | None:
    try:
        found = os.stat(path)
    except OSError:
        # Gone since it was listed, or a link that leads nowhere.
        return None
    return _told(path, found) if stat.S_ISREG(found.st_mode) else None


def _walk(folder: str, most: int) -> list[Stat]:
    # A folder further down that may not be read is passed over, the topmost is an error.
    os.listdir(folder)
    return sorted(islice(_below(folder), most), key=lambda told: told.path)


def _below(folder: str) -> Iterator[Stat]:
    seen = 0
    for top, _, names in os.walk(folder):
        for name in names:
            seen += 1
            if seen > WALKED:
                return
            told = _lstat(os.path.join(top, name))
            if told is not None:
                yield told


def _lstat(path: str) -> Stat | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return _told(path, found) if stat.S_ISREG(found.st_mode) else None


def _told(path: str, found: os.stat_result) -> Stat:
    return Stat(path, found.st_size, found.st_mtime, found.st_mode, found.st_uid, found.st_gid, found.st_ino)


def _opened(path: str) -> int:
    # Without O_NONBLOCK opening a FIFO waits for a writer, and the thread with it.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise CannotLook(f"{path!r}: no regular file")
    return file


async def _started(command: Sequence[str]) -> tuple[asyncio.SubprocessTransport, asyncio.subprocess.Process]:
    """As asyncio's create_subprocess_exec, with the transport, without which nobody can let go of the pipes."""
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=PIECE, loop=loop),
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return transport, asyncio.subprocess.Process(transport, protocol, loop)
    except FileNotFoundError as e:
        raise CannotLook(f"{command[0]}: no such command") from e
    except (OSError, ValueError) as e:
        raise CannotLook(f"{command[0]}: may not be run") from e


async def _waited(awaited: Awaitable[T], program: str, patience: Patience) -> T:
    try:
        return await patience.wait(awaited)
    except TimeoutError as e:
        raise CannotLook(f"{program}: not done in time") from e


async def _complaint(stderr: asyncio.StreamReader) -> bytes:
    """The beginning of stderr; all of it is read, or the command would wait for us."""
    kept = b""
    while piece := await stderr.read(PIECE):
        kept += piece[: COMPLAINT - len(kept)]
    return kept


async def _killed(
    transport: asyncio.SubprocessTransport, process: asyncio.subprocess.Process, complaint: asyncio.Task[bytes]
) -> None:
    """End the command with all that it started and that is still in its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # What left the group may hold the pipes for as long as it likes, and `wait` waits for them too.
    transport.close()
    await process.wait()
    complaint.cancel()
    await asyncio.wait([complaint])
