"""Does every link lead to something that is there?"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from analyzer.notify import panels
from grafana import alerts, rules
from grafana.dashboard import HOME
from stack.layout import ROOT
from tests.grafana import built
from tests.grafana.built import DASHBOARDS

PAGES = {
    "alertmanager": ("/#/silences", "/#/silences/new?filter=%7B${__value.raw:percentencode}%7D"),
    "analyzer": ("/findings/${__value.raw:percentencode}",),
    "exporter": ("/probes",),
}
"""Of other programs: test_program, the analyzer's and Alertmanager's own tests ask for them."""
OURS = re.compile(r"^/?d/heartline-")
CELL = "/d/${__value.raw}&${__url_time_range}"
"""Where a cell says the page; test_answers asks for each."""


def urls(value: Any) -> Iterator[str]:
    """All that a dashboard holds as a link."""
    if isinstance(value, dict):
        if url := value.get("url"):
            yield url
        yield from re.findall('href="([^"]+)"', str(value.get("textFormat", "")))
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from urls(one)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_link_leads_somewhere(name: str) -> None:
    found = list(urls(DASHBOARDS[name]))
    assert found
    for url in found:
        if OURS.match(url):
            assert built.missing(url) == "", url
        elif program := re.match(r"\$\{(\w+)\}(.*)", url):
            assert program[2] in PAGES[program[1]], url
            assert program[1] in built.chosen(name), url
        else:
            assert url == CELL or url.startswith(alerts.RUNBOOKS) or url == "d/{{page}}{{range}}", url


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_link_between_dashboards_keeps_the_time_range(name: str) -> None:
    for panel in built.panels(DASHBOARDS[name]):
        for url in urls(panel):
            assert "${__url_time_range}" in url or not url.startswith("/d/"), url


def test_each_subject_can_be_reached_from_the_home_page() -> None:
    found = {urlsplit(url).path for url in urls(DASHBOARDS["overview"]["panels"])}
    assert found >= {f"/d/heartline-{name}" for name in ("heartbeats", "hosts", "host", "probes", "logs")}
    assert all(f"d/{HOME}" in [one["url"] for one in dashboard["links"]] for dashboard in DASHBOARDS.values())


def test_every_alert_has_a_panel_and_what_has_a_panel_is_an_alert() -> None:
    assert alerts.TARGETS.keys() == {rule.alert for rule in rules.RULES}
    for alert in alerts.TARGETS:
        assert (ROOT / "docs" / "runbooks" / f"{alert}.md").is_file()


LABELS = {"host": "web 01", "heartbeat": "a&b", "probe": "shop", "instance": "web01:9100"}


@pytest.mark.parametrize("alert", [*alerts.TARGETS, "OfSomebodyElse"])
def test_the_url_of_an_alert_names_a_panel_and_what_can_be_chosen_there(alert: str) -> None:
    url = panels.link("http://127.0.0.1:3000/", {"alertname": alert, **LABELS}, starts=1_700_003_600.0)
    base, path = url.split("/d/")
    assert base == "http://127.0.0.1:3000"
    assert built.missing(f"/d/{path}") == ""
    said = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
    assert (said["from"], said["to"]) == ("1700000000000", "now")
    assert all(LABELS[key.removeprefix("var-")] == value for key, value in said.items() if key.startswith("var-"))


def test_what_has_no_panel_of_its_own_is_shown_where_everything_fires() -> None:
    (firing,) = [panel for panel in built.panels(DASHBOARDS["overview"]) if panel["title"] == "Firing now"]
    url = panels.link("http://g", {"alertname": "OfSomebodyElse"}, starts=1_700_003_600.0, ends=1_700_004_000.0)
    assert url == f"http://g/d/{HOME}?viewPanel={firing['id']}&from=1700000000000&to=1700004000000"
