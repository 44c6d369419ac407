"""The image: what goes into it, what it holds, whom it belongs to."""

import json
import re
import tomllib

import pytest

from stack.layout import ROOT
from tests.stack.container import Container, Mount, hardened
from tests.stack.dockerfile import parse
from tests.stack.image import Built, ignored

STAGES = parse((ROOT / "Dockerfile").read_text())
LOCKED = {name: (ROOT / "stack" / "image" / name).read_text() for name in ("build.txt", "requirements.txt")}


def test_each_base_is_one_release() -> None:
    for stage in STAGES:
        if stage.base in {other.name for other in STAGES}:
            continue
        assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", stage.base), stage.base


def test_every_locked_package_has_its_hashes() -> None:
    for text in LOCKED.values():
        lines = re.sub(r"\s*\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
        assert lines
        for line in lines:
            assert re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


def test_the_lock_has_what_the_programs_ask_for() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    locked = dict(re.findall(r"(?m)^([a-z0-9-]+)==([0-9.]+)", LOCKED["requirements.txt"]))
    for requirement in wanted:
        name, least = re.match(r"([A-Za-z0-9-]+)(?:>=([0-9.]+))?", requirement).groups()  # type: ignore[union-attr]
        assert _numbers(locked[name.lower()]) >= _numbers(least or "0"), requirement
        most = re.search(r"<([0-9.]+)", requirement)
        assert most is None or _numbers(locked[name.lower()]) < _numbers(most[1]), requirement


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.mark.parametrize("path", [".env", "data/exporter/heartbeats.db", ".git/config", "tests/golden/metrics.txt"])
def test_nobodys_data_is_sent_to_the_engine(path: str) -> None:
    assert ignored(path, (ROOT / ".dockerignore").read_text())


def test_both_programs_start_as_its_user_without_a_capability(image: Built) -> None:
    for program in ("heartline-exporter", "heartline-analyzer"):
        done = _as_user(image).run([program, "--help"])
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("usage: ")


def _as_user(image: Built) -> Container:
    uid, gid = map(int, image.user.split(":"))
    mounts = [*image.container.mounts, Mount("mode=1777", "/tmp", tmpfs=True)]
    return hardened(image.container, mounts=mounts, uid=uid, gid=gid, environ=image.environ, folder=image.folder)


def test_its_programs_are_the_files_of_this_repository(image: Built) -> None:
    for file in ("exporter/collect.py", "analyzer/review.md", "toolkit/healthy.py", "analyzer/analyzer.yml"):
        assert (image.site / file).read_bytes() == (ROOT / file).read_bytes()


def test_what_is_compiled_carries_no_time(image: Built) -> None:
    compiled = list((image.site / "exporter").rglob("*.pyc"))
    assert len(compiled) > 50
    # Bytes 4 to 8 of the header: 1 is "by content", and nobody looks whether the source is still the same.
    assert {file.read_bytes()[4:8] for file in compiled} == {b"\x01\0\0\0"}


def test_it_lists_what_it_holds(image: Built) -> None:
    told = json.loads((image.container.root / "opt/heartline/sbom.cdx.json").read_text())
    names = {part["purl"].partition("@")[0] for part in told["components"]}
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "heartline"
    assert {"pkg:pypi/aiohttp", "pkg:pypi/pyyaml", "pkg:generic/python"} <= names
    assert len({part["bom-ref"] for part in told["components"]}) == len(told["components"])
