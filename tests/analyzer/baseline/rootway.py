"""A way whose paths lie below a folder, with or without commands; some paths may be closed."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer.fetch.local import LocalWay
from analyzer.fetch.way import CannotLook, Stat


@dataclass
class RootWay:
    """`printed` by a command's first word is what it prints; without one it raises, as SFTP alone does."""

    root: Path
    printed: Mapping[str, bytes] = field(default_factory=dict)
    closed: Collection[str] = ()
    read: list[str] = field(default_factory=list)

    async def match(self, pattern: str) -> Sequence[Stat]:
        return [self._told(stat) for stat in await LocalWay().match(f"{self.root}{pattern}")]

    async def walk(self, folder: str, most: int) -> Sequence[Stat]:
        if folder in self.closed:
            raise CannotLook(f"{folder!r}: Permission denied")
        return [self._told(stat) for stat in await LocalWay().walk(f"{self.root}{folder}", most)]

    async def content(self, path: str, offset: int, limit: int) -> AsyncIterator[bytes]:
        self.read.append(path)
        if path in self.closed:
            raise CannotLook(f"{path!r}: Permission denied")
        async for piece in LocalWay().content(f"{self.root}{path}", offset, limit):
            yield piece

    async def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncIterator[bytes]:
        if command[0] not in self.printed:
            raise CannotLook("no shell")
        yield self.printed[command[0]][:limit]

    async def close(self) -> None:
        """Nothing is held."""

    def _told(self, stat: Stat) -> Stat:
        return replace(stat, path=stat.path.removeprefix(str(self.root)))


def write(root: Path, path: str, text: str) -> None:
    """A file below the root, with its folders."""
    file = Path(f"{root}{path}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))


STATUS = "Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: {}\n\n"
TCP = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
SOCKET = "   0: {}:{} 00000000:0000 {} 00000000:00000000 00:00000000 00000000  1000        0 1207 1\n"
SECRET = "$6$salt$verysecrethash"
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIKeyOfAlice"


def machine(root: Path) -> None:
    """A small Debian."""
    write(root, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:Alice A:/home/alice:/bin/sh\n")
    write(root, "/etc/shadow", f"root:*:1:0:::::\nalice:{SECRET}:1:0:::::\n")
    write(root, "/etc/group", "root:x:0:\nsudo:x:27:alice\n")
    write(root, "/etc/sudoers", "# comment\nDefaults env_reset\nalice ALL=(ALL) ALL\n")
    write(root, "/home/alice/.ssh/authorized_keys", f"ssh-ed25519 {KEY} alice@laptop\n")
    write(root, "/root/.profile", "")
    write(root, "/proc/net/tcp", TCP + SOCKET.format("0100007F", "0016", "0A"))
    write(root, "/proc/net/udp", TCP + SOCKET.format("00000000", "9C40", "07"))
    write(root, "/var/lib/dpkg/status", STATUS.format("1.0"))
    write(root, "/etc/systemd/system/multi-user.target.wants/ssh.service", "[Unit]\n")
    write(root, "/etc/crontab", "MAILTO=root\n17 * * * * root backup --password=hunter2\n")
    write(root, "/var/spool/cron/crontabs/alice", "@daily date\n")
    write(root, "/proc/sys/kernel/osrelease", "6.1.0-1\n")
    write(root, "/proc/sys/kernel/random/boot_id", "1111\n")
    write(root, "/proc/cmdline", "root=/dev/sda quiet\n")
    write(root, "/etc/app.conf", "token=hunter2\n")


FOUND = b"4755 0 0 100 /usr/bin/su\0"
