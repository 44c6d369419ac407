"""How much do the disks read, write, discard and wait?"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from exporter.host.root import Root, optional, read
from toolkit.families import Family, Type, by, table


class Field(NamedTuple):
    name: str
    unit: float
    help: str


SECTOR = 512
MILLI = 1 / 1000
FLUSH_HELP = "This is the total number of seconds spent by all flush requests."
# In the order of /proc/diskstats; older kernels have fewer.
FIELDS = (
    Field("reads_completed_total", 1, "The total number of reads completed successfully."),
    Field("reads_merged_total", 1, "The total number of reads merged."),
    Field("read_bytes_total", SECTOR, "The total number of bytes read successfully."),
    Field("read_time_seconds_total", MILLI, "The total number of seconds spent by all reads."),
    Field("writes_completed_total", 1, "The total number of writes completed successfully."),
    Field("writes_merged_total", 1, "The number of writes merged."),
    Field("written_bytes_total", SECTOR, "The total number of bytes written successfully."),
    Field("write_time_seconds_total", MILLI, "This is the total number of seconds spent by all writes."),
    Field("io_now", 1, "The number of I/Os currently in progress."),
    Field("io_time_seconds_total", MILLI, "Total seconds spent doing I/Os."),
    Field("io_time_weighted_seconds_total", MILLI, "The weighted # of seconds spent doing I/Os."),
    Field("discards_completed_total", 1, "The total number of discards completed successfully."),
    Field("discards_merged_total", 1, "The total number of discards merged."),
    Field("discarded_sectors_total", 1, "The total number of sectors discarded successfully."),
    Field("discard_time_seconds_total", MILLI, "This is the total number of seconds spent by all discards."),
    Field("flush_requests_total", 1, "The total number of flush requests completed successfully"),
    Field("flush_requests_time_seconds_total", MILLI, FLUSH_HELP),
)
INFO = ("device", "major", "minor", "path", "wwn", "model", "serial", "revision", "rotational")
FILESYSTEM_INFO = {"type": "ID_FS_TYPE", "usage": "ID_FS_USAGE", "uuid": "ID_FS_UUID", "version": "ID_FS_VERSION"}
MAPPER_INFO = {
    "name": "DM_NAME",
    "uuid": "DM_UUID",
    "vg_name": "DM_VG_NAME",
    "lv_name": "DM_LV_NAME",
    "lv_layer": "DM_LV_LAYER",
}
ATA = {
    "ID_ATA_WRITE_CACHE": ("ata_write_cache", "ATA disk has a write cache."),
    "ID_ATA_WRITE_CACHE_ENABLED": ("ata_write_cache_enabled", "ATA disk has its write cache enabled."),
    "ID_ATA_ROTATION_RATE_RPM": ("ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs)."),
}


class Disk(NamedTuple):
    major: str
    minor: str
    counts: tuple[int, ...]


def parse(text: str) -> dict[str, Disk]:
    """/proc/diskstats by device."""
    rows = (line.split() for line in text.splitlines())
    return {row[2]: Disk(row[0], row[1], tuple(map(int, row[3:]))) for row in rows}


def parse_udev(text: str) -> dict[str, str]:
    """A file of /run/udev/data: the device's properties."""
    pairs = (line[2:].partition("=") for line in text.splitlines() if line.startswith("E:"))
    return {name: value for name, _, value in pairs}


def collect(root: Root) -> Iterator[Family]:
    every = parse(read(f"{root.proc}/diskstats"))
    # By default neither partitions nor loop and memory devices.
    disks = {device: disk for device, disk in every.items() if not root.filters.disks.search(device)}
    for i, (name, unit, help) in enumerate(FIELDS):
        type: Type = "counter" if name.endswith("_total") else "gauge"
        values = {device: disk.counts[i] * unit for device, disk in disks.items() if i < len(disk.counts)}
        yield by(f"node_disk_{name}", type, help, "device", values)
    udev = {device: _udev(root.udev, disk) for device, disk in disks.items()}
    yield _info(root.sys, disks, udev)
    yield _udev_info("filesystem_info", "Info about disk filesystem.", FILESYSTEM_INFO, udev)
    yield _udev_info("device_mapper_info", "Info about disk device mapper.", MAPPER_INFO, udev)
    for key, (name, help) in ATA.items():
        values = {device: float(known[key]) for device, known in udev.items() if "ID_ATA" in known and key in known}
        yield by(f"node_disk_{name}", "gauge", help, "device", values)


def _udev(base: str, disk: Disk) -> dict[str, str]:
    try:
        return parse_udev(read(f"{base}/b{disk.major}:{disk.minor}"))
    except OSError:
        return {}


def _info(sys: str, disks: Mapping[str, Disk], udev: Mapping[str, Mapping[str, str]]) -> Family:
    rows = []
    for device, disk in disks.items():
        known = udev[device]
        # The serial on the label, else udev's short one, else virtio's.
        serial = known.get("SCSI_IDENT_SERIAL") or known.get("ID_SERIAL_SHORT") or known.get("ID_SERIAL", "")
        path, wwn, model, revision = (known.get(f"ID_{name}", "") for name in ("PATH", "WWN", "MODEL", "REVISION"))
        rotational = optional(f"{sys}/block/{device.replace('/', '!')}/queue/rotational") or "0"
        row = (device, disk.major, disk.minor, path, wwn, model, serial, revision, rotational)
        rows.append((row, 1))
    return table("node_disk_info", "gauge", "Info of /sys/block/<block_device>.", INFO, rows)


def _udev_info(name: str, help: str, keys: Mapping[str, str], udev: Mapping[str, Mapping[str, str]]) -> Family:
    """One row for each device of which udev knows the first of the keys."""
    first = next(iter(keys.values()))
    there = {device: known for device, known in udev.items() if known.get(first)}
    rows = [((device, *(known.get(key, "") for key in keys.values())), 1) for device, known in there.items()]
    return table(f"node_disk_{name}", "gauge", help, ("device", *keys), rows)
