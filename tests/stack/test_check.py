"""Each broken edit of the shipped files is told with its line and its remedy, and the shipped files are right."""

import re
import shutil
from pathlib import Path

import pytest

from stack import check, tools
from stack.layout import ROOT, Configs
from stack.lint.find import Files, find
from stack.lint.programs import Program
from tests.stack.faults import of_names, of_programs, of_routes, of_rules
from tests.stack.faults.fault import ALERTMANAGER, PROMETHEUS, Fault, line_of

FAULTS = (*of_names.FAULTS, *of_rules.FAULTS, *of_routes.FAULTS, *of_programs.FAULTS)
COPIED = ("rules", "prometheus", "alertmanager", "docs/runbooks", "analyzer/rules")


@pytest.fixture
def copy(tmp_path: Path) -> Files:
    """The shipped files, to be broken."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "exporter").mkdir()
    configs = Configs(**{name: tmp_path / file.relative_to(ROOT) for name, file in vars(Configs()).items()})
    for old, new in zip(vars(Configs()).values(), vars(configs).values(), strict=True):
        shutil.copy(old, new)
    return Files(configs, tmp_path, tmp_path / "analyzer/rules")


def programs(files: Files, suite: str = "stable") -> list[Program]:
    asked = check.commands(files.configs, tools.find("promtool", suite), tools.find("amtool", suite))
    return [Program(Path(file), tuple(command)) for file, command in asked.items()]


def broken(files: Files, fault: Fault) -> None:
    for name, old, new in fault.edits:
        file = files.root / name
        text = file.read_text() if file.exists() else ""
        assert old in text, (name, old)
        file.write_text(text.replace(old, new, 1))


def concerned(files: Files, fault: Fault) -> list[Program]:
    """The program that reads what is broken: the others have nothing new to say."""
    readers = {"rules": PROMETHEUS, "alertmanager": ALERTMANAGER}
    edited = {files.root / readers.get(name.partition("/")[0], name) for name, _, _ in fault.edits}
    return [program for program in programs(files) if program.file in edited]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_broken_edit_is_told_with_its_line_and_its_remedy(fault: Fault, copy: Files) -> None:
    broken(copy, fault)
    expected = [
        f"{name}:{line_of(copy.root, name, at)}: {'hint: ' if fault.hint else ''}{_numbered(copy.root, what, name)}"
        for name, at, what in fault.says
    ]
    examples = any(name.startswith("analyzer/") for name, _, _ in fault.edits)
    told = find(copy, concerned(copy, fault), examples=examples)
    assert [trouble.shown(copy.root) for trouble in told] == expected


def _numbered(root: Path, what: str, file: str) -> str:
    """`{text}` is the line of the text, in the file that stands before it or else in the broken one."""

    def line(found: "re.Match[str]") -> str:
        return f"{found[1] or ''}{':' if found[1] else ''}{line_of(root, found[1] or file, found[2])}"

    return re.sub(r"(?:(\S+\.yml):)?\{([^}]+)\}", line, what)


@pytest.mark.parametrize("suite", tools.SUITES)
def test_nothing_is_wrong_with_the_shipped_files(suite: str) -> None:
    files = Files(Configs())
    assert [trouble.shown(ROOT) for trouble in find(files, programs(files, suite))] == []
