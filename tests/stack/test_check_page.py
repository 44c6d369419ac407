"""The page about the check shows what it says."""

import re

import pytest

from stack import check
from stack.layout import ROOT
from tests.stack.test_check import FAULTS

SHOWN = re.compile(r"\| `(?P<file>[\w./-]+\.\w+):\d+: (?P<what>.+)` \|")
SAID = [
    (file, ("hint: " if fault.hint else "") + re.sub(r"\{[^}]+\}", "76", what))
    for fault in FAULTS
    for file, _, what in fault.says
]


def test_each_answer_on_the_page_is_given_to_a_broken_edit() -> None:
    shown = [(found["file"], found["what"]) for found in SHOWN.finditer((ROOT / "docs" / "check.md").read_text())]
    assert len(shown) > 20
    assert [answer for answer in shown if answer not in SAID] == []


def test_the_page_names_each_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check.parse(["--help"])
    page = (ROOT / "docs" / "check.md").read_text()
    flags = set(re.findall(r"--[a-z.]+", capsys.readouterr().out)) - {"--help"}
    assert [flag for flag in flags if flag not in page] == []
