"""The program as a whole: how it starts or says why not, reloads, prints URLs, and stops."""

import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.program import PATIENCE, Program, command, ran, running
from tests.until import until

CONFIG = "heartbeats: [{id: job, every: 5m}, {id: old, every: 5m}]"


def one_line(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line in which a program that failed says why."""
    assert done.returncode == 1, done
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("exporter: ")
    assert done.stdout == ""
    return lines[0]


def configured(folder: Path, text: str = CONFIG) -> Path:
    (folder / "exporter.yml").write_text(text)
    return folder


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = ran(configured(tmp_path), f"--web.listen-address=127.0.0.1:{port}")
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert last == f"exporter: cannot listen on 127.0.0.1:{port}: Address already in use"
    assert "Traceback" not in done.stderr


def test_an_address_of_nobody_is_named(tmp_path: Path) -> None:
    done = ran(configured(tmp_path), "--web.listen-address=192.0.2.1:9797")
    assert one_line(done).startswith("exporter: cannot listen on 192.0.2.1:9797: ")


@pytest.mark.parametrize("address", ["9797", "localhost", "x:y", "127.0.0.1:99999", ""])
def test_a_malformed_address_is_a_wrong_flag(tmp_path: Path, address: str) -> None:
    done = ran(configured(tmp_path), f"--web.listen-address={address}")
    assert done.returncode == 2
    assert "expected host:port" in done.stderr


def test_a_storage_path_that_cannot_be_is_named(tmp_path: Path) -> None:
    (configured(tmp_path) / "file").write_text("")
    done = ran(tmp_path, f"--storage.path={tmp_path / 'file' / 'storage'}")
    assert str(tmp_path / "file") in one_line(done)


def test_a_second_program_on_the_same_storage_names_the_first(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        line = one_line(ran(tmp_path, "--web.listen-address=127.0.0.1:0"))
        assert line == f"exporter: {program.storage} is in use by process {program.process.pid}"
        assert program.get("/-/ready").status == 200


def test_a_damaged_secret_is_not_replaced(tmp_path: Path) -> None:
    (configured(tmp_path) / "storage").mkdir()
    (tmp_path / "storage" / "secret.key").write_text("short")
    line = one_line(ran(tmp_path, "--web.listen-address=127.0.0.1:0"))
    assert "secret.key: expected 64 hexadecimal digits; restore it from a backup" in line


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"heartbeat: []", 'exporter.yml:1: heartbeat: unknown key; did you mean "heartbeats"?'),
        (b"heartbeats:\n- {id: a, evry: 5m}", 'exporter.yml:2: heartbeats[0].evry: unknown key; did you mean "every"?'),
        (b"heartbeats: [{id: a, every: 5m}, {id: a, every: 5m}]", "heartbeats[1].id: 'a' is defined twice"),
        (b"heartbeats: {", "no valid YAML"),
        (b"- a", "expected a mapping at the top level"),
        (b"timezone: Europe/Berln", "timezone"),
        (b"timezone: \xff", "not UTF-8"),
        (b"api_key: short", "api_key: expected at least 16"),
    ],
)
def test_a_wrong_configuration_is_one_line(tmp_path: Path, text: bytes, says: str, check: bool) -> None:
    (tmp_path / "exporter.yml").write_bytes(text)
    line = one_line(ran(tmp_path, "--config.check" if check else "--web.listen-address=127.0.0.1:0"))
    assert says in line
    assert not (tmp_path / "storage").exists()


def test_a_missing_configuration_is_one_line(tmp_path: Path) -> None:
    assert "exporter.yml: cannot be read: No such file or directory" in one_line(ran(tmp_path, "--config.check"))


def test_the_check_starts_and_writes_nothing(tmp_path: Path) -> None:
    done = ran(configured(tmp_path), "--config.check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'exporter.yml'}: 2 heartbeats, no mistakes found\n"
    assert not (tmp_path / "storage").exists()


def test_the_check_reads_the_web_configuration_too(tmp_path: Path) -> None:
    (configured(tmp_path) / "web.yml").write_text("basic_auth_usrs: {}")
    line = one_line(ran(tmp_path, "--config.check", f"--web.config.file={tmp_path / 'web.yml'}"))
    assert 'did you mean "basic_auth_users"?' in line


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "heartbeats:\n"])
def test_an_empty_configuration_is_one(tmp_path: Path, text: str) -> None:
    with running(tmp_path, text) as program:
        assert program.sample("heartline_exporter_heartbeats") == 0


def test_the_example_that_comes_along_is_right() -> None:
    done = subprocess.run(
        [*command(Path("exporter"), "--config.check")], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_urls_name_all_heartbeats_beside_a_running_program_and_keep_the_keys_to_themselves(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        program.manage("PUT", "/added", {"every": "5m"})
        program.manage("PUT", "/given", {"every": "5m", "token": "a-token-of-our-own-choice"})
        printed = program.urls()
        urls = dict(line.split() for line in printed.splitlines())
        assert set(urls) == {"job", "old", "added", "given"}
        for url in urls.values():
            base, _, path = url.partition("/ping/")
            assert base == f"http://127.0.0.1:{program.port}"
            assert program.get(f"/ping/{path}").status == 200
        assert urls["given"].endswith("/a-token-of-our-own-choice")
        assert program.ping_key not in printed
        assert program.api_key not in printed


def test_urls_begin_with_what_is_seen_from_outside(tmp_path: Path) -> None:
    config = f"external_url: https://heartline.example/sub/\n{CONFIG}"
    done = ran(configured(tmp_path, config), "urls")
    assert {line.split()[1].rpartition("/")[0] for line in done.stdout.splitlines()} == {
        "https://heartline.example/sub/ping"
    }
    with running(tmp_path, config) as program:
        assert program.manage("GET", "/job").json["url"].startswith("https://heartline.example/sub/ping/")
        program.config.write_text(CONFIG)
        assert program.ask("POST", "/-/reload").status == 200
        assert program.manage("GET", "/job").json["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("address", ["0.0.0.0:1", ":1", "[::]:1"])
def test_urls_of_a_program_that_listens_everywhere_name_this_machine(tmp_path: Path, address: str) -> None:
    done = ran(configured(tmp_path), "urls", f"--web.listen-address={address}")
    assert all(line.split()[1].startswith("http://127.0.0.1:1/ping/") for line in done.stdout.splitlines())


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-key-in-a-file-1234\n")
    environ = {**os.environ, "PING_KEY": "a-key-in-a-variable", "API_KEY_FILE": str(tmp_path / "key")}
    done = ran(configured(tmp_path), "urls", "--keys", environ=environ)
    assert "/ping/a-key-in-a-variable/<id>?create=1\nAPI key  a-key-in-a-file-1234\n" in done.stdout


def names(program: Program) -> set[str]:
    text = program.get("/metrics/heartbeats").text
    return {line.split('"')[1] for line in text.splitlines() if line.startswith("heartbeat_info{")}


def reload(program: Program, how: str, config: str) -> None:
    program.config.write_text(config)
    if how == "signal":
        told = len(program.log)
        program.process.send_signal(signal.SIGHUP)
        until(lambda: "taken over" in program.log[told:])
    else:
        program.ask(how, "/-/reload")


@pytest.mark.parametrize("how", ["POST", "PUT", "signal"])
def test_a_reload_adds_removes_and_renames_at_once_and_a_bad_file_changes_nothing(tmp_path: Path, how: str) -> None:
    ok = "heartline_exporter_config_last_reload_successful"
    with running(tmp_path, CONFIG) as program:
        program.get(f"/ping/{program.tokens['job']}")
        before = program.sample("heartline_exporter_config_last_reload_success_timestamp_seconds")
        reload(program, how, "heartbeats: [{id: job, every: 1h}, {id: new, every: 5m}]")
        assert names(program) == {"job", "new"}
        assert program.get(f"/ping/{program.tokens['old']}").status == 404
        interval = 'heartbeat_expected_interval_seconds{heartbeat="job",host=""}'
        assert program.sample(interval) == 3600
        assert program.sample('heartbeat_receipts_total{heartbeat="job",host="",kind="success"}') == 1
        read = program.sample("heartline_exporter_config_last_reload_success_timestamp_seconds")
        assert read > before
        reload(program, how, "heartbeats: [{id: job, every: 5m}, {id: other, evry: 5m}]")
        assert (names(program), program.sample(interval), program.sample(ok)) == ({"job", "new"}, 3600, 0)
        assert program.sample("heartline_exporter_config_last_reload_success_timestamp_seconds") == read
        assert "configuration not taken over" in program.log
        reload(program, how, CONFIG)
        assert (names(program), program.sample(ok)) == ({"job", "old"}, 1)
        assert program.get(f"/ping/{program.tokens['old']}").status == 200


@pytest.mark.parametrize("text", [b"\xff", b"[", b"a: &a [*a]", b"a: " + b"[" * 100, b"!!python/object:os.system x"])
def test_no_file_however_bad_is_taken_over(tmp_path: Path, text: bytes) -> None:
    with running(tmp_path, CONFIG) as program:
        program.config.write_bytes(text)
        answer = program.ask("POST", "/-/reload")
        assert answer.status == 500
        assert answer.text.startswith(str(program.config))
        assert answer.text.count("\n") == 1
        program.config.unlink()
        assert "No such file" in program.ask("POST", "/-/reload").text
        assert names(program) == {"job", "old"}
        assert "Traceback" not in program.log


def test_a_reload_is_asked_for_with_post(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        for method in ("GET", "DELETE"):
            answer = program.ask(method, "/-/reload")
            assert (answer.status, answer.headers["allow"]) == (405, "POST, PUT")


def test_the_file_wins_over_the_api_and_says_so(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        program.manage("PUT", "/both", {"every": "5m", "name": "by the API"})
        reload(program, "POST", "heartbeats: [{id: both, every: 1h, name: by the file}]")
        assert "heartbeat 'both' was registered through the API; it is as exporter.yml says now" in program.log
        told = program.manage("GET", "/both").json
        assert (told["name"], told["defined_in"]) == ("by the file", "exporter.yml")
        assert program.manage("DELETE", "/both").status == 409
        reload(program, "POST", "")
        assert names(program) == set()


def test_a_schedule_in_use_by_the_api_cannot_be_taken_away(tmp_path: Path) -> None:
    with running(tmp_path, 'schedules: {office: {windows: ["Mon-Fri 08:00-18:00"]}}') as program:
        program.manage("PUT", "/held", {"every": "5m", "schedule": "office"})
        reload(program, "POST", "")
        assert names(program) == {"held"}
        assert program.sample("heartline_exporter_config_last_reload_successful") == 0


def test_tokens_may_change_hands_in_one_reload(tmp_path: Path) -> None:
    first, second = "first-token-of-somebody", "second-token-of-somebody"
    config = "heartbeats: [{{id: a, every: 5m, token: {}}}, {{id: b, every: 5m, token: {}}}]"
    with running(tmp_path, config.format(first, second)) as program:
        reload(program, "POST", config.format(second, first))
        assert [program.get(f"/ping/{token}").status for token in (first, second)] == [200, 200]
        assert [program.receipts(id)[0]["number"] for id in ("b", "a")] == [1, 2]
        reload(program, "POST", "heartbeats: [{id: a, every: 5m}]")
        assert [program.get(f"/ping/{token}").status for token in (first, second)] == [404, 404]
        assert program.sample("heartline_exporter_config_last_reload_successful") == 1


def test_keys_are_changed_by_a_reload_but_not_the_secret_behind_all_tokens(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        reload(program, "POST", f"ping_key: a-new-ping-key-1234\napi_key: a-new-api-key-12345\n{CONFIG}")
        assert program.get(f"/ping/{program.ping_key}/job").status == 404
        assert program.get("/ping/a-new-ping-key-1234/job").status == 200
        assert program.manage("GET").status == 401
        program.api_key = "a-new-api-key-12345"
        assert program.manage("GET").status == 200
        assert program.get(f"/ping/{program.tokens['job']}").status == 200
        program.config.write_text(f"secret_key: a-new-secret-key-12345\n{CONFIG}")
        assert "secret_key: all tokens change with it, that takes a restart" in program.ask("POST", "/-/reload").text
        assert program.get("/ping/a-new-ping-key-1234/job").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_answered_before_the_end_is_kept(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, CONFIG) as program:
        answered: list[int] = []
        senders = [threading.Thread(target=ping_until_the_end, args=(program, answered)) for _ in range(2)]
        for sender in senders:
            sender.start()
        while len(answered) < 50:
            time.sleep(0.01)
        assert program.stop(number) == 0
        for sender in senders:
            sender.join()
        assert "stopped" in program.log
        assert "Traceback" not in program.log
    with sqlite3.connect(tmp_path / "storage" / "heartbeats.db") as db:
        kept = db.execute("SELECT count(*) FROM receipts").fetchone()[0]
    db.close()
    assert kept >= len(answered)


def ping_until_the_end(program: Program, answered: list[int]) -> None:
    path = f"/ping/{program.tokens['job']}"
    while True:
        try:
            status = program.get(path).status
        except OSError:
            return
        if status == 200:
            answered.append(status)
        time.sleep(0.002)
