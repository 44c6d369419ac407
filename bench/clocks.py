"""Programs under other clocks: an hour passes for them while nobody waits for it."""

import os
from pathlib import Path

from stack import apt, tools
from stack.problem import Problem

LIBRARY = "lib/*/faketime/libfaketimeMT.so.1"
PACKAGES = ("libfaketime",)


def wall_earlier(seconds: float) -> dict[str, str]:
    """An environment in which a program that uses the C library sees the wall clock `seconds` earlier."""
    return os.environ | {
        "LD_PRELOAD": str(_library()),
        "FAKETIME": f"-{seconds:g}s",
        # Elapsed time stays the kernel's: with it faked, timed waits of threads never end (libfaketime 0.9.10).
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def boot_earlier(seconds: float) -> list[str]:
    """What to put before a command, so that to it the machine runs `seconds` longer: a time namespace."""
    user = ["--map-root-user"] if os.geteuid() else []
    clocks = [f"--{clock}={seconds:.0f}" for clock in ("boottime", "monotonic")]
    return ["unshare", *user, "--time", *clocks, "--fork", "--kill-child"]


def _library() -> Path:
    """libfaketime, from the distribution's package, unpacked and not installed when it is not there."""
    found = _present()
    if found is None:
        with apt.lock(tools.STACK):
            apt.unpack(PACKAGES, "stable", tools.STACK)
        found = _present()
    if found is None:
        raise Problem(f"the package {PACKAGES[0]} does not hold {LIBRARY}")
    return found


def _present() -> Path | None:
    folders = (Path("/usr"), tools.STACK / "stable" / "usr")
    return next((file for folder in folders for file in sorted(folder.glob(LIBRARY))), None)
