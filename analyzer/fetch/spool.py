"""Keeps the lines of one host in a file that is rotated: bounded, on disk when it says so, whole lines only."""

import os
from collections.abc import Sequence
from pathlib import Path


class Spool:
    """One host's file, and those that it was renamed to: `.1` is the newest of them."""

    def __init__(self, path: Path, most: int, kept: int) -> None:
        self._path, self._most, self._kept = path, most, kept

    def open(self) -> None:
        """Make sure that it is there and ends with a line; OSError where it cannot."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.append([])

    def append(self, lines: Sequence[str]) -> None:
        """All lines, or none and OSError; when it returns they are on disk."""
        data = "".join(line + "\n" for line in lines).encode("utf-8", "replace")
        if self._path.exists() and self._path.stat().st_size + len(data) > self._most:
            self._rotate()
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _append(file, data)
        finally:
            os.close(file)

    def _rotate(self) -> None:
        for number in range(self._kept, 0, -1):
            older = self._numbered(number - 1)
            if older.exists():
                older.rename(self._numbered(number))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


def _append(file: int, data: bytes) -> None:
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        # We were ended in the middle of a line.
        data = b"\n" + data
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    except OSError:
        # Half a line would be taken for one, and its end for another.
        os.ftruncate(file, size)
        raise
