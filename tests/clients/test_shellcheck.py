"""The wrapper is plain POSIX shell."""

from __future__ import annotations

import subprocess

from tests.clients.conftest import WRAPPER


def test_shellcheck_finds_nothing_in_the_wrapper() -> None:
    result = subprocess.run(["shellcheck", "-s", "sh", str(WRAPPER)], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "")
