"""Where asyncssh's errors end: every one becomes Unreachable or CannotLook, in our words and never in the host's."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from analyzer.fetch.way import CannotLook, Reason, Unreachable

# The first that fits counts: kind of error, reason, permanent, and what a person reads.
CONNECTION: tuple[tuple[type[BaseException], Reason, bool, str], ...] = (
    (TimeoutError, "timeout", False, "no answer in time"),
    (ConnectionRefusedError, "refused", False, "refuses the connection"),
    (socket.gaierror, "dns", False, "the name cannot be resolved"),
    (ConnectionError, "connection_lost", False, "cut the connection"),
    (asyncssh.HostKeyNotVerifiable, "host_key", True, "shows another host key than the pinned one"),
    (asyncssh.PermissionDenied, "auth", True, "does not accept our key for this user"),
    (asyncssh.IllegalUserName, "configuration", True, "the user's name cannot be sent"),
    # A host that no longer has a key of the pinned kind fails like this too.
    (asyncssh.KeyExchangeFailed, "protocol", True, "has no algorithm, or kind of host key, in common with us"),
    (asyncssh.ProtocolNotSupported, "protocol", True, "speaks another version of the protocol"),
    (asyncssh.ConnectionLost, "connection_lost", False, "cut the connection"),
    (asyncssh.SFTPNoConnection, "connection_lost", False, "cut the connection"),
    (asyncssh.SFTPConnectionLost, "connection_lost", False, "cut the connection"),
    (asyncssh.SFTPBadMessage, "protocol", False, "answers what is no SFTP"),
    (asyncssh.DisconnectError, "protocol", False, "broke off the conversation"),
    (ValueError, "protocol", False, "answers what is no SSH"),
)
# Of a channel that could not be opened through a jump host.
FORWARDING: dict[int, tuple[Reason, bool, str]] = {
    asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED: ("configuration", True, "the jump host does not let us through to it"),
    asyncssh.OPEN_CONNECT_FAILED: ("refused", False, "the jump host cannot reach it"),
}
ROUTES = {errno.EHOSTUNREACH: "no route to it", errno.ENETUNREACH: "no network to it"}


def unreachable(place: str, error: Exception) -> Unreachable:
    """What an error of connecting, or of a connection, means; `place` is `address:port`."""
    if isinstance(error, asyncssh.ChannelOpenError):
        reason, permanent, text = FORWARDING.get(error.code, ("protocol", False, "opens no channel"))
        return Unreachable(reason, f"{place}: {text}", permanent)
    for kind, reason, permanent, text in CONNECTION:
        if isinstance(error, kind):
            return Unreachable(reason, f"{place}: {text}", permanent)
    if isinstance(error, OSError):
        return Unreachable("refused", f"{place}: {ROUTES.get(error.errno or 0, 'cannot be connected to')}")
    return Unreachable("protocol", f"{place}: an error of the protocol")


def lost_or(connection: asyncssh.SSHClientConnection, place: str, text: str) -> Unreachable | CannotLook:
    """Why a channel gave nothing: the whole connection is gone, or else what the text says."""
    if connection.is_closed():
        return Unreachable("connection_lost", f"{place}: cut the connection")
    return CannotLook(text)


@contextmanager
def connecting(place: str) -> Iterator[None]:
    """Raise Unreachable for whatever goes wrong inside."""
    try:
        yield
    except (asyncssh.Error, OSError, ValueError) as e:
        raise unreachable(place, e) from e


@contextmanager
def looking(place: str, path: str) -> Iterator[None]:
    """Raise CannotLook for what SFTP refuses about one path, Unreachable for the rest."""
    try:
        yield
    except asyncssh.SFTPError as e:
        if isinstance(e, (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.SFTPBadMessage)):
            raise unreachable(place, e) from e
        raise CannotLook(f"{path!r}: {_refusal(e)}") from e
    except (asyncssh.Error, OSError, ValueError) as e:
        raise unreachable(place, e) from e


def _refusal(error: asyncssh.SFTPError) -> str:
    if isinstance(error, (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)):
        return "no such file"
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return "permission denied"
    return "cannot be read"
