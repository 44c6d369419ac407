"""Does a program answer, and running one only after another does: `python -m stack.ready URL COMMAND...`."""

import os
import sys
import time

from toolkit.healthy import complaint

READY_SECONDS = 120


def is_ready(url: str) -> bool:
    """Does a program answer 200 there?"""
    return complaint(url) is None


def main(url: str, *command: str) -> None:
    """Become `command` as soon as `url` answers, and at the latest when nobody waits any more."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
