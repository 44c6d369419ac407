"""On what was it measured?"""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.programs import Cores
from stack import tools


def describe(used: Cores, *names: str) -> str:
    """Machine, kernel, Python, packages, and the versions of the programs `names` of `stack.tools`."""
    lines = [
        f"{_cpu()}, {os.cpu_count()} cores (server on {used.server}, load on {used.load}), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, load average {os.getloadavg()[0]:.2f} before",
        f"{platform.system()} {platform.release()}, {platform.python_implementation()} {platform.python_version()}, "
        f"aiohttp {version('aiohttp')}, SQLite {sqlite3.sqlite_version}, isal {version('isal')}",
    ]
    if names:
        lines.append(", ".join(f"{name} {tools.version(name, tools.find(name))}" for name in names))
    return "\n".join(lines)


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
