"""Is a port free, and if not, who holds it?"""

import errno
import socket
from collections.abc import Mapping

import psutil

from stack.layout import HOST, Ports
from stack.problem import Problem


def require_free(wanted: Mapping[str, int]) -> None:
    """Raise `Problem` for the first program whose port on the loopback address is taken."""
    for program, port in wanted.items():
        if _is_taken(port):
            raise Problem(
                f"port {port} for {program} is taken by {holder(port)}: stop that, or pass --{program}.port=N"
            )


def free(count: int) -> list[int]:
    """Ports that nobody held a moment ago, all different."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    found = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return found


def anywhere() -> Ports:
    """A free port for each program."""
    return Ports(*free(len(vars(Ports()))))


def holder(port: int) -> str:
    """The program that listens on `port`, as far as this user may know."""
    for connection in psutil.net_connections("tcp"):
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
            continue
        if connection.laddr.port == port:
            return f"{_name(connection.pid)} (process {connection.pid})"
    return "another program"


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return "a program that has just ended"


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As the programs do: a connection in TIME_WAIT does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as e:
            if e.errno != errno.EADDRINUSE:
                raise Problem(f"port {port} cannot be used: {e.strerror}") from e
            return True
    return False
