"""Rules tested alone, by their tests' files."""

from pathlib import Path

import pytest

from stack import rule_tests
from stack.layout import ROOT
from stack.problem import Problem

META = ROOT / "tests" / "rules" / "meta.yml"


def test_a_file_that_holds_is_told_for_each_promtool(capsys: pytest.CaptureFixture[str]) -> None:
    assert rule_tests.main([str(META)]) == 0
    assert capsys.readouterr().out.count("ok  meta.yml") == 2


def test_a_file_that_fails_is_told_with_promtools_words(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    text = META.read_text().replace("../../rules/", f"{ROOT}/rules/").replace("eval_time: 6m\n", "eval_time: 5m\n")
    wrong.write_text(text)
    with pytest.raises(Problem, match=r"wrong\.yml fails in promtool 2\.42") as caught:
        rule_tests.main([str(wrong)])
    assert "ExporterDown" in caught.value.shown
