"""The way to a host over SSH: one connection with a pinned host key, over it commands, and files by SFTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from analyzer.fetch import ssh_files
from analyzer.fetch.patience import Patience
from analyzer.fetch.ssh_command import Commands
from analyzer.fetch.ssh_errors import connecting, lost_or, unreachable
from analyzer.fetch.way import Stat, Unreachable

LOST_AFTER = 3  # keepalives without an answer
GOODBYE = 2.0  # seconds for parting, then the connection is cut

Pins = tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]
Turn = AbstractAsyncContextManager[object]
FREELY: Turn = nullcontext()


@dataclass(frozen=True, slots=True)
class Ssh:
    """A declared way; times in seconds. Without `key_file` the keys are the agent's."""

    address: str
    user: str
    port: int = 22
    key_file: Path | None = None
    host_key: str | None = None  # as `ssh-ed25519 AAAA...`; else it is looked up in known_hosts
    known_hosts: Path = Path("known_hosts")
    jump: "Ssh | None" = None
    connect_timeout: float = 10.0
    keepalive: float = 15.0
    request_timeout: float = 30.0

    @property
    def place(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def behind(self) -> str | None:
        """The jump host, by which those behind the same one are known."""
        return self.jump.place if self.jump else None

    async def open(self, jumping: Turn = FREELY) -> "SshWay":
        """Connect and log in, through the jump host where there is one; `jumping` is held for its login only."""
        async with AsyncExitStack() as opened:
            tunnel = None
            if self.jump is not None:
                async with jumping:
                    tunnel = await _connected(self.jump, None)
                opened.push_async_callback(_parted, tunnel)
            connection = await _connected(self, tunnel)
            opened.push_async_callback(_parted, connection)
            return SshWay(self, connection, opened.pop_all())


class SshWay:
    """One connection to a host; channels are opened on it as they are needed."""

    def __init__(self, ssh: Ssh, connection: asyncssh.SSHClientConnection, opened: AsyncExitStack) -> None:
        self._ssh, self._connection, self._opened = ssh, connection, opened
        self._sftp: asyncssh.SFTPClient | None = None
        self._starting = asyncio.Lock()
        self._commands = Commands(connection, ssh.place)

    async def match(self, pattern: str) -> Sequence[Stat]:
        return await ssh_files.match(await self._files(), self._ssh.place, pattern, 2 * self._ssh.request_timeout)

    async def walk(self, folder: str, most: int) -> Sequence[Stat]:
        return await ssh_files.walk(await self._files(), self._ssh.place, folder, most, 4 * self._ssh.request_timeout)

    async def content(self, path: str, offset: int, limit: int) -> AsyncIterator[bytes]:
        files = await self._files()
        pieces = ssh_files.content(files, self._ssh.place, path, offset, limit, self._ssh.request_timeout)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncIterator[bytes]:
        async with aclosing(self._commands.output(command, limit, seconds)) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        await self._opened.aclose()

    async def _files(self) -> asyncssh.SFTPClient:
        """The SFTP channel, opened by the first that needs it; names are bytes, for they need not be UTF-8."""
        async with self._starting:
            if self._sftp is None:
                starting = self._connection.start_sftp_client(path_encoding=None)
                try:
                    self._sftp = await Patience(self._ssh.request_timeout).wait(starting)
                except asyncssh.ChannelOpenError as e:
                    raise lost_or(self._connection, self._ssh.place, "the host offers no SFTP") from e
                except (asyncssh.Error, OSError, ValueError) as e:
                    raise unreachable(self._ssh.place, e) from e
            return self._sftp


async def host_key(ssh: Ssh) -> str:
    """The key the host shows now, as `ssh-ed25519 AAAA...`, checked by nobody; raises Unreachable."""
    tunnel = await _connected(ssh.jump, None) if ssh.jump else None
    options = asyncssh.SSHClientConnectionOptions(config=None, client_keys=None, agent_path=None)
    try:
        with connecting(ssh.place):
            asking = asyncssh.get_server_host_key(ssh.address, ssh.port, tunnel=tunnel, config=None, options=options)
            key = await Patience(ssh.connect_timeout).wait(asking)
    finally:
        if tunnel is not None:
            await _parted(tunnel)
    if key is None:
        raise Unreachable("protocol", f"{ssh.place}: shows no host key")
    return " ".join(key.export_public_key().decode("ascii").split()[:2])


def pinned(ssh: Ssh) -> Pins | None:
    """The keys by which the host is known; None where there are none. Raises Unreachable for a file beyond reading."""
    source = "host_key" if ssh.host_key is not None else ssh.known_hosts
    try:
        if ssh.host_key is not None:
            return [asyncssh.import_public_key(ssh.host_key)], [], []
        known = ssh.known_hosts.read_bytes()
        port = None if ssh.port == asyncssh.DEFAULT_PORT else ssh.port
        keys, authorities, revoked, *_ = asyncssh.match_known_hosts(known, ssh.address, "", port)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as e:
        raise Unreachable("configuration", f"{ssh.place}: {source} cannot be read", True) from e
    return (list(keys), list(authorities), list(revoked)) if keys or authorities else None


async def _connected(ssh: Ssh, tunnel: asyncssh.SSHClientConnection | None) -> asyncssh.SSHClientConnection:
    """Logged in to a host that proved to be the pinned one; everything asyncssh would do on its own is off."""
    pins = pinned(ssh)
    if pins is None:
        raise Unreachable("host_key", f"{ssh.place}: no host key is pinned", True)
    patience = Patience(ssh.connect_timeout)
    async with _keys(ssh, patience) as keys:
        with connecting(ssh.place):
            return await patience.wait(
                asyncssh.connect(
                    *(ssh.address, ssh.port),
                    tunnel=tunnel,
                    config=None,
                    known_hosts=pins,
                    x509_trusted_certs=None,
                    username=ssh.user,
                    client_keys=keys,
                    agent_path=None,
                    agent_forwarding=False,
                    preferred_auth="publickey",
                    password_auth=False,
                    kbdint_auth=False,
                    host_based_auth=False,
                    gss_kex=False,
                    gss_auth=False,
                    # Otherwise whoever sits between could let us in without asking for the key.
                    disable_trivial_auth=True,
                    connect_timeout=ssh.connect_timeout,
                    login_timeout=ssh.connect_timeout,
                    keepalive_interval=ssh.keepalive,
                    keepalive_count_max=LOST_AFTER,
                )
            )


@asynccontextmanager
async def _keys(ssh: Ssh, patience: Patience) -> AsyncIterator[Sequence[asyncssh.SSHKeyPair]]:
    """Of the file or of the agent; never of ~/.ssh, where asyncssh looks when it is given none."""
    agent = None
    try:
        try:
            if ssh.key_file is not None:
                keys = await patience.wait(asyncio.to_thread(_of_file, ssh.key_file))
            else:
                agent = await patience.wait(asyncssh.connect_agent())
                keys = await patience.wait(agent.get_keys())
        except (asyncssh.Error, OSError, ValueError) as e:
            raise Unreachable("configuration", f"{ssh.place}: no key from {ssh.key_file or 'the agent'}", True) from e
        if not keys:
            raise Unreachable("configuration", f"{ssh.place}: the agent holds no key", True)
        yield keys
    finally:
        # It signs while logging in, and is needed no longer.
        if agent is not None:
            agent.close()


def _of_file(path: Path) -> Sequence[asyncssh.SSHKeyPair]:
    return asyncssh.load_keypairs(str(path))


async def _parted(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    try:
        await Patience(GOODBYE).wait(connection.wait_closed())
    except TimeoutError:
        connection.abort()
