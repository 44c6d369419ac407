"""The examples are what they claim to be."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.clients.conftest import WRAPPER

DOCS = WRAPPER.parents[1] / "docs" / "clients.md"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", _blocks("sh"))
def test_every_shell_example_is_posix_shell(block: str) -> None:
    text = block.replace("<token>", "token").replace("<ping key>", "key")
    result = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("block", _blocks("python"))
def test_every_python_example_compiles(block: str) -> None:
    compile(block, "docs/clients.md", "exec")


def test_every_ping_url_of_the_docs_is_of_the_contract() -> None:
    paths = re.findall(r"127\.0\.0\.1:9797(/[^\s`\"'?;$|]*)", DOCS.read_text())
    assert paths
    form = re.compile(r"/ping/?|/ping/<token>(/start|/fail|/log|/)?|/ping/<ping|/api/push/<token>")
    assert [path for path in paths if not form.fullmatch(path)] == []


def test_each_file_that_the_docs_link_exists() -> None:
    links = re.findall(r"\]\((\.\./[^)]+)\)", DOCS.read_text())
    assert links
    assert [link for link in links if not (DOCS.parent / link).is_file()] == []
