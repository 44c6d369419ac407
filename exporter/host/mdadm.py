"""Are the arrays complete, and do they rebuild?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from exporter.host.root import Root, names, number, optional, read
from toolkit.families import Family, by, table

STATUS = re.compile(r"(\d+) blocks .*?\[(\d+)/(\d+)\] \[[U_]+\]")
SYNCED = re.compile(r"\((\d+)/\d+\)")
# What mdstat says of the work under way, and the state it makes.
WORK = {"recovery": "recovering", "reshape": "reshaping", "check": "checking", "resync": "resyncing"}
STATES = {
    "active": "active",
    "inactive": "inactive",
    "recovering": "recovering",
    "resync": "resyncing",
    "check": "checking",
}
REDUNDANT = frozenset(("raid1", "raid4", "raid5", "raid6", "raid10"))
DISKLESS = frozenset(("container", "imsm", "ddf", ""))


@dataclass(frozen=True, slots=True)
class Array:
    """One array of /proc/mdstat; sizes in blocks of 1 KiB."""

    state: str
    active: int
    failed: int
    spare: int
    required: int
    blocks: int
    synced: int


def parse(text: str) -> dict[str, Array]:
    """/proc/mdstat by device; ValueError where a device has no status line."""
    lines = text.splitlines()
    arrays = {}
    for i, line in enumerate(lines):
        if line[:1] in ("", " ", "\t") or line.startswith(("Personalities", "unused")):
            continue
        rest = lines[i + 1 : i + 5]
        arrays[line.split()[0]] = _array(line, rest)
    return arrays


def _array(line: str, rest: list[str]) -> Array:
    if not rest or not rest[0].strip():
        raise ValueError(f"an array without status: {line[:100]!r}")
    state = line.split()[2]
    blocks = int(rest[0].split()[0])
    required, active = _disks(line, rest[0])
    # A bitmap's line may stand between the status and the work under way.
    sync = next((other for other in rest[1:3] if "bitmap" not in other), "")
    work = next((state for word, state in WORK.items() if word in sync), None)
    synced = blocks
    if work:
        found = SYNCED.search(sync)
        waiting = "PENDING" in sync or "DELAYED" in sync
        if not found and not waiting:
            raise ValueError(f"work without progress: {sync[:100]!r}")
        synced = int(found[1]) if found and not waiting else 0
    return Array(work or state, active, line.count("(F)"), line.count("(S)"), required, blocks, synced)


def _disks(line: str, status: str) -> tuple[int, int]:
    """How many disks the array requires, and how many are active."""
    if "raid0" in line or "linear" in line:
        # Without redundancy every disk named is required and active.
        return line.count("["), line.count("[")
    if "inactive" in line:
        return 0, 0
    match = STATUS.search(status)
    if not match:
        raise ValueError(f"no count of disks: {status[:100]!r}")
    return int(match[2]), int(match[3])


def collect(root: Root) -> Iterator[Family]:
    arrays = parse(read(f"{root.proc}/mdstat"))
    required = {device: array.required for device, array in arrays.items()}
    yield by("node_md_disks_required", "gauge", "Total number of disks of device.", "device", required)
    disks = [
        ((device, state), count)
        for device, array in arrays.items()
        for state, count in (("active", array.active), ("failed", array.failed), ("spare", array.spare))
    ]
    disks_help = "Number of active/failed/spare disks of device."
    yield table("node_md_disks", "gauge", disks_help, ("device", "state"), disks)
    states = [
        ((device, state), int(array.state == word))
        for device, array in arrays.items()
        for state, word in STATES.items()
    ]
    yield table("node_md_state", "gauge", "Indicates the state of md-device.", ("device", "state"), states)
    blocks = {device: array.blocks for device, array in arrays.items()}
    yield by("node_md_blocks", "gauge", "Total number of blocks on device.", "device", blocks)
    synced = {device: array.synced for device, array in arrays.items()}
    yield by("node_md_blocks_synced", "gauge", "Number of blocks synced on device.", "device", synced)
    yield from _kernel(f"{root.sys}/block")


def _kernel(base: str) -> Iterator[Family]:
    """What /sys says of the arrays, also of those that mdstat leaves out."""
    raids = {name: f"{base}/{name}/md" for name in names(base) if name.startswith("md")}
    levels = {name: level for name, path in raids.items() if (level := optional(f"{path}/level")) is not None}
    disks = {}
    for name, level in levels.items():
        # While an array grows it is "11 (10)": what it will be, and what it was.
        first = (optional(f"{raids[name]}/raid_disks") or "").partition(" ")[0]
        if level not in DISKLESS and first.isdecimal():
            disks[name] = int(first)
    yield by("node_md_raid_disks", "gauge", "Number of raid disks on device.", "device", disks)
    degraded = {name: (number(f"{raids[name]}/degraded") or 0) * (level in REDUNDANT) for name, level in levels.items()}
    yield by("node_md_degraded", "gauge", "Number of degraded disks on device.", "device", degraded)
