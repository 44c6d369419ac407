"""Find the programs around ours: on PATH, else in the distribution's packages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stack import apt
from stack.layout import ROOT
from stack.problem import Problem

STACK = ROOT / ".stack"
# Daemons' binaries lie there on machines whose users do not have these folders on PATH.
ALSO = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Tool:
    """A program: the packages that may hold it (the first that exists counts) and the names it goes by on PATH."""

    packages: tuple[str, ...]
    names: tuple[str, ...]
    version: str = "--version"


TOOLS = {
    "prometheus": Tool(("prometheus",), ("prometheus",)),
    # A package of its own since Debian 13.
    "promtool": Tool(("promtool", "prometheus"), ("promtool",)),
    "alertmanager": Tool(("prometheus-alertmanager",), ("prometheus-alertmanager", "alertmanager")),
    "amtool": Tool(("prometheus-alertmanager",), ("amtool",)),
    "pushgateway": Tool(("prometheus-pushgateway",), ("prometheus-pushgateway", "pushgateway")),
    "node_exporter": Tool(("prometheus-node-exporter",), ("prometheus-node-exporter", "node_exporter")),
    "blackbox_exporter": Tool(("prometheus-blackbox-exporter",), ("prometheus-blackbox-exporter", "blackbox_exporter")),
    "chromium": Tool(("chromium",), ("chromium",)),
    "shellcheck": Tool(("shellcheck",), ("shellcheck",)),
    "wrk": Tool(("wrk",), ("wrk",), version="-v"),
    "curl": Tool(("curl",), ("curl",)),
    "busybox": Tool(("busybox",), ("busybox",), version="--help"),
    "dbus-daemon": Tool(("dbus-daemon",), ("dbus-daemon",)),
    "systemd": Tool(("systemd",), ("systemd",)),
    "systemd-analyze": Tool(("systemd",), ("systemd-analyze",)),
    "ip": Tool(("iproute2",), ("ip",), version="-V"),
    "victoria-metrics": Tool(("victoria-metrics",), ("victoria-metrics",), version="-version"),
    "openssl": Tool(("openssl",), ("openssl",), version="version"),
    "sshd": Tool(("openssh-server",), ("sshd",), version="-V"),
}


SUITES = ("stable", "newest")


def find(name: str, suite: str = "stable", folder: Path = STACK) -> Path:
    """The program `name` of `TOOLS`, fetched when it is not there.

    `suite` is "stable" for what this machine has or its distribution offers, "newest" for the newest suite of the
    same archive (unpacked into `folder`, never installed). Raises `Problem` when it cannot be had.
    """
    tool = TOOLS[name]
    if suite == "newest" and not apt.has_newest():
        print(f"{name}: this distribution has no newer suite than its own, using that", file=sys.stderr)
        suite = "stable"
    found = _present(tool, suite, folder)
    if found is None:
        with apt.lock(folder):
            found = _present(tool, suite, folder) or _fetch(name, tool, suite, folder)
    return found


def suites() -> tuple[str, ...]:
    """Those that this machine can have."""
    return SUITES if apt.has_newest() else SUITES[:1]


def version(name: str, program: Path) -> str:
    """What the program itself says its version is; empty when it says none."""
    done = subprocess.run([program, TOOLS[name].version], capture_output=True, text=True, check=False)
    match = re.search(r"\d+\.\d+(?:\.\d+)?[\w.+~-]*", done.stdout + done.stderr)
    return match[0] if match else ""


def main(arguments: Sequence[str]) -> int:
    """Print each tool of the arguments (all that `up` needs by default): suite, name, version, path."""
    names = arguments or ("prometheus", "promtool", "alertmanager", "amtool")
    unknown = [name for name in names if name not in TOOLS]
    if unknown:
        raise Problem(f"unknown tool {unknown[0]!r}, known are: {', '.join(TOOLS)}")
    for suite in suites():
        for name in names:
            program = find(name, suite)
            print(f"{suite:7} {name:13} {version(name, program):16} {program}")
    return 0


def _present(tool: Tool, suite: str, folder: Path) -> Path | None:
    path = os.environ.get("PATH", "") + ":" + ALSO if suite == "stable" else ""
    unpacked = f"{folder}/{suite}/usr/bin:{folder}/{suite}/usr/sbin"
    for name in tool.names:
        found = shutil.which(name, path=f"{path}:{unpacked}".lstrip(":"))
        if found:
            return Path(found)
    return None


def _fetch(name: str, tool: Tool, suite: str, folder: Path) -> Path:
    # Said before, because it may take a minute on a slow line.
    print(f"fetching {name} ({suite}) from the distribution's packages", file=sys.stderr)
    if suite == "stable" and apt.may_install():
        apt.install(tool.packages)
    else:
        apt.unpack(tool.packages, suite, folder)
    found = _present(tool, suite, folder)
    if found is None:
        raise Problem(f"the package {tool.packages[0]} ({suite}) does not hold {name}")
    lacking = apt.missing_libraries(found)
    if lacking:
        # Otherwise the next caller would find it and fail with the loader's words.
        found.unlink()
        raise Problem(f"{name} ({suite}) needs what this machine lacks: {', '.join(lacking)}")
    return found
