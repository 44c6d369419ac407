"""Are the dashboards what their sources say, complete, readable, and of one look?"""

import copy
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from grafana import build
from grafana.colours import BY_LABEL, BY_WORD
from tests.grafana import built
from tests.grafana.built import DASHBOARDS

SCHEMA = json.loads((Path(__file__).parent / "dashboard.schema.json").read_text())
each = pytest.mark.parametrize("name", DASHBOARDS)
PHONE = 24  # columns; below 769 pixels Grafana gives each panel all of them, one below the other


def faults(dashboard: Any) -> list[str]:
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(dashboard)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in found]


@each
def test_it_has_the_shape_that_grafana_reads(name: str) -> None:
    assert faults(DASHBOARDS[name]) == []


def test_a_misspelt_key_and_a_number_as_a_unit_are_faults() -> None:
    dashboard = copy.deepcopy(DASHBOARDS["overview"])
    dashboard["panels"][0]["descripton"] = dashboard["panels"][0].pop("description")
    dashboard["panels"][1]["fieldConfig"]["defaults"]["unit"] = 1
    assert len(faults(dashboard)) == 3


def test_they_are_as_their_sources_build_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--check"]) == 0, capsys.readouterr().err


def test_a_change_by_hand_is_seen_and_undone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("grafana/dashboards", "analyzer/notify"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "dashboards.yml").write_text("groups: []\n")
    assert build.main([], tmp_path) == 0
    (tmp_path / "grafana" / "dashboards" / "overview.json").write_text("{}")
    (tmp_path / "grafana" / "dashboards" / "mine.json").write_text("{}")
    assert build.main(["--check"], tmp_path) == 1
    assert re.findall(r"dashboards/\w+", capsys.readouterr().err) == ["dashboards/overview", "dashboards/mine"]
    assert build.main([], tmp_path) == 0
    assert build.main(["--check"], tmp_path) == 0


def test_each_dashboard_and_in_it_each_panel_has_a_number_of_its_own() -> None:
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    for name, dashboard in DASHBOARDS.items():
        assert dashboard["uid"] == f"heartline-{name}"
        ids = Counter(panel["id"] for panel in dashboard["panels"])
        assert max(ids.values()) == 1, name


@each
def test_no_panel_covers_another_and_none_is_cut(name: str) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]
    assert all(place["x"] + place["w"] <= PHONE for place in places)
    for a, b in combinations(places, 2):
        assert apart(a, b, "x", "w") or apart(a, b, "y", "h"), (a, b)


def apart(a: Any, b: Any, start: str, size: str) -> bool:
    return bool(a[start] + a[size] <= b[start] or b[start] + b[size] <= a[start])


@each
def test_lines_are_full_so_that_nothing_stands_beside_a_gap(name: str) -> None:
    lines: dict[int, int] = defaultdict(int)
    for panel in DASHBOARDS[name]["panels"]:
        lines[panel["gridPos"]["y"]] += panel["gridPos"]["w"]
    assert set(lines.values()) == {PHONE}, lines


@each
def test_on_a_phone_what_matters_most_comes_first(name: str) -> None:
    """There the panels stand in this order: numbers at the top, none below a graph or a table."""
    types = [panel["type"] for panel in DASHBOARDS[name]["panels"]]
    assert types[0] == "stat"
    assert types == sorted(types, key=lambda kind: kind != "stat")


@each
def test_words_say_how_to_read_a_panel_and_what_to_do_without_data(name: str) -> None:
    for panel in built.panels(DASHBOARDS[name]):
        assert panel["title"].lower().rstrip(".") != panel["description"].lower().rstrip("."), panel["title"]
        assert "no data" not in panel["fieldConfig"]["defaults"]["noValue"].lower(), panel["title"]


def colours(name: str) -> Iterator[tuple[str, str]]:
    """A word and its colour, wherever a series is called so."""
    for panel in built.panels(DASHBOARDS[name]):
        for override in panel["fieldConfig"]["overrides"]:
            for one in override["properties"]:
                if one["id"] == "color":
                    yield override["matcher"]["options"], one["value"]["fixedColor"]


def test_a_word_has_the_same_colour_everywhere() -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for name in DASHBOARDS:
        for word, colour in colours(name):
            known[word].add(colour)
    assert {word: found for word, found in known.items() if len(found) > 1} == {}
    states = dict(words_of_states())
    assert all(found == {states[word]} for word, found in known.items() if word in states)
    assert known.keys() - states.keys() <= {*BY_WORD, *(value for words in BY_LABEL.values() for value in words)}


def words_of_states() -> Iterator[tuple[str, str]]:
    for dashboard in DASHBOARDS.values():
        yield from re.findall(r'\{"text": "([^"]+)", "color": "([^"]+)"', json.dumps(dashboard))


def test_a_state_has_the_same_colour_everywhere() -> None:
    found = set(words_of_states())
    assert len(found) > 15
    assert len({word for word, _ in found}) == len(found)


@each
def test_what_is_chosen_narrows_what_can_be_chosen_next(name: str) -> None:
    chosen = [one for one in DASHBOARDS[name]["templating"]["list"] if one["type"] == "query"]
    for before, after in pairwise(chosen):
        assert f"${before['name']}" in after["query"]


@each
def test_all_that_can_be_chosen_is_asked_for(name: str) -> None:
    dashboard = DASHBOARDS[name]
    said = json.dumps([dashboard["panels"], dashboard["annotations"], dashboard["links"]])
    for one in dashboard["templating"]["list"]:
        assert re.search(rf"\$({{{one['name']}}}|{one['name']}\b)", said), one["name"]
