"""The management API: every verb, on what was registered and on what the file defines, right and wrong."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import Answer, Program, running

CONFIG = """
schedules: {office: {timezone: Europe/Berlin, windows: ["Mon-Fri 08:00-18:00"]}}
heartbeats: [{id: fixed, every: 5m}]
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("manage"), CONFIG) as program:
        yield program


def refused(answer: Answer, status: int) -> str:
    """Why, of an answer that is problem details with this status."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    told = answer.json
    assert (told["status"], told["type"]) == (status, "about:blank")
    assert told["title"]
    detail: str = told["detail"]
    return detail


def registered(program: Program, **spec: Any) -> dict[str, Any]:
    answer = program.manage("POST", content=spec)
    assert answer.status == 201, answer
    assert answer.headers["location"] == f"/api/v1/heartbeats/{spec['id']}"
    told: dict[str, Any] = answer.json
    return told


def series(program: Program, id: str) -> int:
    return program.get("/metrics/heartbeats").text.count(f'heartbeat="{id}"')


def test_a_heartbeat_is_registered_listed_and_reports_at_its_url(program: Program) -> None:
    told = registered(
        program, id="new", cron="0 2 * * *", timezone="Europe/Berlin", grace="1h", tags=["a", "b"], max_runtime="2h"
    )
    assert (told["status"], told["defined_in"], told["grace_seconds"]) == ("new", "api", 3600)
    assert (told["tags"], told["timezone"], told["max_runtime_seconds"]) == (["a", "b"], "Europe/Berlin", 7200)
    assert told["url"].startswith("http://127.0.0.1:")
    path = told["url"].partition("/ping/")[2]
    assert program.get(f"/ping/{path}").text == "OK"
    listed = {heartbeat["id"]: heartbeat for heartbeat in program.manage("GET").json["heartbeats"]}
    assert {"fixed", "new"} <= set(listed)
    assert listed["new"] == program.manage("GET", "/new").json
    assert listed["new"]["status"] == "up"
    assert listed["new"]["last_success"].endswith("+00:00")
    assert listed["fixed"]["defined_in"] == "exporter.yml"
    assert program.manage("HEAD").status == 200
    assert series(program, "new") == 17


def test_instants_that_will_not_come_are_null(program: Program) -> None:
    told = registered(program, id="calm", every="5m")
    assert told["run_deadline"] is told["run_deadline_timestamp"] is told["last_success"] is None
    assert told["last_exit_code"] is told["last_duration_seconds"] is told["max_runtime_seconds"] is None


def test_change_as_a_whole_or_in_part(program: Program) -> None:
    registered(program, id="changing", every="5m", name="before", tags=["x"])
    put = program.manage("PUT", "/changing", {"every": "10m", "name": "after"})
    assert (put.status, put.json["name"], put.json["tags"]) == (200, "after", [])
    patched = program.manage("PATCH", "/changing", {"grace": "2m", "schedule": "office"}).json
    assert (patched["name"], patched["grace_seconds"], patched["schedule"]) == ("after", 120, "office")
    patched = program.manage("PATCH", "/changing", {"schedule": None, "every": None, "cron": "0 * * * *"}).json
    assert (patched["schedule"], patched["definition"]["cron"]) == ("", "0 * * * *")
    assert series(program, "changing") == 17
    assert 'name="after"' in program.get("/metrics/heartbeats").text
    assert 'name="before"' not in program.get("/metrics/heartbeats").text


def test_put_registers_what_is_not_there_yet(program: Program) -> None:
    assert program.manage("PUT", "/placed", {"every": "5m"}).status == 201
    assert program.manage("PUT", "/placed", {"id": "placed", "every": "6m"}).status == 200
    assert "the address says 'elsewhere'" in refused(
        program.manage("PUT", "/elsewhere", {"id": "x", "every": "5m"}), 409
    )


def test_renaming_is_refused(program: Program) -> None:
    registered(program, id="named", every="5m")
    for method in ("PUT", "PATCH"):
        answer = program.manage(method, "/named", {"id": "renamed", "every": "5m"})
        assert "an id stays what it is" in refused(answer, 409)


def test_pause_and_resume_of_registered_and_of_fixed_heartbeats(program: Program) -> None:
    registered(program, id="resting", every="5m")
    for id in ("resting", "fixed"):
        told = program.manage("POST", f"/{id}/pause").json
        assert (told["status"], told["paused"], told["deadline"]) == ("paused", True, None)
        assert program.sample(f'heartbeat_deadline_timestamp_seconds{{heartbeat="{id}",host=""}}') == float("inf")
        assert program.manage("POST", f"/{id}/pause").status == 200
        told = program.manage("POST", f"/{id}/resume").json
        assert (told["status"], told["paused"]) == ("new", False)
        assert told["deadline"] is not None


def test_a_deleted_heartbeat_is_gone_at_once(program: Program) -> None:
    path = registered(program, id="brief", every="5m")["url"].partition("/ping/")[2]
    answer = program.manage("DELETE", "/brief")
    assert (answer.status, answer.json) == (200, {"deleted": "brief"})
    assert program.get(f"/ping/{path}").status == 404
    assert series(program, "brief") == 0
    assert "there is no heartbeat 'brief'" in refused(program.manage("GET", "/brief"), 404)
    registered(program, id="brief", every="5m")
    assert program.receipts("brief") == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_the_file_defines_is_changed_in_the_file(program: Program, method: str) -> None:
    detail = refused(program.manage(method, "/fixed", {"every": "1m"} if method != "DELETE" else None), 409)
    assert detail == "heartbeat 'fixed' is defined in exporter.yml: change it there and reload"


def test_an_id_is_registered_once(program: Program) -> None:
    registered(program, id="once", every="5m")
    assert "there is a heartbeat 'once' already" in refused(
        program.manage("POST", content={"id": "once", "every": "1m"}), 409
    )
    assert "exporter.yml" in refused(program.manage("POST", content={"id": "fixed", "every": "1m"}), 409)


def test_a_token_is_one_heartbeats(program: Program) -> None:
    registered(program, id="own-token", every="5m", token="a-token-of-our-own-choice")
    assert program.get("/ping/a-token-of-our-own-choice").status == 200
    for token in ("a-token-of-our-own-choice", program.tokens["fixed"]):
        answer = program.manage("POST", content={"id": "thief", "every": "5m", "token": token})
        assert refused(answer, 409) == "token: another heartbeat has it"
    assert "22 to 64" in refused(program.manage("POST", content={"id": "thief", "every": "5m", "token": "short"}), 400)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"id": "x", "evry": "5m"}, 'evry: unknown key; did you mean "every"?'),
        ({"id": "x", "every": "5m", "evey": "5m"}, 'evey: unknown key; did you mean "every"?'),
        ({"id": "x"}, "give one of every, cron, oncalendar"),
        ({"id": "x", "every": "5m", "cron": "* * * * *"}, "not several"),
        ({"id": "x", "every": 300}, "the unit is missing"),
        ({"id": "x", "every": ["5m"]}, "every: expected a duration"),
        ({"id": "x", "every": "0s"}, "expected at least 1s"),
        ({"id": "x", "cron": "0 0 31 2 *"}, "cron"),
        ({"id": "x", "cron": "* * *"}, "cron"),
        ({"id": "x", "oncalendar": "someday"}, "oncalendar"),
        ({"id": "x", "every": "5m", "timezone": "Europe/Berln"}, "timezone"),
        ({"id": "x", "every": "5m", "schedule": "offce"}, "there is no schedule 'offce'; known: office"),
        ({"id": "X", "every": "5m"}, "'X' is no id"),
        ({"id": "x" * 101, "every": "5m"}, "is no id"),
        ({"id": 7, "every": "5m", "tags": "x"}, "tags: expected a list"),
        ({"id": "x", "every": "5m", "tags": ["a,b"]}, "a tag has no comma"),
        ({"id": "x", "every": "5m", "name": "a\nb"}, "expected 1 to 200 printable characters"),
        ({"id": "x", "every": "5m", "name": "\ud800"}, "not UTF-8"),
        ({"every": "5m"}, "id: missing"),
        ({"id": "x", "every": {"deep": [[[[{}]]]]}}, "every: expected a duration"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_place(program: Program, spec: object, says: str) -> None:
    detail = refused(program.manage("POST", content=spec), 400)
    assert says in detail
    assert detail.startswith("request body")
    assert program.manage("GET", "/x").status == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 50_000, b'{"id": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_json_object_is_refused(program: Program, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {program.api_key}"}
    assert "the body is not" in refused(program.ask("POST", "/api/v1/heartbeats", body, headers), 400)


def test_a_body_beyond_the_limit_is_refused(program: Program) -> None:
    assert "longer than 100000 bytes" in refused(program.manage("POST", content={"id": "x" * 200_000}), 400)


@pytest.mark.parametrize(
    "name", ["🚀 launch", "مرحبا \u202e", 'a "quoted" \\ name', "é" * 200, "*anchor", "# no comment", "null"]
)
def test_any_printable_name_is_kept(program: Program, name: str) -> None:
    answer = program.manage("PUT", "/name", {"every": "5m", "name": name, "tags": [name]})
    if name.isprintable():
        assert (answer.json["name"], answer.json["tags"]) == (name, [name])
    else:
        refused(answer, 400)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "", "GET, HEAD, POST"),
        ("POST", "/fixed", "GET, HEAD, PUT, PATCH, DELETE"),
        ("GET", "/fixed/pause", "POST"),
        ("POST", "/fixed/receipts", "GET, HEAD"),
        ("OPTIONS", "", "GET, HEAD, POST"),
    ],
)
def test_a_wrong_method_hears_the_right_ones(program: Program, method: str, path: str, allow: str) -> None:
    answer = program.manage(method, path)
    refused(answer, 405)
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/fixed/nothing", "/fixed/receipts/1", "/nothing", "/nothing/receipts"])
def test_what_is_not_there_is_not_found(program: Program, path: str) -> None:
    refused(program.manage("GET", path), 404)
    refused(program.ask("GET", "/api/v1/nothing"), 404)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic x", "", "Bearer \xff"])
def test_without_the_key_nothing_is_told(program: Program, header: str) -> None:
    for method, path in (("GET", ""), ("GET", "/fixed"), ("GET", "/nothing"), ("DELETE", "/fixed"), ("OPTIONS", "/x")):
        answer = program.ask(method, f"/api/v1/heartbeats{path}", headers={"Authorization": header})
        assert refused(answer, 401).startswith("an API key is needed")
        assert answer.headers["www-authenticate"] == 'Bearer realm="heartline"'


def test_a_pings_token_or_key_is_no_api_key(program: Program) -> None:
    for key in (program.tokens["fixed"], program.ping_key):
        refused(program.ask("GET", "/api/v1/heartbeats", headers={"Authorization": f"Bearer {key}"}), 401)


def test_the_key_may_come_in_a_header_of_its_own(program: Program) -> None:
    assert program.get("/api/v1/heartbeats", X_Api_Key=program.api_key).status == 200


def test_receipts_come_newest_first_with_their_bodies(program: Program) -> None:
    token = registered(program, id="told", every="5m")["url"].rpartition("/")[2]
    for number, body in enumerate((b"first", b"\xff second", b"")):
        assert program.ask("POST", f"/ping/{token}/{number}", body, {"User-Agent": "test"}).status == 200
    receipts = program.receipts("told")
    assert [(r["kind"], r["exit_code"], r["body"]) for r in receipts] == [
        ("fail", 2, ""),
        ("fail", 1, "\ufffd second"),
        ("success", 0, "first"),
    ]
    assert receipts[0]["number"] > receipts[1]["number"] > receipts[2]["number"]
    assert {(r["user_agent"], r["remote"]) for r in receipts} == {("test", "127.0.0.1")}
    assert len(program.manage("GET", "/told/receipts?limit=2").json["receipts"]) == 2
    for limit in ("0", "1001", "-1", "x", "", "%D9%A3", "9" * 5000):
        assert "limit" in refused(program.manage("GET", f"/told/receipts?limit={limit}"), 400)


def test_somebody_who_sends_slowly_keeps_nobody_waiting(program: Program) -> None:
    head = f"POST /api/v1/heartbeats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {program.api_key}\r\n"
    with socket.create_connection(("127.0.0.1", program.port)) as slow:
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert program.manage("PUT", "/quick", {"every": "5m"}).status in (200, 201)


def test_a_long_list_is_whole(program: Program) -> None:
    for number in range(250):
        assert program.manage("PUT", f"/many-{number}", {"every": "5m"}).status == 201
    listed = [heartbeat["id"] for heartbeat in program.manage("GET").json["heartbeats"]]
    assert len(listed) == len(set(listed))
    assert {f"many-{number}" for number in range(250)} <= set(listed)


def test_without_any_heartbeat_the_list_is_empty(tmp_path: Path) -> None:
    with running(tmp_path, "") as program:
        assert program.manage("GET").json == {"heartbeats": []}


def test_what_was_registered_survives_a_restart_with_its_pause(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        url = registered(program, id="kept", every="5m", name="🚀", schedule="office")["url"]
        program.manage("POST", "/kept/pause")
        assert program.stop() == 0
    with running(tmp_path, CONFIG) as program:
        told = program.manage("GET", "/kept").json
        assert (told["name"], told["schedule"], told["status"]) == ("🚀", "office", "paused")
        assert program.get(f"/ping/{url.rpartition('/')[2]}").status == 200
