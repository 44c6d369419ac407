"""Copy a program's storage while it runs: `python -m toolkit.backup /var/lib/heartline/exporter /backup/exporter`.

To restore: stop the program, put the copy in the place of its storage, start it.
"""

import argparse
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

SQLITE = b"SQLite format 3\0"
# Beside a database: what is not in it yet comes along with it, and a lock is its holder's.
LEFT_OUT = ("-wal", "-shm", "-journal", "lock")


class CannotCopy(Exception):
    """Nothing was copied, or something of it is missing; there is no folder `to`."""


def backup(storage: Path, to: Path) -> list[str]:
    """The names of what was copied, each as it was at one instant; `to` is made, whole or not at all."""
    if not storage.is_dir():
        raise CannotCopy(f"{storage} is no folder")
    if to.exists():
        raise CannotCopy(f"{to} is there already")
    new = to.with_name(f".{to.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        names = [file.name for file in sorted(storage.iterdir()) if file.is_file() and not file.name.endswith(LEFT_OUT)]
        for name in names:
            _copy(storage / name, new / name)
        os.rename(new, to)
    except (OSError, sqlite3.Error) as e:
        shutil.rmtree(new, ignore_errors=True)
        raise CannotCopy(f"{storage}: {e}") from e
    return names


def _copy(file: Path, to: Path) -> None:
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out, file.open("rb") as content:
        if content.read(len(SQLITE)) == SQLITE:
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
                source.backup(target)
        else:
            content.seek(0)
            shutil.copyfileobj(content, out)


def main() -> None:
    parser = argparse.ArgumentParser("python -m toolkit.backup", description=__doc__)
    parser.add_argument("storage", type=Path, help="what --storage.path names")
    parser.add_argument("to", type=Path, help="a folder that is not there yet")
    given = parser.parse_args()
    try:
        names = backup(given.storage, given.to)
    except CannotCopy as e:
        sys.exit(f"backup: {e}")
    sys.stdout.write(f"{given.to}: {', '.join(names)}\n")


if __name__ == "__main__":
    main()
