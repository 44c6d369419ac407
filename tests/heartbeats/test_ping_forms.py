"""What is each form of the ping API answered, and what does it make of a heartbeat?"""

from collections.abc import Iterator

import pytest

from tests.program import Program, running

RID = "11111111-2222-3333-4444-555555555abc"
CONFIG = "heartbeats: [{id: job, every: 5m}, {id: other, every: 5m}, {id: run, every: 5m, max_runtime: 1h}]"
METHODS = ("GET", "HEAD", "POST", "PUT")
NOT_FOUND_UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("forms"), CONFIG) as program:
        yield program


def paths(program: Program, id: str, more: str) -> tuple[str, str]:
    return f"/ping/{program.tokens[id]}{more}", f"/ping/{program.ping_key}/{id}{more}"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("more", "kind", "code"),
    [
        ("", "success", None),
        ("/start", "start", None),
        ("/fail", "fail", None),
        ("/log", "log", None),
        ("/0", "success", 0),
        ("/1", "fail", 1),
        ("/255", "fail", 255),
        ("/0003", "fail", 3),
    ],
)
def test_healthchecks_clients_are_understood(
    program: Program, method: str, more: str, kind: str, code: int | None
) -> None:
    for path in paths(program, "job", more):
        answer = program.ask(method, path)
        assert (answer.status, answer.body) == (200, b"" if method == "HEAD" else b"OK")
        assert answer.headers["ping-body-limit"] == "100000"
        assert answer.headers["content-length"] == "2"
        receipt = program.receipts("job")[0]
        assert (receipt["kind"], receipt["exit_code"]) == (kind, code)


def test_a_token_may_end_with_a_slash(program: Program) -> None:
    assert program.get(f"/ping/{program.tokens['job']}/").status == 200


@pytest.mark.parametrize(
    "more", ["/256", "/-1", "/1.5", "/99999999999", "/begin", "/start/", "/start/1", "/%30", "//", "/START", "/٣"]
)
def test_what_is_no_action_is_malformed_and_not_recorded(program: Program, more: str) -> None:
    before = program.sample('heartbeat_last_seen_timestamp_seconds{heartbeat="other",host=""}')
    for path in paths(program, "other", more):
        answer = program.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert answer.split(b" ")[1] == b"400"
    assert program.sample('heartbeat_last_seen_timestamp_seconds{heartbeat="other",host=""}') == before


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "PURGE"])
def test_other_methods_are_refused_in_every_form(program: Program, method: str) -> None:
    token = program.tokens["other"]
    for path in (*paths(program, "other", ""), f"/api/v1/heartbeat/other?token={token}"):
        answer = program.ask(method, path)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, POST, HEAD, PUT")
    # Uptime Kuma knows no other refusal.
    kuma = program.ask(method, f"/api/push/{token}")
    assert (kuma.status, kuma.json["ok"]) == (404, False)
    assert program.receipts("other") == []


def test_a_run_id_is_known_in_any_case(program: Program) -> None:
    path = f"/ping/{program.tokens['run']}"
    deadline = 'heartbeat_run_deadline_timestamp_seconds{heartbeat="run",host=""}'
    assert program.get(f"{path}/start?rid={RID.upper()}").status == 200
    assert program.sample(deadline) < float("inf")
    assert program.get(f"{path}?rid={RID.lower()}").status == 200
    assert program.sample(deadline) == float("inf")
    assert {receipt["rid"] for receipt in program.receipts("run")[:2]} == {RID}


@pytest.mark.parametrize("rid", ["", "1", RID[:-1], RID + "0", RID.replace("-", ""), "{" + RID + "}", RID[:-1] + "g"])
def test_a_malformed_run_id_is_refused(program: Program, rid: str) -> None:
    answer = program.get(f"/ping/{program.tokens['job']}?rid={rid}")
    assert (answer.status, answer.text) == (400, "invalid uuid format\n")


def test_an_uppercase_id_is_malformed(program: Program) -> None:
    assert program.get(f"/ping/{program.ping_key}/JOB").status == 400


def test_query_keys_that_mean_nothing_are_ignored_in_any_reasonable_number(program: Program) -> None:
    assert program.get(f"/ping/{program.tokens['job']}?utm=1&x=&y").status == 200
    keys = "&".join(f"k{i}=1" for i in range(200))
    for path in (*paths(program, "job", ""), f"/api/v1/heartbeat/job?token={program.tokens['job']}"):
        assert program.get(f"{path}{'&' if '?' in path else '?'}{keys}").status == 400


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("query", "kind", "duration", "body"),
    [
        ("", "success", None, ""),
        ("?status=up&msg=OK&ping=", "success", None, "OK"),
        ("?status=up&msg=caf%C3%A9%20%E2%9C%93&ping=1500", "success", 1.5, "café ✓"),
        ("?status=down&msg=%ff", "fail", None, "\ufffd"),
        ("?status=pending", "fail", None, ""),
        ("?ping=12.5&status=up", "success", 0.0125, ""),
    ],
)
def test_uptime_kuma_clients_are_understood(
    program: Program, method: str, query: str, kind: str, duration: float | None, body: str
) -> None:
    answer = program.ask(method, f"/api/push/{program.tokens['job']}{query}")
    assert answer.status == 200
    assert method == "HEAD" or answer.json == {"ok": True}
    receipt = program.receipts("job")[0]
    assert (receipt["kind"], receipt["duration_seconds"], receipt["body"]) == (kind, duration, body)


@pytest.mark.parametrize("ping", ["x", "-1", "nan", "inf", "1e12"])
def test_uptime_kuma_clients_hear_404_of_a_ping_that_is_no_number(program: Program, ping: str) -> None:
    answer = program.get(f"/api/push/{program.tokens['job']}?ping={ping}")
    assert (answer.status, answer.json) == (404, {"ok": False, "msg": "Invalid ping value."})


def test_uptime_kuma_clients_hear_of_an_unknown_token_in_its_words(program: Program) -> None:
    answer = program.get(f"/api/push/{NOT_FOUND_UNKNOWN}?status=up")
    assert (answer.status, answer.json) == (404, {"ok": False, "msg": "Monitor not found or not active."})


@pytest.mark.parametrize("method", METHODS)
def test_the_projects_own_form_tells_status_and_deadline(program: Program, method: str) -> None:
    token = program.tokens["job"]
    for query, headers in ((f"?token={token}", {}), ("", {"Authorization": f"Bearer {token}"})):
        answer = program.ask(method, f"/api/v1/heartbeat/job{query}", headers=headers)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
        if method != "HEAD":
            told = answer.json
            assert (told["id"], told["received"], told["status"]) == ("job", "success", "up")
            assert told["deadline_timestamp"] == pytest.approx(
                program.sample('heartbeat_deadline_timestamp_seconds{heartbeat="job",host=""}'), abs=0.001
            )


def test_the_ping_key_is_good_for_the_own_form_too(program: Program) -> None:
    headers = {"Authorization": f"bearer {program.ping_key}"}
    assert program.ask("GET", "/api/v1/heartbeat/job", headers=headers).status == 200
    answer = program.ask("GET", "/api/v1/heartbeat/nothing", headers=headers)
    assert (answer.status, answer.json["detail"]) == (404, "there is no heartbeat 'nothing'")


def test_one_heartbeats_token_is_not_anothers(program: Program) -> None:
    assert program.get(f"/api/v1/heartbeat/job?token={program.tokens['other']}").status == 401


@pytest.mark.parametrize("path", ["/ping", "/ping/", "/api", "/api/push", "/api/v2/heartbeat/job", "/api/v1/heartbeat"])
def test_other_addresses_are_not_found(program: Program, path: str) -> None:
    assert program.get(path).status == 404


def test_outcomes_are_counted(program: Program) -> None:
    names = [f'heartline_exporter_pings_total{{outcome="{outcome}"}}' for outcome in ("accepted", "malformed")]
    before = [program.sample(name) for name in names]
    program.get(f"/ping/{program.tokens['job']}")
    program.get(f"/ping/{program.tokens['job']}/256")
    assert [program.sample(name) for name in names] == [count + 1 for count in before]
