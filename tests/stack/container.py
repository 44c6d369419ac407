"""A command in a root of its own, as an engine would run it: read-only, its own user, no capability, its own mounts.

Needs no engine and no image from elsewhere: a root is a folder, over which parts of this machine may be mounted.
"""

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from stack import tools

DEVICES = ("null", "zero", "random", "urandom")


@dataclass(frozen=True)
class Mount:
    source: str
    target: str
    writable: bool = False
    tmpfs: bool = False
    recursive: bool = False


@dataclass(frozen=True)
class Container:
    """What docker-compose.yml says of a service, and the root that stands for its image."""

    root: Path
    mounts: Sequence[Mount] = ()
    uid: int = 0
    gid: int = 0
    groups: Sequence[int] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"
    host_processes: bool = False
    host_names: bool = False
    writable: bool = False
    capable: bool = False
    network: int = 0  # the process whose network it has; 0: this machine's

    def command(self, words: Sequence[str]) -> list[str]:
        """The words that run those in it, to be started by root."""
        for mount in self.mounts:
            _mountable(self.root, mount)
        own = [*(() if self.host_names else ("--uts",)), *(() if self.host_processes else ("--pid", "--fork"))]
        entered = ["nsenter", f"--net=/proc/{self.network}/ns/net"] if self.network else []
        return [*entered, "unshare", "--mount", "--ipc", *own, "sh", "-ec", self._script(words)]

    def run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(words), capture_output=True, text=True, check=False)

    @contextmanager
    def started(self, words: Sequence[str], log: Path) -> Iterator[psutil.Process]:
        """The program itself, which is asked to end at the end, and is then waited for."""
        with log.open("wb") as out, subprocess.Popen(self.command(words), stdout=out, stderr=out) as process:
            try:
                yield psutil.Process(process.pid)
            finally:
                for one in _all(process.pid):
                    with suppress(psutil.NoSuchProcess):
                        one.terminate()

    def _script(self, words: Sequence[str]) -> str:
        root = shlex.quote(str(self.root))
        lines = [f"mount --bind {root} {root}; mount -t tmpfs -o mode=755 none {root}/dev"]
        lines += [f"touch {root}/dev/{name}; mount --bind /dev/{name} {root}/dev/{name}" for name in DEVICES]
        lines.append(f"ln -s /proc/self/fd {root}/dev/fd; mkdir -m 1777 {root}/dev/shm")
        lines += [_mounted(self.root, mount) for mount in self.mounts]
        lines.append(f"mount -t proc proc {root}/proc")
        if not self.writable:
            lines.append(f"mount -o remount,bind,ro {root}")
        within = ["env", "-i", f"--chdir={self.folder}", *(f"{k}={v}" for k, v in self.environ.items()), *words]
        lines.append(f"exec chroot {root} {shlex.join([*self._user(), *within])}")
        return "\n".join(lines)

    def _user(self) -> list[str]:
        groups = ["--groups", ",".join(map(str, (self.gid, *self.groups)))]
        bare = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"]
        who = ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", *groups]
        return who if self.capable else [*who, *bare]


def bare(folder: Path) -> Container:
    """A root in which this machine's programs stand for an image's, to be built upon."""
    for name in ("etc", "proc", "dev", "tmp", "run", "var", "opt", "root", "sys", "usr"):
        (folder / name).mkdir(parents=True)
    (folder / "tmp").chmod(0o1777)
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            (folder / name).symlink_to(os.readlink(Path("/", name)))
    # An image knows nobody of this machine.
    (folder / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n")
    (folder / "etc" / "group").write_text("root:x:0:\nadm:x:4:\nnogroup:x:65534:\n")
    for name in ("ld.so.cache", "nsswitch.conf", "localtime"):
        if Path("/etc", name).exists():
            (folder / "etc" / name).write_bytes(Path("/etc", name).read_bytes())
    mounts = [Mount("/usr", "/usr")]
    mounts += [Mount(f"/{n}", f"/{n}") for n in ("bin", "sbin", "lib", "lib64") if Path("/", n).is_dir()]
    mounts = [mount for mount in mounts if not Path(mount.source).is_symlink()]
    return Container(folder, mounts, writable=True, capable=True)


def hardened(image: Container, **told: object) -> Container:
    return replace(image, writable=False, capable=False, **told)  # type: ignore[arg-type]  # the fields of a dataclass


def let_in(folder: Path) -> None:
    """Whoever runs these tests may have a folder that only he can enter; the programs run as somebody else."""
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(parent.stat().st_mode | 0o011)


@contextmanager
def network() -> Iterator[int]:
    """The process that holds a network in which there is nothing but the loopback."""
    ip = tools.find("ip")
    script = f"{shlex.quote(str(ip))} link set lo up; echo up; exec sleep infinity"
    with subprocess.Popen(["unshare", "--net", "sh", "-ec", script], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        try:
            yield holder.pid
        finally:
            holder.kill()


def _all(pid: int) -> list[psutil.Process]:
    """What is to be told to end: of a program that unshare has forked, not unshare, which would not pass it on."""
    first = psutil.Process(pid)
    return first.children(recursive=True) or [first]


def _mountable(root: Path, mount: Mount) -> None:
    """What is mounted needs something to be mounted on."""
    target = root / mount.target.lstrip("/")
    if mount.tmpfs or Path(mount.source).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()


def _mounted(root: Path, mount: Mount) -> str:
    target = shlex.quote(f"{root}{mount.target}")
    if mount.tmpfs:
        return f"mount -t tmpfs -o {shlex.quote(mount.source)} none {target}"
    bound = f"mount --{'rbind' if mount.recursive else 'bind'} {shlex.quote(mount.source)} {target}"
    return bound if mount.writable else f"{bound}; mount -o remount,bind,ro {target}"
