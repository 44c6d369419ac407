"""How full are the file systems, and can they be written?"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exporter.host.filters import Filters
from exporter.host.mounts import Answer
from exporter.host.root import Root, read
from toolkit.families import Family, Labels, Sample


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo, its path as the host's own processes see it."""

    device: str
    number: str
    """`major:minor`"""
    point: str
    type: str
    readonly: bool


def parse(text: str, rootfs: str = "/") -> list[Mount]:
    """/proc/<pid>/mountinfo: what is mounted; ValueError for a line that is none."""
    return [_mount(line, rootfs.rstrip("/")) for line in text.splitlines()]


def served(mounts: Iterable[Mount], filters: Filters) -> list[Mount]:
    """Without what is never full, such as /proc."""
    types, points = filters.file_systems.search, filters.mount_points.search
    return [mount for mount in mounts if not types(mount.type) and not points(mount.point)]


def _mount(line: str, prefix: str) -> Mount:
    # The number of optional fields varies, " - " ends them.
    left, separator, right = line.partition(" - ")
    if not separator:
        raise ValueError(f"not a mount: {line[:100]!r}")
    _, _, number, _, point, options, *_ = left.split(" ")
    type, device, superblock = right.split(" ", 2)
    point = point.replace("\\040", " ").replace("\\011", "\t")
    if prefix and f"{point}/".startswith(f"{prefix}/"):
        point = point.removeprefix(prefix) or "/"
    readonly = "ro" in options.split(",") or not {"ro", "emergency_ro"}.isdisjoint(superblock.split(","))
    return Mount(device, number, point, type, readonly)


def collect(root: Root) -> Iterator[Family]:
    mounts = list(dict.fromkeys(served(parse(_mountinfo(root.proc), root.rootfs), root.filters)))
    prefix = root.rootfs.rstrip("/")
    paths = {mount: prefix + mount.point for mount in mounts}
    answers = root.mounts.ask(list(paths.values()))
    # Mounted twice over the same point a device would be served twice under the same labels.
    yield from families({mount: answers[path] for mount, path in paths.items()}.items())


def _mountinfo(proc: str) -> str:
    try:
        return read(f"{proc}/1/mountinfo")
    except OSError:
        # hidepid hides process 1 from us; our own mounts are the next best.
        return read(f"{proc}/self/mountinfo")


def families(answers: Iterable[tuple[Mount, Answer]]) -> Iterator[Family]:
    """The families of what each mount answered: its statistics, or why it has none."""
    errors: dict[Labels, int] = {}
    readonly: dict[Labels, int] = {}
    info: dict[Labels, int] = {}
    stats: dict[Labels, os.statvfs_result] = {}
    for mount, answer in answers:
        error = answer if isinstance(answer, str) else ""
        point = (("device", mount.device), ("mountpoint", mount.point))
        labels = (*point, ("fstype", mount.type), ("device_error", error))
        errors[labels], readonly[labels] = int(bool(error)), int(mount.readonly)
        if not isinstance(answer, str):
            major, _, minor = mount.number.partition(":")
            info[(*point, ("major", major), ("minor", minor))] = 1
            stats[labels] = answer
    yield _gauge("device_error", "Whether an error occurred while getting statistics for the given device.", errors)
    yield _gauge("readonly", "Filesystem read-only status.", readonly)
    yield _gauge("mount_info", "Filesystem mount information.", info)
    yield from _sizes(stats)


def _sizes(stats: dict[Labels, os.statvfs_result]) -> Iterator[Family]:
    size = {labels: stat.f_blocks * stat.f_frsize for labels, stat in stats.items()}
    free = {labels: stat.f_bfree * stat.f_frsize for labels, stat in stats.items()}
    avail = {labels: stat.f_bavail * stat.f_frsize for labels, stat in stats.items()}
    yield _gauge("size_bytes", "Filesystem size in bytes.", size)
    yield _gauge("free_bytes", "Filesystem free space in bytes.", free)
    yield _gauge("avail_bytes", "Filesystem space available to non-root users in bytes.", avail)
    yield _gauge("files", "Filesystem total file nodes.", {labels: stat.f_files for labels, stat in stats.items()})
    files_free = {labels: stat.f_ffree for labels, stat in stats.items()}
    yield _gauge("files_free", "Filesystem total free file nodes.", files_free)
    # node_exporter serves this zero on Linux as well, and dashboards may name it.
    yield _gauge("purgeable_bytes", PURGEABLE, dict.fromkeys(stats, 0))


PURGEABLE = "Filesystem space available including purgeable space (MacOS specific)."


def _gauge(name: str, help: str, values: dict[Labels, int]) -> Family:
    return Family(f"node_filesystem_{name}", "gauge", help, [Sample(*item) for item in values.items()])
