"""What a program answers that is run once."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.layout import ROOT

Answer = subprocess.CompletedProcess[str]


def asked(command: Sequence[str], environ: Mapping[str, str] | None = None, folder: Path = ROOT) -> Answer:
    """Its exit code and what it printed; it reads nothing from the terminal. `environ` None: as this program's."""
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
