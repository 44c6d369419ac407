"""What several modules look at: a real Alertmanager, and the image of the Dockerfile, which is built once."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stack import tools
from stack.layout import ROOT
from tests.stack.alertmanager import Running, running
from tests.stack.container import Container, Mount, bare, let_in
from tests.stack.dockerfile import parse
from tests.stack.image import Built, build

SITE = next(Path(sys.prefix, "lib").glob("python*/site-packages"))
PYTHON = Path(sys.base_prefix)


@pytest.fixture(scope="module", params=tools.SUITES)
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Of each module its own, as they silence in it."""
    with running(request.param, tmp_path_factory.mktemp("alertmanager")) as found:
        yield found


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Built]]:
    """Built on this machine's Python, and with the packages of these tests instead of fetched ones."""
    folder = tmp_path_factory.mktemp("image")
    let_in(folder)
    yield build(parse((ROOT / "Dockerfile").read_text()), ROOT, lambda name: base(folder / name), carry_out)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def image(stages: dict[str, Built]) -> Built:
    return stages["image"]


def base(folder: Path) -> Container:
    found = bare(folder)
    local = folder / "usr-local-bin"
    local.mkdir()
    # No link: a virtual environment would take the folder of the link for its Python's own.
    # And with pip, as the image that is begun with has it.
    program(local / "python3", f'PYTHONPATH=/pip exec {shlex.quote(str(PYTHON / "bin" / "python3"))} "$@"')
    # Not done is what a network would be needed for.
    program(local / "apt-get", "")
    (folder / "etc/apt/sources.list.d").mkdir(parents=True)
    (folder / "etc/apt/sources.list.d/debian.sources").write_text("Types: deb\n")
    mounts = [
        *found.mounts,
        Mount(str(local), "/usr/local/bin"),
        Mount(str(SITE), "/site"),
        Mount(str(SITE / "pip"), "/pip/pip"),
    ]
    if not PYTHON.is_relative_to("/usr"):
        mounts.append(Mount(str(PYTHON), str(PYTHON)))
    return replace(found, mounts=mounts)


def program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def carry_out(built: Built, script: str) -> None:
    if "--require-hashes" not in script:
        built.run(script)
        return
    (built.site / "packages.pth").write_text("/site\n")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(built.site),
    ]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "stack" / "image" / "build.txt")], check=True)
