"""Wait until something holds; it fails with what is told instead when it never does."""

import time
from collections.abc import Callable

PATIENCE = 60.0


def until(holds: Callable[[], object], told: Callable[[], str] = str, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)
