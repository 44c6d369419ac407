"""./heartline silence and ./heartline silences, with a real Alertmanager."""

import re

import pytest

from stack import silences
from stack.problem import Problem
from tests.stack.alertmanager import Running
from tests.until import until


def make(there: Running, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What is said, and the silence's id."""
    assert silences.silence([*words, "--alertmanager", there.url]) == 0
    said = capsys.readouterr().out
    found = re.search(r"--end (\S+)", said)
    assert found is not None
    return said, found[1]


def listed(there: Running, capsys: pytest.CaptureFixture[str]) -> str:
    assert silences.silences(["--alertmanager", there.url]) == 0
    return capsys.readouterr().out


def end(there: Running, id: str) -> None:
    assert silences.silence(["--end", id, "--alertmanager", there.url]) == 0


def test_a_silence_is_made_listed_and_ended(
    there: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "alice")
    said, id = make(there, capsys, "host=web01", 'severity=~"warning|critical"', "2h", "its disk", "is swapped")
    assert "(2h)" in said
    assert "quiet now: HostDown host=web01" in said
    until(lambda: f"{id[:8]}  " in listed(there, capsys))
    row = next(line for line in listed(there, capsys).splitlines() if line.startswith(id[:8]))
    assert "alice" in row
    assert 'host="web01", severity=~"warning|critical"' in row
    assert row.endswith("its disk is swapped")
    end(there, id[:8])
    assert listed(there, capsys).splitlines()[-1] == "no silence holds"


def test_all_four_operators_and_quotes_reach_alertmanager(there: Running, capsys: pytest.CaptureFixture[str]) -> None:
    _, id = make(there, capsys, "a=b", "c!=d", "e=~f.*", r'g!~"h\"\\d"', "1d", "x")
    (kept,) = (one for one in there.silences() if one["id"] == id)
    assert isinstance(kept["matchers"], list)
    told = [(m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in kept["matchers"]]
    assert told == [
        ("a", "b", False, True),
        ("c", "d", False, False),
        ("e", "f.*", True, True),
        ("g", 'h"\\d', True, False),
    ]
    end(there, id)


def test_a_first_word_alone_is_an_alerts_name(there: Running, capsys: pytest.CaptureFixture[str]) -> None:
    said, id = make(there, capsys, "HostDiskFull", "30m", "known")
    assert 'alertname="HostDiskFull"' in said
    end(there, id)


def test_a_matcher_without_an_alert_is_a_hint_with_what_is_near(
    there: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    said, id = make(there, capsys, "host=web1", "severity=critical", "2h", "x")
    assert "none of the 4 alerts" in said
    assert 'host="web1" matches none of them; host is web01 there' in said
    assert 'severity="critical" matches none' not in said
    end(there, id)
    said, id = make(there, capsys, "hosts=web01", "2h", "x")
    assert "did you mean host?" in said
    end(there, id)


@pytest.mark.parametrize("words", [["alertname=~.+"], ["host!=web01"], ["alertname!=Watchdog", "host!~x.*"]])
def test_a_silence_of_nearly_everything_is_refused(words: list[str]) -> None:
    with pytest.raises(Problem, match="nearly everything"):
        silences.read([*words, "2h", "x"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "for how long, and why"),
        (["host=web01"], "for how long, and why"),
        (["2h", "x"], "silence what"),
        (["host=web01", "2h"], "why?"),
        (["host=web01", "2.5h", "x"], "whole numbers only"),
        (["host=web01", "2hours", "x"], "expected a duration"),
        (["host=web01", "0", "x"], "of no length"),
        (["hóst=web01", "2h", "x"], "no label name"),
        (["host=~(", "2h", "x"], "no regular expression"),
        (['host="web', "2h", "x"], "does not end"),
    ],
)
def test_what_is_wrong_is_said_with_an_example(words: list[str], said: str) -> None:
    with pytest.raises(Problem, match=re.escape(said)):
        silences.read(words)


def test_what_cannot_be_ended_is_told(there: Running, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Problem, match="no silence that holds"):
        end(there, "ffffffff-nothing")
    ids = [make(there, capsys, "host=web01", "2h", "x")[1] for _ in range(17)]
    twice = next(id[0] for id in ids if sum(other[0] == id[0] for other in ids) > 1)
    with pytest.raises(Problem, match="write more of the id"):
        end(there, twice)
    for id in ids:
        end(there, id)
