"""Commands on a host over SSH: what a fixed one prints, bounded in bytes and time."""

import asyncio
import shlex
import signal
from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import TypeVar

import asyncssh

from analyzer.fetch.exits import check
from analyzer.fetch.patience import Patience
from analyzer.fetch.ssh_errors import lost_or, unreachable
from analyzer.fetch.way import CannotLook

T = TypeVar("T")
Process = asyncssh.SSHClientProcess[bytes]
PIECE = 64 << 10
COMPLAINT = 2000  # bytes of stderr that are kept
# What runs in place of a command where there is no shell: sshd's own SFTP server, and Debian's nologin.
REFUSALS = {
    b"This service allows sftp connections only.": "the host allows only SFTP, no commands",
    b"This account is currently not available.": "the account on the host has no shell",
}
# Other SFTP servers are silent when asked for a command, as `true` is, and then answer this; `true` never does.
SFTP_INIT, SFTP_VERSION = b"\0\0\0\5\1\0\0\0\3", 2


class Commands:
    """Runs them on one connection, each on a channel of its own."""

    def __init__(self, connection: asyncssh.SSHClientConnection, place: str) -> None:
        self._connection, self._place = connection, place
        self._is_shell = False  # known once anything was printed

    async def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncGenerator[bytes, None]:
        """As the Way says; a command that takes longer is ended, and CannotLook."""
        patience, program = Patience(seconds), command[0]
        process = await self._started(shlex.join(command), asyncssh.DEVNULL, program, patience)
        complaint = asyncio.create_task(_complaint(process))
        silent = True
        try:
            while limit > 0 and (piece := await self._waited(process.stdout.read(PIECE), program, patience)):
                if silent:
                    _no_refusal(program, piece)
                silent = False
                yield piece[:limit]
                limit -= len(piece)
            if limit > 0:
                await self._ended(process, program, complaint, patience)
                await self._speaks(program, silent, patience)
        finally:
            complaint.cancel()
            _stopped(process)

    async def _started(self, line: str, stdin: int, program: str, patience: Patience) -> Process:
        try:
            starting = self._connection.create_process(line, encoding=None, stdin=stdin)
            process: Process = await patience.wait(starting)
        except asyncssh.ChannelOpenError as e:
            raise lost_or(self._connection, self._place, f"{program}: the host runs no commands for us") from e
        except TimeoutError as e:
            raise CannotLook(f"{program}: not started in time") from e
        except (asyncssh.Error, OSError) as e:
            raise unreachable(self._place, e) from e
        return process

    async def _waited(self, awaited: Awaitable[T], program: str, patience: Patience) -> T:
        try:
            return await patience.wait(awaited)
        except TimeoutError as e:
            raise CannotLook(f"{program}: not done in time") from e
        except (asyncssh.Error, OSError) as e:
            raise unreachable(self._place, e) from e

    async def _ended(
        self,
        process: Process,
        program: str,
        complaint: asyncio.Task[bytes],
        patience: Patience,
    ) -> None:
        """Raise CannotLook for a command that failed, Unreachable for one whose end nobody told us."""
        await self._waited(process.wait_closed(), program, patience)
        said = await self._waited(complaint, program, patience)
        ended_by = _known(process.exit_signal[0]) if process.exit_signal else None
        if process.exit_status is None and ended_by is None:
            raise lost_or(self._connection, self._place, f"{program}: ended without a status")
        check(program, process.exit_status if ended_by is None else None, ended_by, said)

    async def _speaks(self, program: str, silent: bool, patience: Patience) -> None:
        """Raise CannotLook where what was silent is no command at all, but an SFTP server put in its place."""
        if not silent or self._is_shell:
            self._is_shell = True
            return
        process = await self._started("true", asyncssh.PIPE, program, patience)
        try:
            process.stdin.write(SFTP_INIT)
            process.stdin.write_eof()
            answer = await self._waited(process.stdout.read(9), program, patience)
        except BrokenPipeError:
            # `true` was over before it was written to, as a command is.
            answer = b""
        finally:
            _stopped(process)
        if answer[4:5] == bytes([SFTP_VERSION]):
            raise CannotLook(f"{program}: the host allows only SFTP, no commands")
        self._is_shell = True


def _known(name: str) -> str:
    """A signal's name as the host says it, or what stands for one that is none."""
    return name if f"SIG{name}" in signal.Signals.__members__ else "unknown"


def _no_refusal(program: str, piece: bytes) -> None:
    for beginning, text in REFUSALS.items():
        if piece.startswith(beginning):
            raise CannotLook(f"{program}: {text}")


async def _complaint(process: Process) -> bytes:
    """The beginning of stderr; all of it is read, or the command would wait for us."""
    kept = b""
    try:
        while piece := await process.stderr.read(PIECE):
            kept += piece[: COMPLAINT - len(kept)]
    except (asyncssh.Error, OSError):
        # Whoever waits for the output hears of it as well.
        return kept
    return kept


def _stopped(process: Process) -> None:
    """End a command that is still running.

    sshd passes signals on to no forced command and, in some versions, to none of root's: what prints then ends with
    its channel, what is silent at its own end.
    """
    if process.exit_status is None and not process.is_closing():
        process.kill()
    process.close()
