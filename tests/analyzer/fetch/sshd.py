"""Debian's sshd on loopback with keys of its own, and partners that hang as hosts do."""

import asyncio
import os
import pwd
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import psutil

from analyzer.fetch.ssh import Ssh
from stack import tools

SFTP_ONLY = ("ForceCommand internal-sftp -R",)
CONFIG = """\
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp -R
MaxStartups 500
LogLevel VERBOSE
"""


@dataclass(frozen=True)
class Sshd:
    """A server that runs: it lets in whoever holds `key`, as the user who runs the tests."""

    folder: Path
    ports: tuple[int, ...]

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def host_key(self) -> str:
        """As `ssh-ed25519 AAAA...`."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    @property
    def ssh(self) -> Ssh:
        """The way to it, with its key pinned."""
        return Ssh("127.0.0.1", user(), self.port, self.key, host_key=self.host_key)

    def through(self, jump: Ssh) -> Ssh:
        return replace(self.ssh, jump=jump)

    def log(self) -> str:
        """What it wrote so far."""
        return (self.folder / "log").read_text()


def user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def running(folder: Path, *more: str, ports: int = 1) -> Iterator[Sshd]:
    """A server with further lines of configuration, on at most 16 ports; its sessions end with it.

    `folder` is created for it.
    """
    folder.mkdir(parents=True)
    _write_key(folder / "host_key")
    _write_key(folder / "key")
    (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
    if os.geteuid() == 0:
        # sshd confines itself there, and Debian's creates it with its service only.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for _ in range(5):
        server, process = _started(folder, more, ports)
        if process is not None:
            break
    else:
        raise RuntimeError("sshd does not start: " + server.log())
    try:
        yield server
    finally:
        _end(process)


@asynccontextmanager
async def silent(stuck: asyncio.Semaphore | None = None) -> AsyncIterator[int]:
    """The port of one that accepts and never says a word; it releases `stuck` once somebody hangs there."""

    async def accept(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        _tell(stuck)
        await reader.read()

    async with _serving(accept) as port:
        yield port


@asynccontextmanager
async def stalling(behind: int, after: int, stuck: asyncio.Semaphore | None = None) -> AsyncIterator[int]:
    """The port of one that passes on what the server on port `behind` says, up to `after` bytes, then no more.

    It releases `stuck` then.
    """

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", behind)
        asking = asyncio.create_task(_copy(reader, to_server, None, None))
        try:
            await _copy(from_server, writer, after, stuck)
            await asking
        finally:
            asking.cancel()
            to_server.close()

    async with _serving(relay) as port:
        yield port


@asynccontextmanager
async def agent(socket: Path, key_file: Path) -> AsyncIterator[list[bytes]]:
    """An agent with one key; the list is what it signed."""
    key = asyncssh.read_private_key(key_file)
    signed: list[bytes] = []

    def answer(asked: bytes) -> bytes:
        if asked[0] == 11:  # SSH_AGENTC_REQUEST_IDENTITIES
            return b"\x0c" + (1).to_bytes(4, "big") + _string(key.public_data) + _string(b"")
        blob_end = 5 + int.from_bytes(asked[1:5], "big")
        data = asked[blob_end + 4 : blob_end + 4 + int.from_bytes(asked[blob_end : blob_end + 4], "big")]
        signed.append(data)
        return b"\x0e" + _string(key.sign(data, b"ssh-ed25519"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(
                    _string(answer(await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))))
                )
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_unix_server(serve, socket):
        yield signed


def dead_port() -> int:
    """One that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> tuple[int, ...]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(each.getsockname()[1] for each in held)
    for each in held:
        each.close()
    return ports


def _write_key(path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.touch(mode=0o600)
    key.write_private_key(path)
    key.write_public_key(f"{path}.pub")


def _started(folder: Path, more: tuple[str, ...], ports: int) -> "tuple[Sshd, subprocess.Popen[bytes] | None]":
    """None where it ended, say because somebody took one of its ports meanwhile."""
    server = Sshd(folder, free_ports(ports))
    lines = [f"Port {port}" for port in server.ports]
    (folder / "config").write_text("\n".join([*lines, CONFIG.format(folder=folder), *more, ""]))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [tools.find("sshd"), "-D", "-e", "-f", folder / "config"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    until = time.monotonic() + 20
    while server.log().count("Server listening on") < ports:
        if process.poll() is not None:
            return server, None
        if time.monotonic() > until:
            _end(process)
            return server, None
        time.sleep(0.01)
    return server, process


def _end(process: "subprocess.Popen[bytes]") -> None:
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in family:
        if each.is_running():
            each.kill()
    process.wait()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


@asynccontextmanager
async def _serving(serve: Serve) -> AsyncIterator[int]:
    """A listener whose conversations end with it."""
    under_way: set[asyncio.Task[None]] = set()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            # The other side left, or the test is over.
            writer.transport.abort()
        finally:
            under_way.discard(task)
            writer.close()

    server = await asyncio.start_server(held, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        waiting = tuple(under_way)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting)


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None, stuck: asyncio.Semaphore | None
) -> None:
    """Pass on what comes; once `most` bytes were passed on, hold the line and stay silent."""
    while piece := await reader.read(1024):
        if most is not None:
            piece, most = piece[:most], most - len(piece[:most])
            if most == 0:
                _tell(stuck)
                await asyncio.Event().wait()
        writer.write(piece)
        await writer.drain()
    writer.close()


def _tell(stuck: asyncio.Semaphore | None) -> None:
    if stuck is not None:
        stuck.release()


def _string(text: bytes) -> bytes:
    """As the protocols of SSH write one."""
    return len(text).to_bytes(4, "big") + text
