"""The programs around ours are found, and what cannot be had is said in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from stack import apt, tools
from stack.layout import ROOT
from stack.problem import Problem


@pytest.mark.parametrize("name", ["prometheus", "promtool", "alertmanager", "amtool"])
def test_what_is_needed_runs_and_says_its_version(name: str) -> None:
    assert tools.version(name, tools.find(name))


def test_the_newest_suite_has_newer_versions_where_there_is_one() -> None:
    prometheus, amtool = tools.find("prometheus", "newest"), tools.find("amtool", "newest")
    if apt.has_newest():
        assert int(tools.version("prometheus", prometheus).split(".")[0]) >= 3
        assert tuple(map(int, tools.version("amtool", amtool).split(".")[:2])) >= (0, 28)
    else:
        assert (prometheus, amtool) == (tools.find("prometheus"), tools.find("amtool"))


def test_a_program_unpacked_before_is_taken_without_asking_anybody(tmp_path: Path) -> None:
    program = tmp_path / "newest" / "usr" / "bin" / "promtool"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    assert tools.find("promtool", "newest", tmp_path) == (program if apt.has_newest() else tools.find("promtool"))


def test_an_unknown_tool_is_one_line() -> None:
    with pytest.raises(Problem, match="unknown tool 'promtol', known are: prometheus, promtool, "):
        tools.main(["promtol"])


def test_libraries_that_are_not_there_are_named_once() -> None:
    text = """/x/shellcheck: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /x/shellcheck)
        linux-vdso.so.1 (0x00007ffd)
        libnuma.so.1 => not found
        libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
        libnuma.so.1 => not found
    """
    assert apt.parse_ldd(text) == ["GLIBC_2.38", "libnuma.so.1"]
    assert apt.parse_ldd("\tnot a dynamic executable\n") == []


def test_an_unknown_command_is_one_line_and_the_help() -> None:
    done = subprocess.run([ROOT / "heartline", "upp"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "heartline: unknown command 'upp'"
    assert "usage: ./heartline COMMAND" in done.stderr


def test_the_help_names_every_command() -> None:
    done = subprocess.run([ROOT / "heartline", "help"], capture_output=True, text=True, check=True)
    for command in ("up", "demo", "check", "urls", "test", "bench"):
        assert f"\n  {command} " in done.stdout


def test_the_package_itself_names_its_verbs() -> None:
    done = subprocess.run([sys.executable, "-m", "stack"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
