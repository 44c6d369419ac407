"""Who does not know a token learns nothing, cannot try many, and finds none of them anywhere."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Answer, Program, running

GUESS = "00000000-0000-4000-8000-000000000000"
PROXIED = "trusted_proxies: [127.0.0.0/8]\nheartbeats: [{id: job, every: 5m}]"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("secrets"), PROXIED) as program:
        yield program


def seen(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """All that a client sees, but for the time."""
    return answer.status, {name: value for name, value in answer.headers.items() if name != "date"}, answer.body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(("token", "client"), [(GUESS, "192.0.2.1"), ("x", "192.0.2.2"), ("%ff%00", "192.0.2.3")])
def test_an_unknown_id_looks_like_a_wrong_token(program: Program, method: str, token: str, client: str) -> None:
    headers = {"X-Forwarded-For": client}
    key = program.ping_key
    for pair in (
        (f"/api/v1/heartbeat/job?token={token}", f"/api/v1/heartbeat/nothing?token={token}"),
        ("/api/v1/heartbeat/job", "/api/v1/heartbeat/nothing"),
        (f"/ping/{token}/job", f"/ping/{token}/nothing"),
        (f"/ping/{token}/job", f"/ping/{key}/nothing"),
        (f"/ping/{token}", f"/ping/{GUESS}"),
        (f"/ping/{token}/job/start", f"/ping/{token}/nothing/start"),
        (f"/ping/{token}/job?create=1", f"/ping/{token}/nothing?create=1"),
        (f"/api/push/{token}", f"/api/push/{GUESS}"),
    ):
        known, unknown = (program.ask(method, path, headers=headers) for path in pair)
        assert seen(known) == seen(unknown)
        assert known.status in (401, 404)


def test_bearer_and_query_are_refused_alike(program: Program) -> None:
    for scheme in ("Bearer", "bearer", "Basic", ""):
        answer = program.get("/api/v1/heartbeat/job", Authorization=f"{scheme} {GUESS}", X_Forwarded_For="192.0.2.9")
        assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="heartline"')
        assert answer.headers["content-type"].startswith("application/problem+json")


def wrong_until_limited(program: Program, path: str, **headers: str) -> tuple[int, Answer]:
    for asked in range(200):
        answer = program.get(path, **headers)
        if answer.status == 429:
            return asked, answer
    raise AssertionError("never limited")


@pytest.mark.parametrize(
    "path",
    [f"/ping/{GUESS}", f"/ping/{GUESS}/b", f"/api/push/{GUESS}", "/api/v1/heartbeat/job", "/api/v1/heartbeats"],
)
def test_whoever_guesses_is_slowed_down_but_not_who_knows(program: Program, path: str) -> None:
    guesser = f"198.51.100.{len(path)}"
    asked, answer = wrong_until_limited(program, path, X_Forwarded_For=guesser)
    assert 60 <= asked < 80
    assert int(answer.headers["retry-after"]) >= 1
    for right in (f"/ping/{program.tokens['job']}", f"/ping/{program.ping_key}/job"):
        assert program.get(right, X_Forwarded_For=guesser).status == 200
    right_key = {"Authorization": f"Bearer {program.api_key}", "X-Forwarded-For": guesser}
    assert program.ask("GET", "/api/v1/heartbeats", headers=right_key).status == 200
    assert program.get(path, X_Forwarded_For="198.51.100.250").status in (401, 404)


def test_an_ipv6_guesser_is_limited_by_the_64_it_has_to_itself(program: Program) -> None:
    statuses = [program.get(f"/ping/{GUESS}", X_Forwarded_For=f"2001:db8:1:2::{i:x}").status for i in range(90)]
    assert statuses[:60] == [404] * 60
    assert 429 in statuses[60:]
    assert program.get(f"/ping/{GUESS}", X_Forwarded_For="2001:db8:1:3::1").status == 404


def remote(program: Program, *forwarded: str) -> str:
    headers = "".join(f"X-Forwarded-For: {value}\r\n" for value in forwarded)
    path = f"/ping/{program.tokens['job']}"
    program.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n".encode())
    address: str = program.receipts("job")[0]["remote"]
    return address


def test_a_trusted_proxy_is_believed_however_many_headers_it_needs(program: Program) -> None:
    assert remote(program) == "127.0.0.1"
    assert remote(program, "192.0.2.1") == "192.0.2.1"
    assert remote(program, "203.0.113.1, 192.0.2.1, 127.0.0.2") == "192.0.2.1"
    assert remote(program, "203.0.113.1", "192.0.2.1, 127.0.0.2") == "192.0.2.1"
    assert remote(program, "203.0.113.1", "192.0.2.1", "127.0.0.2") == "192.0.2.1"
    assert remote(program, "nonsense") == "127.0.0.1"


def test_nobody_else_is_believed(tmp_path: Path) -> None:
    with running(tmp_path, "heartbeats: [{id: job, every: 5m}]") as program:
        assert remote(program, "192.0.2.1") == "127.0.0.1"
        statuses = [program.get(f"/ping/{GUESS}", X_Forwarded_For=f"192.0.2.{i}").status for i in range(90)]
        assert 429 in statuses


def test_a_heartbeat_that_reports_too_often_hears_when_it_may_again(tmp_path: Path) -> None:
    config = (
        "limits: {pings_per_second: 0.01, ping_burst: 3}\nheartbeats: [{id: job, every: 5m}, {id: other, every: 5m}]"
    )
    with running(tmp_path, config) as program:
        path, kuma = (f"/{form}/{program.tokens['job']}" for form in ("ping", "api/push"))
        own = f"/api/v1/heartbeat/job?token={program.tokens['job']}"
        assert [program.get(path).status for _ in range(4)] == [200, 200, 200, 429]
        for answer in (program.get(path), program.get(kuma), program.get(own)):
            assert answer.status == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 100
        assert program.get(kuma).json["ok"] is False
        assert program.get(f"/ping/{program.tokens['other']}").status == 200
        assert len(program.receipts("job")) == 3


def test_no_secret_is_served_or_logged_and_what_is_stored_is_private(tmp_path: Path) -> None:
    given = {"ping_key": "a-ping-key-of-ours-1", "api_key": "an-api-key-of-ours-1", "secret_key": "a-secret-of-ours-1"}
    own = "a-token-that-was-given-1"
    config = json.dumps(
        {**given, "heartbeats": [{"id": "job", "every": "5m", "token": own}, {"id": "b", "every": "1d"}]}
    )
    with running(tmp_path, config) as program:
        derived = program.tokens["b"]
        served = [_everything(program, token) for token in (own, derived, given["ping_key"])]
        (tmp_path / "exporter.yml").write_text(config.replace('"every"', '"evry"'))
        served.append(program.ask("POST", "/-/reload").body)
        files = [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]
        modes = {stat.S_IMODE(path.stat().st_mode) for path in files}
        assert stat.S_IMODE((tmp_path / "storage").stat().st_mode) == 0o700
    assert files
    assert modes == {0o600}
    for secret in (*given.values(), own, derived):
        assert secret not in program.log
        assert secret.encode() not in b"".join(served)
        assert all(secret not in str(path) for path in files)


def _everything(program: Program, token: str) -> bytes:
    """What comes back for all kinds of right and wrong requests that carry a token."""
    bearer = {"Authorization": f"Bearer {token}"}
    told = [program.get(path) for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/nothing", f"/{token}")]
    told += [
        program.ask(method, f"/ping/{token}{more}") for method in ("GET", "PATCH") for more in ("", "/x", "/job/x")
    ]
    told += [program.get(f"/ping/{token}?rid=x"), program.get(f"/ping/{token}?{'&'.join('k' * 99)}")]
    told += [program.get(f"/api/push/{token}?ping=x"), program.get(f"/api/v1/heartbeat/nothing?token={token}")]
    told += [program.ask("POST", "/api/v1/heartbeat/job", "{", {**bearer, "Content-Type": "application/json"})]
    told += [program.ask("GET", f"/api/v1/heartbeats/{id}", headers=bearer) for id in ("", "job", "nothing", "job/x")]
    line = f"/ping/{token}".encode()
    raw = [
        b"GET " + line + b"?" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET " + line + b"\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET " + line + b" HTTP/9.9\r\nHost: x\r\n\r\n",
        b"G\x00T " + line + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b" HTTP/1.1\r\nX: " + line * 200 + b"\r\n\r\n",
        b"\x16\x03\x01" + line + b"\r\n\r\n",
    ]
    return b"".join(answer.body for answer in told) + b"".join(program.raw(request) for request in raw)
