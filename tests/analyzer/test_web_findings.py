"""The API over real sockets: who is let in, what is shown, and that hostile log text stays text."""

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from analyzer.record import Baseline, SourceRun
from analyzer.store import Store
from analyzer.web_findings import MOST, Findings
from tests.analyzer.found import HOST, finding, line, run
from toolkit.gate import Gate
from toolkit.limits import Limit
from toolkit.web import Server, Site, client
from toolkit.web_entrance import Entrance
from toolkit.webconfig import NOTHING

# The server keeps the web configuration's headers in its requests under a plain name.
KEY = "0123456789abcdef"
HOSTILE = "</script><script>alert(1)</script>\r\nSet-Cookie: a=b \x1b[31m \u202e \udcff"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def refused(self, status: int) -> str:
        """Why, of an answer that is problem details with this status."""
        assert (self.status, self.headers["content-type"]) == (status, "application/problem+json; charset=utf-8")
        assert self.json["status"] == status
        detail: str = self.json["detail"]
        return detail


@dataclass
class Api:
    store: Store
    key: str | None = KEY
    hosts: Collection[str] = (HOST, "fresh")
    port: int = 0
    wrong: Limit = field(default_factory=lambda: Limit(0.01, 5, 100))

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """With the key, unless headers say otherwise."""
        told = {name.replace("_", "-"): value for name, value in headers.items()} or {"Authorization": f"Bearer {KEY}"}
        return await asyncio.to_thread(self._get, path, method, told)

    def _get(self, path: str, method: str, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers=dict(headers))
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read().decode())
        finally:
            connection.close()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    api = Api(Store(tmp_path))
    pages = Findings(api.store, lambda: api.key, lambda: api.hosts, client(lambda: ()), api.wrong)
    gate = Gate(lambda: NOTHING.users, b"key")
    entrance = Entrance(lambda: NOTHING, gate, client(lambda: ()), time.monotonic)
    site = Site({"findings": pages.findings, "hosts": pages.hosts}, {}, entrance)
    runner = web.ServerRunner(Server(site, 100, lambda: NOTHING))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.port = runner.addresses[0][1]
    yield api
    await runner.cleanup()
    gate.close()
    api.store.close()


def record_some(api: Api, count: int) -> None:
    for at in range(1, count + 1):
        severity = ("info", "warning", "critical")[at % 3]
        api.store.record(run(finding(str(at), severity=severity), at=float(at)), resolve_after=1000)


async def test_findings_come_worst_first_with_their_evidence(api: Api) -> None:
    record_some(api, 6)
    answer = await api.get("/findings")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    told = answer.json
    assert [f["severity"] for f in told["findings"]] == ["critical"] * 2 + ["warning"] * 2 + ["info"] * 2
    assert told["next"] is None
    assert told["findings"][0]["first_seen"] == "1970-01-01T00:00:05.000+00:00"
    assert told["findings"][0]["evidence"] == [{"source": "auth", "line": 1, "text": line().text}]


async def test_pages_follow_each_other_without_a_gap(api: Api) -> None:
    record_some(api, 20)
    everything = [f["fingerprint"] for f in (await api.get("/findings")).json["findings"]]
    paged: list[str] = []
    page = (await api.get("/findings?limit=7")).json
    while True:
        paged += [f["fingerprint"] for f in page["findings"]]
        if page["next"] is None:
            break
        page = (await api.get(f"/findings?limit=7&cursor={page['next']}")).json
    assert len(set(paged)) == 20
    assert paged == everything


async def test_findings_may_be_chosen_by_host_severity_and_state(api: Api) -> None:
    api.store.record(run(finding("old"), at=1), resolve_after=1)
    api.store.record(run(finding("a", severity="critical"), at=2), resolve_after=1)
    api.store.record(run(finding("b", host="other"), host="other", at=3))

    async def chosen(query: str) -> list[tuple[str, str]]:
        found = (await api.get(f"/findings{query}")).json["findings"]
        return sorted((f["host"], f["state"]) for f in found)

    assert await chosen("") == [("other", "new"), (HOST, "new")]
    assert await chosen("?host=other") == [("other", "new")]
    assert await chosen("?severity=critical") == [(HOST, "new")]
    assert await chosen("?state=resolved") == [(HOST, "resolved")]
    assert await chosen(f"?state=all&host={HOST}") == [(HOST, "new"), (HOST, "resolved")]
    assert await chosen("?host=nobody") == []
    assert await chosen("?state=open") == []


async def test_one_finding_by_its_fingerprint(api: Api) -> None:
    found = finding(count=4)
    api.store.record(run(found, at=10))
    api.store.record(run(finding(evidence=(line(9, "later"),)), at=20))
    told = (await api.get(f"/findings/{found.fingerprint}")).json
    assert (told["state"], told["times_seen"], told["lines"], told["lines_latest"]) == ("open", 2, 5, 1)
    assert (told["first_seen_timestamp"], told["last_seen_timestamp"], told["resolved"]) == (10, 20, None)
    assert [e["text"] for e in told["first_evidence"]] == [line().text]
    assert [e["text"] for e in told["evidence"]] == ["later"]
    assert told["recommendation"] == "Allow keys alone."


async def test_hosts_with_score_sources_and_changes_also_before_their_first_run(api: Api) -> None:
    sources = (SourceRun("auth", True), SourceRun("journal", False, "permission denied"))
    baseline = Baseline([], {"users"}, {"users": 1})
    api.store.record(run(finding(), sources=sources, baseline=baseline, at=1000))
    api.store.record(run(host="gone"))
    told = (await api.get("/hosts")).json["hosts"]
    assert [host["host"] for host in told] == ["fresh", HOST]
    assert (told[0]["score"], told[0]["last_run"], told[0]["sources"]) == (None, None, [])
    reviewed = told[1]
    assert (reviewed["score"], reviewed["last_run_timestamp"], reviewed["baseline_changes"]) == (90, 1000, {"users": 1})
    assert reviewed["findings"] == {"critical": 0, "warning": 1, "info": 0}
    journal = {"name": "journal", "up": False, "error": "permission denied"}
    assert reviewed["sources"][1] == {**journal, "last_success": None, "last_success_timestamp": None}
    assert (await api.get(f"/hosts/{HOST}")).json == reviewed


async def test_runs_of_a_host_newest_first(api: Api) -> None:
    for at in (1, 2, 3):
        source = SourceRun("auth", True, lines=at, bytes=10)
        api.store.record(
            run(finding(), sources=(source,), at=float(at), model="small", outcome="answered", tokens_in=7)
        )
    told = (await api.get(f"/hosts/{HOST}/runs?limit=2")).json["runs"]
    assert [ran["finished_timestamp"] for ran in told] == [3, 2]
    assert told[0]["sources"][0] | {"lines": 3, "up": True} == told[0]["sources"][0]
    assert (told[0]["model"], told[0]["outcome"], told[0]["tokens"]) == ("small", "answered", {"in": 7, "out": 0})
    assert told[0]["findings"] == {"found": 1, "new": 0, "resolved": 0, "left_out": 0}
    assert (await api.get("/hosts/fresh/runs")).json == {"runs": []}


async def test_hostile_text_stands_in_strings_alone(api: Api) -> None:
    found = finding(text=HOSTILE, recommendation=HOSTILE, evidence=(line(1, HOSTILE),))
    api.store.record(run(found, summary=HOSTILE, sources=(SourceRun("auth", False, HOSTILE[:60]),)))
    for path in ("/findings", f"/findings/{found.fingerprint}", f"/hosts/{HOST}/runs", "/hosts"):
        answer = await api.get(path)
        assert answer.status == 200
        assert answer.text.isascii()
        assert answer.text.isprintable()
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "set-cookie" not in answer.headers
    assert (await api.get("/findings")).json["findings"][0]["text"] == HOSTILE


@pytest.mark.parametrize(
    "path", ["/findings", "/findings/0123456789abcdef", "/hosts", f"/hosts/{HOST}/runs", "/hosts/x"]
)
async def test_without_the_key_nothing_is_shown_not_even_what_there_is(api: Api, path: str) -> None:
    for headers in ({"X_Api_Key": "wrong"}, {"Authorization": "Bearer "}, {"Authorization": f"Basic {KEY}"}):
        answer = await api.get(path, **headers)
        assert "an API key is needed" in answer.refused(401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await api.get("/hosts", X_Api_Key=KEY)).status == 200


async def test_whoever_guesses_is_slowed_down_and_the_key_still_opens(api: Api) -> None:
    answers = [await api.get("/hosts", X_Api_Key=f"wrong{number}") for number in range(8)]
    assert [answer.status for answer in answers] == [401] * 5 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await api.get("/hosts")).status == 200


async def test_a_key_of_strange_bytes_is_a_wrong_key(api: Api) -> None:
    assert (await api.get("/hosts", X_Api_Key="\xff\xfe")).status == 401


async def test_without_a_configured_key_the_api_is_off_and_says_how_to_turn_it_on(api: Api) -> None:
    api.key = None
    for headers in ({"X_Api_Key": KEY}, {"X_Api_Key": ""}, {"Accept": "*/*"}):
        assert "set api_key" in (await api.get("/findings", **headers)).refused(403)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/findings?sevrity=critical", "'sevrity' is no query key"),
        ("/findings?severity=grave", "severity: expected one of info, warning, critical"),
        ("/findings?state=closed", "state: expected one of new, open, resolved"),
        ("/findings?limit=0", f"from 1 to {MOST}"),
        ("/findings?limit=201", f"from 1 to {MOST}"),
        ("/findings?limit=-1", "limit"),
        ("/findings?limit=%D9%A1", "limit"),
        ("/findings?cursor=3_1_0123456789abcdef", "cursor"),
        ("/findings?cursor=1_nan_0123456789abcdef", "cursor"),
        ("/findings?cursor=", "cursor"),
        (f"/hosts/{HOST}/runs?limit=x", "limit"),
        ("/findings?" + "host=a&" * 100, "too many"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused_with_the_reason(api: Api, path: str, words: str) -> None:
    assert words in (await api.get(path)).refused(400)


@pytest.mark.parametrize(
    "path",
    [
        "/findings/0123456789abcdef",
        "/findings/xyz",
        "/findings/0123456789abcdef/more",
        "/hosts/nobody",
        "/hosts/nobody/runs",
        f"/hosts/{HOST}/else",
        f"/hosts/{HOST}/runs/1",
        "/hosts/..%2f..%2fetc",
    ],
)
async def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    assert (await api.get(path)).refused(404)


async def test_only_reading_is_allowed_and_head_is_reading(api: Api) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await api.get("/findings", method)
        assert answer.refused(405)
        assert answer.headers["allow"] == "GET, HEAD"
    head = await api.get("/findings", "HEAD")
    assert (head.status, head.text) == (200, "")


async def test_a_store_that_cannot_be_read_is_a_problem_without_its_path(api: Api, tmp_path: Path) -> None:
    api.store.close()
    (tmp_path / "analyzer.db").rename(tmp_path / "away.db")
    answer = await api.get("/findings")
    assert str(tmp_path) not in answer.refused(503)
    assert answer.headers["retry-after"] == "10"
    (tmp_path / "away.db").rename(tmp_path / "analyzer.db")
    assert (await api.get("/findings")).status == 200
