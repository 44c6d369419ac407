"""Which operating system, and until when is it supported?"""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime

from exporter.host.root import Root, read
from toolkit.families import Family, single, table

INFO = (
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
)
FILES = ("etc/os-release", "usr/lib/os-release")
VERSION = re.compile(r"\d+\.?\d*")


def parse(text: str) -> dict[str, str]:
    """os-release(5), with the names in lower case."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.lower(): "".join(shlex.split(value)) for name, _, value in pairs}


def collect(root: Root) -> Iterator[Family]:
    release = parse(_first(root.rootfs.rstrip("/")))
    info_help = f"A metric with a constant '1' value labeled by {', '.join(INFO)}."
    yield table("node_os_info", "gauge", info_help, INFO, [([release.get(name, "") for name in INFO], 1)])
    version = VERSION.match(release.get("version_id", ""))
    if version:
        labels = ("id", "id_like", "name")
        row = ([release.get(name, "") for name in labels], float(version[0]))
        version_help = "Metric containing the major.minor part of the OS version."
        yield table("node_os_version", "gauge", version_help, labels, [row])
    if release.get("support_end"):
        end = datetime.fromisoformat(release["support_end"]).replace(tzinfo=UTC)
        end_help = "Metric containing the end-of-life date timestamp of the OS."
        yield single("node_os_support_end_timestamp_seconds", "gauge", end_help, end.timestamp())


def _first(rootfs: str) -> str:
    try:
        return read(f"{rootfs}/{FILES[0]}")
    except FileNotFoundError:
        return read(f"{rootfs}/{FILES[1]}")
