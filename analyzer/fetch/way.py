"""A way to a host: what ssh and this machine have in common. Everything behind it is the host's word, so hostile."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Reason = Literal["refused", "timeout", "dns", "host_key", "auth", "connection_lost", "protocol", "configuration"]


class Unreachable(Exception):
    """The host, or this way to it, is gone. `permanent`: nothing gets better without somebody's hand."""

    def __init__(self, reason: Reason, text: str, permanent: bool = False) -> None:
        super().__init__(text)
        self.reason = reason
        self.permanent = permanent


class CannotLook(Exception):
    """The host answers, and does not let us see this: no permission, no such command, no shell, over a cap."""


@dataclass(frozen=True, slots=True)
class Stat:
    """One file; `inode` where the way knows it (SFTP does not), `mtime` in seconds since the epoch."""

    path: str
    size: int
    mtime: float
    mode: int
    uid: int
    gid: int
    inode: int | None = None


class Way(Protocol):
    """All raise Unreachable; those of one file or command CannotLook as well. Every call is bounded in time."""

    async def match(self, pattern: str) -> Sequence[Stat]:
        """Regular files (links to them followed) that a glob matches, by path; empty when there are none."""

    async def walk(self, folder: str, most: int) -> Sequence[Stat]:
        """Regular files below a folder, links not followed, at most so many."""

    def content(self, path: str, offset: int, limit: int) -> AsyncIterator[bytes]:
        """At most `limit` bytes of a file from `offset` on, in pieces."""

    def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncIterator[bytes]:
        """At most `limit` bytes that a fixed command prints; each word is quoted. Failing (exit > 0) is CannotLook."""

    async def close(self) -> None:
        """Let go of the host."""
