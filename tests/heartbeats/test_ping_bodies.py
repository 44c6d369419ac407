"""What becomes of the bodies that come with pings: logs of any encoding and size, and JSON that says more."""

import gzip
import json
import random
import socket
import sqlite3
import time
from collections.abc import Iterator

import pytest

from tests.program import Program, received, running

LIMIT = 100_000
RID = "11111111-2222-3333-4444-555555555abc"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("bodies"), "heartbeats: [{id: job, every: 5m}]") as program:
        yield program


def stored(program: Program) -> bytes:
    """The body of the latest receipt, as it lies in the store."""
    with sqlite3.connect(f"file:{program.storage / 'heartbeats.db'}?mode=ro", uri=True) as db:
        row = db.execute(
            "SELECT coalesce(body, x'') FROM receipts LEFT JOIN bodies ON receipt = id ORDER BY id DESC LIMIT 1"
        ).fetchone()
    db.close()
    return bytes(row[0])


def own(program: Program, body: bytes | str, **headers: str) -> tuple[int, str]:
    answer = program.ask("POST", f"/api/v1/heartbeat/job?token={program.tokens['job']}", body, {**JSON, **headers})
    return answer.status, answer.json.get("detail", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (b"done\n", False),
        (b"\xff\xfe\x00 no utf-8 \x00", False),
        (b"x" * LIMIT, False),
        (b"x" * (LIMIT + 1), True),
        ("é".encode() * LIMIT, True),
        (gzip.compress(b"a log" * 100, mtime=0), False),
    ],
)
def test_a_body_is_kept_to_the_byte_up_to_the_limit(program: Program, method: str, body: bytes, cut: bool) -> None:
    answer = program.ask(method, f"/ping/{program.tokens['job']}/log", body)
    assert answer.status == 200
    assert stored(program) == body[:LIMIT]
    receipt = program.receipts("job")[0]
    assert (receipt["body_cut"], receipt["body"]) == (cut, body[:LIMIT].decode(errors="replace"))


def test_a_compressed_body_is_kept_compressed(program: Program) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    assert program.ask("POST", f"/ping/{program.tokens['job']}", bomb, {"Content-Encoding": "gzip"}).status == 200
    assert stored(program) == bomb


def test_fifty_megabytes_are_answered_and_cut(program: Program) -> None:
    body = random.Random(1).randbytes(1000) * 50_000
    answer = program.ask("POST", f"/ping/{program.tokens['job']}", body)
    assert (answer.status, answer.body) == (200, b"OK")
    assert stored(program) == body[:LIMIT]


def test_a_chunked_body_is_put_together(program: Program) -> None:
    request = f"POST /ping/{program.tokens['job']} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    answer = program.raw(f"{request}Connection: close\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert stored(program) == b"one two"


def test_a_client_that_hangs_up_within_its_body_has_not_reported(program: Program) -> None:
    before = program.receipts("job")
    head = f"POST /ping/{program.tokens['job']} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", program.port)) as connection:
        connection.sendall(head + b"half")
        time.sleep(0.05)
    assert program.get(f"/ping/{program.tokens['job']}/log").status == 200
    assert program.receipts("job")[1:] == before[: len(program.receipts("job")) - 1]
    assert program.receipts("job")[0]["kind"] == "log"


def test_a_body_that_turns_out_to_be_no_http_ends_the_connection_and_harms_nobody(program: Program) -> None:
    head = f"POST /ping/{program.tokens['job']} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", program.port)) as connection:
        connection.sendall(head)
        time.sleep(0.05)  # so that the request is under way
        connection.sendall(b"no chunk\r\n")
        answer = b"".join(iter(lambda: received(connection), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert "Traceback" not in program.log


def test_a_client_that_waits_to_be_told_to_continue_is_told(program: Program) -> None:
    head = f"POST /ping/{program.tokens['job']} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
    with socket.create_connection(("127.0.0.1", program.port)) as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert stored(program) == b"body"


@pytest.mark.parametrize(
    ("said", "kind", "code", "duration", "rid"),
    [
        ({}, "success", None, None, None),
        ({"status": "fail"}, "fail", None, None, None),
        ({"status": "start", "rid": RID.upper()}, "start", None, None, RID),
        ({"status": "log", "anything": [1, {"x": None}]}, "log", None, None, None),
        ({"exit_code": 0, "duration": 1.5}, "success", 0, 1.5, None),
        ({"exit_code": 3, "duration": 0}, "fail", 3, 0.0, None),
        ({"exit_code": 3, "status": "success"}, "success", 3, None, None),
    ],
)
def test_json_says_more(
    program: Program, said: object, kind: str, code: int | None, duration: float | None, rid: str | None
) -> None:
    assert own(program, json.dumps(said)) == (200, "")
    receipt = program.receipts("job")[0]
    told = (receipt["kind"], receipt["exit_code"], receipt["duration_seconds"], receipt["rid"])
    assert told == (kind, code, duration, rid)
    assert json.loads(receipt["body"]) == said


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('{"status": "ok"}', "status"),
        ('{"status": ["fail"]}', "status"),
        ('{"status": null}', "status"),
        ('{"exit_code": 256}', "exit_code"),
        ('{"exit_code": -1}', "exit_code"),
        ('{"exit_code": true}', "exit_code"),
        ('{"exit_code": "1"}', "exit_code"),
        ('{"exit_code": 1e2}', "exit_code"),
        ('{"duration": -1}', "duration"),
        ('{"duration": "1s"}', "duration"),
        ('{"duration": true}', "duration"),
        ('{"duration": NaN}', "duration"),
        ('{"duration": 1e400}', "duration"),
        ('{"duration": ' + "9" * 4000 + "}", "duration"),
        ('{"rid": 1}', "rid"),
        ('{"rid": "x"}', "rid"),
        ("[]", "the body is not a JSON object"),
        ("{", "the body is not JSON"),
        ('{"exit_code": ' + "9" * 5000 + "}", "the body is not JSON"),
        (b'{"status": "\xff"}', "the body is not JSON"),
    ],
)
def test_json_of_another_shape_is_refused_by_name(program: Program, body: bytes | str, place: str) -> None:
    before = program.receipts("job")[:1]
    status, detail = own(program, body)
    assert status == 400
    assert detail.startswith(place)
    assert program.receipts("job")[:1] == before


@pytest.mark.parametrize("depth", [10, 500, 900, 940, 960, 970, 980, 990, 10_000, 40_000])
@pytest.mark.parametrize("key", ["x", "status", "exit_code", "duration", "rid"])
def test_a_nested_bomb_is_refused_or_kept_and_harms_nobody(program: Program, depth: int, key: str) -> None:
    status, _ = own(program, f'{{"{key}": {"[" * depth}{"]" * depth}}}')
    assert status in (200, 400)
    assert "Traceback" not in program.log


def test_json_is_read_further_than_it_is_kept(program: Program) -> None:
    assert own(program, json.dumps({"output": "x" * LIMIT, "status": "fail"}))[0] == 200
    receipt = program.receipts("job")[0]
    assert (receipt["kind"], receipt["body_cut"], len(receipt["body"])) == ("fail", True, LIMIT)


def test_json_that_cannot_be_read_whole_is_no_success(program: Program) -> None:
    assert own(program, json.dumps({"output": "x" * (1 << 20), "status": "fail"}))[0] == 200
    receipt = program.receipts("job")[0]
    assert (receipt["kind"], receipt["body_cut"], len(receipt["body"])) == ("log", True, LIMIT)


@pytest.mark.parametrize("body", [b"plain text", b"[1]", b"\xff", b"{broken"])
def test_a_body_that_was_not_announced_as_json_may_be_anything(program: Program, body: bytes) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "", ";;;", "é/ü"):
        headers = {"Content-Type": content_type}
        answer = program.ask("POST", f"/api/v1/heartbeat/job?token={program.tokens['job']}", body, headers)
        assert answer.status == 200
    assert stored(program) == body


@pytest.mark.parametrize("agent", [b"curl/8.0", b"\xff\xfe", "Björn".encode(), b"x" * 5000, b""])
def test_any_user_agent_is_kept_as_text_of_at_most_200_characters(program: Program, agent: bytes) -> None:
    path = f"/ping/{program.tokens['job']}".encode()
    request = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: " + agent + b"\r\n\r\n"
    assert program.raw(request).startswith(b"HTTP/1.1 200 ")
    kept = program.receipts("job")[0]["user_agent"]
    assert len(kept) == min(200, len(agent.decode(errors="replace")))
