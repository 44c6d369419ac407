"""A fleet made of a few: each host has its own names, a counter goes on, and all that Grafana asks is asked."""

import urllib.request

from bench import dashboards, fleet
from bench.fleet import Present
from tests.grafana import built
from tests.grafana.past import Series

NODE = Series('cpu_total{mode="idle",job="node",instance="a:1",host="watch"}', "cpu_total", 100.0, True)
BEAT = Series('heartbeat_failing{heartbeat="steady",host="watch",job="heartline"}', "heartbeat_failing", 0.0, False)
PROBE = Series('probe_success{job="probe",instance="http://x",probe="shop",host="web01"}', "probe_success", 1.0, False)
OWN = Series('heartline_exporter_heartbeats{job="heartline"}', "heartline_exporter_heartbeats", 8.0, False)


def test_each_further_host_has_names_of_its_own() -> None:
    found = [one.shown for one in fleet.fleet([NODE, BEAT, PROBE, OWN], 3)]
    assert len(found) == 4 + 2 * 3
    assert 'cpu_total{mode="idle",job="node",instance="host-002:9100",host="host-002"}' in found
    assert 'heartbeat_failing{heartbeat="steady-001",host="host-001",job="heartline"}' in found
    # What is probed is the same, by another name.
    assert 'probe_success{job="probe",instance="http://x",probe="shop-001",host="host-001"}' in found


def test_what_rules_recorded_is_written_as_they_wrote_it() -> None:
    row: dict[str, object] = {"metric": {"__name__": "a:b", "what": 'a "b"\n'}, "value": [0, "2.5"]}
    assert list(fleet.held([row])) == [Series('a:b{what="a \\"b\\"\\n"}', "a:b", 2.5, False)]


def test_scrapes_go_on_where_the_past_ended() -> None:
    with fleet.served(Present([NODE, BEAT, PROBE, OWN], began=0.0)) as port:
        pages = [_page(port, part) for part in range(fleet.PARTS)]
    assert [page.count("\n") for page in pages] == [1, 1, 1, 1]
    assert float(pages[0].split()[-1]) > 100.0
    assert pages[2] == f"{PROBE.shown} 1.0\n"


def _page(port: int, part: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{part}", timeout=30) as answer:
        return str(answer.read().decode())


def test_a_refresh_asks_for_all_panels_all_marks_that_are_on_and_all_choices() -> None:
    for name, dashboard in built.DASHBOARDS.items():
        asked = list(dashboards.requests(name, built.chosen(name), 1_700_000_000.0))
        marks = [one for one in dashboard["annotations"]["list"] if "expr" in one and one["enable"]]
        choices = [one for one in built.choices() if one.dashboard == name]
        assert len(asked) == len(list(built.targets(name))) + len(marks) + len(choices)
        assert all("$" not in value.replace("$1", "") for one in asked for value in one.keys.values())
