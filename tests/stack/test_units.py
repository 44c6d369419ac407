"""systemd's units: it understands them, they open little, and the programs take their flags."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from analyzer.flags import parse as analyzer_flags
from exporter.flags import parse as exporter_flags
from stack import tools
from stack.layout import ROOT, Ports

UNITS = sorted((ROOT / "stack" / "systemd").glob("*.service"))
# As `systemd-analyze security` counts it, times ten: 100 is a service without any limit.
EXPOSURE = 25


def name(unit: Path) -> str:
    return unit.stem.removeprefix("heartline-")


def command(unit: Path) -> list[str]:
    found = re.search(r"(?m)^ExecStart=((?:.*\\\n)*.*)$", unit.read_text())
    assert found is not None
    return shlex.split(found[1].replace("\\\n", " "))


def test_there_is_one_for_each_program() -> None:
    assert [name(unit) for unit in UNITS] == ["analyzer", "exporter"]


def test_systemd_understands_them(tmp_path: Path) -> None:
    copies = []
    for unit in UNITS:
        program = tmp_path / Path(command(unit)[0]).name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(unit.read_text().replace("/opt/heartline/bin", str(tmp_path)))
    words = [str(tools.find("systemd-analyze")), "verify", "--man=no", *map(str, copies)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_they_open_little(unit: Path) -> None:
    analyze = [str(tools.find("systemd-analyze")), "security", "--no-pager", "--offline=true"]
    words = [*analyze, f"--threshold={EXPOSURE}", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_the_programs_take_their_flags(unit: Path) -> None:
    words = command(unit)[1:]
    given = analyzer_flags(words) if name(unit) == "analyzer" else exporter_flags(words)
    assert (given.host, given.port) == ("127.0.0.1", vars(Ports())[name(unit)])
    # What they may write to is what systemd makes for them.
    state = re.search(r"(?m)^StateDirectory=(.*)$", unit.read_text())
    assert state is not None
    assert str(given.storage) == f"/var/lib/{state[1]}"
