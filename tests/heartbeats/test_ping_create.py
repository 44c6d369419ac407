"""What does ?create=1 make, of whom, and how many?"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.program import Program, running

CONFIG = """
schedules: {office: {windows: ["Mon-Fri 08:00-18:00"]}}
create: {every: 10m, grace: 2m, schedule: office, host: made, limit: 3}
heartbeats: [{id: known, every: 5m}]
"""


def create(program: Program, id: str, more: str = "", query: str = "?create=1") -> tuple[int, str]:
    answer = program.get(f"/ping/{program.ping_key}/{id}{more}{query}")
    return answer.status, answer.text


def test_the_first_ping_creates_and_the_next_ones_find(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        assert program.ask("HEAD", f"/ping/{program.ping_key}/known").status == 200
        assert create(program, "new", "/start") == (201, "Created")
        assert create(program, "new") == (200, "OK")
        assert create(program, "new", query="") == (200, "OK")
        told = program.manage("GET", "/new").json
        assert (told["expected_interval_seconds"], told["grace_seconds"]) == (600, 120)
        assert (told["schedule"], told["host"], told["defined_in"]) == ("office", "made", "api")
        assert told["receipts"] == {"success": 2, "start": 1, "fail": 0, "log": 0}
        assert create(program, "known") == (200, "OK")
        assert program.sample('heartline_exporter_pings_total{outcome="created"}') == 1


def test_what_was_created_is_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        assert create(program, "new")[0] == 201
    with running(tmp_path, CONFIG) as program:
        assert create(program, "new") == (200, "OK")
        assert program.manage("GET", "/new").json["receipts"]["success"] == 2


def test_no_more_are_created_than_the_limit_allows(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        assert [create(program, f"new{i}")[0] for i in range(5)] == [201, 201, 201, 404, 404]
        assert create(program, "new1") == (200, "OK")
        assert create(program, "new9") == (404, "not found\n")
        assert program.manage("DELETE", "/new1").status == 200
        assert create(program, "new4")[0] == 201


def test_pings_at_the_same_time_create_one_heartbeat(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program, ThreadPoolExecutor(8) as threads:
        statuses = sorted(status for status, _ in threads.map(lambda _: create(program, "same"), range(24)))
        assert statuses == [200] * 23 + [201]
        assert program.manage("GET", "/same").json["receipts"]["success"] == 24


@pytest.mark.parametrize("query", ["", "?create=0", "?create=", "?create=true", "?create=1&create=0", "?CREATE=1"])
def test_nothing_else_creates(tmp_path: Path, query: str) -> None:
    with running(tmp_path, CONFIG) as program:
        assert create(program, "new", query=query) == (404, "not found\n")
        assert program.get(f"/ping/{program.ping_key}x/new?create=1").status == 404
        assert create(program, "new", "/256") == (400, "invalid url format\n")
        assert create(program, "New")[0] == 400
        assert create(program, "n" * 101)[0] == 400
        assert create(program, "-new")[0] == 400
        assert program.ask("DELETE", f"/ping/{program.ping_key}/new?create=1").status == 405
        assert program.manage("GET", "/new").status == 404


def test_a_limit_of_none_creates_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "create: {every: 1d, limit: 0}") as program:
        assert create(program, "new") == (404, "not found\n")


def test_by_default_a_day_and_an_hour_are_given(tmp_path: Path) -> None:
    with running(tmp_path, "") as program:
        assert create(program, "new") == (201, "Created")
        told = program.manage("GET", "/new").json
        assert (told["expected_interval_seconds"], told["grace_seconds"]) == (86_400, 3_600)


def test_while_the_store_is_not_loaded_nothing_is_created_or_managed(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        assert create(program, "kept")[0] == 201
        keys = program.ping_key, program.api_key
    database = tmp_path / "storage" / "heartbeats.db"
    whole = database.read_bytes()
    database.write_bytes(b"no database " * 100)
    with running(tmp_path, CONFIG, ready=False) as program:
        program.ping_key, program.api_key = keys
        for answer in (
            program.get(f"/ping/{program.ping_key}/new?create=1"),
            program.get(f"/ping/{program.ping_key}/kept"),
            program.ask("GET", "/api/v1/heartbeat/kept", headers={"Authorization": f"Bearer {program.ping_key}"}),
            program.manage("POST", content={"id": "new", "every": "5m"}),
            program.manage("GET"),
            program.get("/-/ready"),
        ):
            assert answer.status == 503, answer
        assert program.get(f"/ping/{program.ping_key}/kept").headers["retry-after"] == "5"
        assert program.get("/-/healthy").status == 200
        assert program.ask("POST", "/-/reload").status == 200  # what it says counts once there is a store
        assert program.sample("heartline_exporter_storage_up") == 0
    database.write_bytes(whole)
    with running(tmp_path, CONFIG) as program:
        assert create(program, "kept") == (200, "OK")
        assert program.manage("GET", "/new").status == 404
