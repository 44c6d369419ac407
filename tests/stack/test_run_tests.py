"""The command that runs everything fails when a part of it does."""

import sys

import pytest

from stack.layout import ROOT
from stack.problem import Problem
from stack.run_tests import Stage, require_no_skip, run, shell_scripts


def test_a_failing_stage_shows_what_it_said_and_its_exit_code() -> None:
    stage = Stage("odd", (sys.executable, "-c", "import sys; print('told'); sys.exit(3)"))
    with pytest.raises(Problem, match=r"odd failed \(exit 3\)") as failed:
        run(stage)
    assert failed.value.shown == "told"


def test_a_stage_that_succeeds_is_silent_unless_it_is_live(capsys: pytest.CaptureFixture[str]) -> None:
    command = (sys.executable, "-c", "print('told')")
    run(Stage("quiet", command))
    assert capsys.readouterr().out == ""
    run(Stage("loud", command, live=True))
    assert capsys.readouterr().out == "told\n"


def test_a_test_left_out_is_a_failure() -> None:
    require_no_skip(["...", "3 passed in 0.10s\n"])
    with pytest.raises(Problem, match="left tests out"):
        require_no_skip(["...", "3 passed, 1 skipped in 0.10s\n"])


def test_the_shell_scripts_are_known_by_their_first_line() -> None:
    assert {ROOT / "heartline", ROOT / "clients" / "heartline-run"} <= set(shell_scripts())
