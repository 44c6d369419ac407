"""The pages that every Prometheus program has: /metrics in all forms, health, readiness, and the one for people."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from stack import tools
from tests.program import Answer, Program, running

TEXT, OPENMETRICS = (
    "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
)
PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
HOSTILE = [
    'quote " backslash \\ brace } comma , equals =',
    "</td><script>alert(1)</script>&amp;'",
    "مرحبا – 日本 🚀 e\u0301",
    '\\n \\\\ \\" {x="y"} 1',
]
NAMED = [
    {"id": f"h{i}", "every": "5m", "name": text, "host": text, "tags": [text.replace(",", "")]}
    for i, text in enumerate(HOSTILE)
]
CONFIG = json.dumps({"heartbeats": NAMED}, ensure_ascii=False)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("pages"), CONFIG) as program:
        program.get(f"/ping/{program.tokens['h0']}/1")
        yield program


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (PROMETHEUS_2_42, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", TEXT),
        ("text/plain", TEXT),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1", TEXT),
        ("application/openmetrics-text;version=1.0.0;q=0", TEXT),
        ("application/openmetrics-text;version=1.0.0;q=x", TEXT),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", OPENMETRICS),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", TEXT),
        (",;,;q=", TEXT),
    ],
)
def test_a_scraper_gets_the_form_it_likes_best(program: Program, accept: str, content_type: str) -> None:
    answer = program.get("/metrics", Accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, content_type)
    assert answer.text.endswith("# EOF\n") is (content_type == OPENMETRICS)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", True), ("gzip, deflate, br", True), ("*", True), ("", False), ("identity", False), ("gzip;q=0", False)],
)
def test_it_is_packed_for_whom_can_unpack_it(program: Program, encoding: str, packed: bool) -> None:
    answer = program.get("/metrics/heartbeats", Accept_Encoding=encoding)
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    text = gzip.decompress(answer.body) if packed else answer.body
    assert b"heartbeat_info{" in text


def test_the_same_is_told_packed_and_plain(program: Program) -> None:
    page = "/metrics/heartbeats?shard=2/2"  # without what changes by itself
    plain = program.get(page).body
    assert gzip.decompress(program.get(page, Accept_Encoding="gzip").body) == plain


@pytest.mark.parametrize("page", ["/metrics", "/metrics/heartbeats", "/", "/-/healthy", "/-/ready"])
def test_head_has_the_headers_and_no_body(program: Program, page: str) -> None:
    head, get = program.ask("HEAD", page), program.get(page)
    assert (head.status, head.body, head.headers["content-type"]) == (200, b"", get.headers["content-type"])


@pytest.mark.parametrize("page", ["/metrics", "/", "/-/healthy", "/-/ready"])
def test_other_methods_are_not_for_pages(program: Program, page: str) -> None:
    for method in ("POST", "DELETE"):
        answer = program.ask(method, page)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_promtool_finds_nothing_to_complain_about(program: Program) -> None:
    text = program.get("/metrics/heartbeats").body
    done = subprocess.run([tools.find("promtool"), "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_hostile_names_survive_both_formats(program: Program) -> None:
    told = (
        text_families(program.get("/metrics/heartbeats").text),
        openmetrics_families(program.get("/metrics/heartbeats", Accept=OPENMETRICS).text),  # type: ignore[no-untyped-call]  # it has no annotations
    )
    for families in told:
        info = [sample for family in families for sample in family.samples if sample.name == "heartbeat_info"]
        labels = sorted((s.labels["heartbeat"], s.labels["name"], s.labels["host"], s.labels["tags"]) for s in info)
        assert labels == [(f"h{i}", text, text, text.replace(",", "")) for i, text in enumerate(HOSTILE)]


def lines(answer: Answer) -> list[str]:
    return [line for line in answer.text.splitlines() if line.startswith("heartbeat_")]


@pytest.mark.parametrize("of", [1, 2, 4, 8, 16])
def test_shards_are_disjoint_and_together_everything(tmp_path: Path, of: int) -> None:
    config = "heartbeats:\n" + "".join(f"- {{id: job-{i}, every: 5m}}\n" for i in range(200))
    with running(tmp_path, config) as program:
        whole = lines(program.get("/metrics"))
        shards = [program.get(f"/metrics?shard={n}/{of}") for n in range(1, of + 1)]
        together = [line for shard in shards for line in lines(shard)]
        assert sorted(together) == sorted(whole)
        assert len(set(together)) == len(together)
        assert ["heartline_exporter_storage_up" in shard.text for shard in shards] == [True] + [False] * (of - 1)


@pytest.mark.parametrize(
    "shard", ["0/4", "5/4", "1/3", "1/32", "x", "1", "/", "1/", "-1/4", "", "1/4/4", "9" * 5000 + "/4"]
)
def test_a_shard_that_is_none_is_refused(program: Program, shard: str) -> None:
    answer = program.get(f"/metrics?shard={shard}")
    assert (answer.status, answer.text.count("\n")) == (400, 1)
    assert "shard" in answer.text


def test_the_order_of_families_is_whole(program: Program) -> None:
    text = program.get("/metrics/heartbeats").text
    declared = re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    assert len(declared) == len(set(declared))


def test_health_and_readiness(program: Program) -> None:
    assert program.get("/-/healthy").text == "Heartline exporter is healthy.\n"
    assert program.get("/-/ready").text == "Heartline exporter is ready.\n"
    assert program.get("/-/nothing").status == 404
    assert program.get("/nothing").status == 404
    assert program.get("/favicon.ico").status == 404


class Cells(HTMLParser):
    """The texts of a page's table cells, and the names of all its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def test_the_page_for_people_shows_every_name_and_runs_none(program: Program) -> None:
    answer = program.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    page = Cells()
    page.feed(answer.text)
    assert "script" not in page.elements
    for text in HOSTILE:
        assert any(text in cell for cell in page.cells)


def test_the_page_for_people_shows_the_troubled_first_and_not_too_many(tmp_path: Path) -> None:
    config = "heartbeats:\n" + "".join(f"- {{id: job-{i}, every: 5m}}\n" for i in range(300))
    with running(tmp_path, config) as program:
        for id in program.tokens:
            program.get(f"/ping/{program.tokens[id]}/{1 if id == 'job-299' else 0}")
        page = Cells()
        page.feed(program.get("/").text)
        assert page.cells[0].startswith("job-299")
        assert page.elements.count("tr") == 1 + 200
        assert "and 100 more" in program.get("/").text


def test_the_page_for_people_says_what_to_do_when_there_is_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "heartbeats: []\n") as program:
        assert "under heartbeats: in exporter.yml" in program.get("/").text
        assert "none yet" in program.get("/probes").text
