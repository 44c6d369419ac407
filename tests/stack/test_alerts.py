"""./heartline alerts, as a real Alertmanager tells of them."""

from datetime import UTC, datetime
from pathlib import Path

import bcrypt
import pytest

from stack import alerts, silences
from stack.__main__ import main
from stack.alertmanager_api import Alert
from stack.problem import Problem
from tests.stack.alertmanager import Running, program
from tests.until import until

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(there: Running, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert alerts.main(["--alertmanager", there.url, *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_what_fires_comes_first_with_since_when_and_what_is_inhibited_says_by_whom(
    there: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    # Alertmanager inhibits when it routes, which is a moment after it has taken an alert.
    until(lambda: "inhibited by HostDown of web01" in "\n".join(told(there, capsys)))
    lines = told(there, capsys)
    assert lines[0].split() == ["SEVERITY", "ALERT", "ON", "SINCE", "FOR", "STATE"]
    assert [line.split()[1] for line in lines[1:5]] == ["HostDown", "HostDiskFull", "Odd", "ProbeFailed"]
    assert "host=web01  " in lines[1]
    assert lines[1].endswith("fires")
    assert "  27m" in lines[1]
    assert "host=nas, mountpoint=/srv" in lines[2]
    assert lines[-1] == "3 fire, 1 are kept quiet"


def test_matchers_choose(there: Running, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(there, capsys, 'alertname=~"Host.+"', "host!=nas")
    assert [line.split()[1] for line in lines[1:-2]] == ["HostDown"]
    assert told(there, capsys, "host=nobody") == ["no alert matches"]


def test_a_silence_is_told_with_its_maker_end_and_reason(there: Running, capsys: pytest.CaptureFixture[str]) -> None:
    silences.silence(["mountpoint=/srv", "1h", "swapping", "--alertmanager", there.url])
    capsys.readouterr()
    until(lambda: "silenced by" in "\n".join(told(there, capsys)))
    (line,) = (line for line in told(there, capsys) if "HostDiskFull" in line)
    assert ": swapping (" in line


def test_nothing_in_a_label_moves_the_terminal(there: Running, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = (line for line in told(there, capsys) if " Odd " in line)
    assert r"host=\x1b[2J\x1b]0;owned\x07\u202eevil\r\n\u2028x" in line


def test_the_times_of_a_route_are_told_where_alertmanager_tells_them() -> None:
    one = Alert("1", {"alertname": "DiskSoon"}, NOW, (), (), ("night",))
    assert [*alerts.show([one], [], [], NOW)][1].endswith("muted by the times of night")


def test_nothing_fires_is_said() -> None:
    assert [*alerts.show([], [], [], NOW)] == ["nothing fires"]


def test_an_alertmanager_that_is_not_there_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "--alertmanager", "http://me:hunter2@127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "not reachable at http://127.0.0.1:9 " in said
    assert "./heartline up" in said
    assert "hunter2" not in said


def test_another_program_is_not_taken_for_one(there: Running) -> None:
    with pytest.raises(Problem, match="nothing of Alertmanager's API"):
        alerts.main(["--alertmanager", f"{there.url}/elsewhere"])
    with pytest.raises(Problem, match="expected a URL"):
        alerts.main(["--alertmanager", "localhost:9093"])


def test_an_alertmanager_with_a_password_says_so_and_takes_it_from_the_url(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users: {{me: '{bcrypt.hashpw(b'hunter/2', bcrypt.gensalt(4)).decode()}'}}\n")
    with program("stable", tmp_path, f"--web.config.file={web}") as there:
        with pytest.raises(Problem, match="wants a password"):
            alerts.main(["--alertmanager", there.url])
        assert alerts.main(["--alertmanager", there.url.replace("://", "://me:hunter%2F2@")]) == 0
    assert capsys.readouterr().out == "nothing fires\n"
