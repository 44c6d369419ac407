"""Unpacks an archive of ours, with the safety that newer Pythons ask for; Debian 12's is too old to know it."""

import tarfile
from pathlib import Path
from typing import Any

SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as opened:
        opened.extractall(folder, **SAFELY)
