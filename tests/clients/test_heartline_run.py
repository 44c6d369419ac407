"""The wrapper tells the heartbeat what happened, and the command never notices."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.clients.conftest import SHELLS, WRAPPER, Host
from tests.clients.standin import Standin

# Every byte value, NUL included, and no line structure; 3 MB is far more than the pipes hold.
BINARY = bytes(range(256)) * (3_000_000 // 256)

# Tests that wait for seconds do not run under every shell.
slow = pytest.mark.parametrize("path", SHELLS[:2], indirect=True)
slowest = pytest.mark.parametrize("path", SHELLS[:1], indirect=True)


def _command_lines() -> list[bytes]:
    """The command lines of all processes; one that ends while it is read has none."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


def test_a_run_is_a_start_and_then_its_exit_code_with_the_same_run_id(host: Host, receiver: Standin) -> None:
    result = host.job("echo done")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"done\n", b"")
    start, end = receiver.pings
    assert (start.word, end.word) == ("start", "0")
    assert start.rid == end.rid == str(uuid.UUID(end.rid))
    assert (start.body, end.body) == (b"", b"done\n")


def test_each_run_has_its_own_run_id(host: Host, receiver: Standin) -> None:
    host.job("true")
    host.job("true")
    assert len({ping.rid for ping in receiver.pings}) == 2


@pytest.mark.parametrize(
    ("script", "code"), [("exit 1", 1), ("exit 3", 3), ("exit 255", 255), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_the_exit_status_comes_through_and_is_told(host: Host, receiver: Standin, script: str, code: int) -> None:
    result = host.job(script)
    assert (result.returncode, result.stderr) == (code, b"")
    assert receiver.words == ["start", str(code)]


def test_a_command_that_does_not_exist_is_127(host: Host, receiver: Standin) -> None:
    result = host.run(host.url, "--", "no-such-command")
    assert result.returncode == 127
    assert receiver.words == ["start", "127"]
    assert receiver.pings[1].body == result.stderr


def test_arguments_reach_the_command_as_they_are(host: Host) -> None:
    result = host.run(host.url, "--", "printf", "[%s]", "a b", "", "*", "--", "$HOME", "'\"\\", "é\n")
    assert result.stdout == "[a b][][*][--][$HOME]['\"\\][é\n]".encode()


def test_a_name_of_the_wrapper_s_own_is_no_command(host: Host) -> None:
    assert host.run(host.url, "--", "say", "x").returncode == 127


def test_query_and_trailing_slash_of_the_url_stay_in_their_places(host: Host, receiver: Standin) -> None:
    host.run(f"{host.url}/?create=1&x=%20", "--", "true")
    assert [ping.path for ping in receiver.pings] == ["/ping/0a1b2c3d-secret/start", "/ping/0a1b2c3d-secret/0"]
    assert all(ping.query["create"] == ["1"] and ping.query["x"] == [" "] and ping.rid for ping in receiver.pings)


def test_binary_output_of_any_length_comes_through_on_its_own_stream(
    host: Host, receiver: Standin, tmp_path: Path
) -> None:
    (tmp_path / "binary").write_bytes(BINARY)
    result = host.job(f"cat {tmp_path}/binary; cat {tmp_path}/binary >&2; printf '\\000end'")
    assert result.stdout == BINARY + b"\0end"
    assert result.stderr == BINARY
    assert len(receiver.pings[1].body) == 100_000


def test_the_body_is_exactly_the_last_100000_bytes(host: Host, receiver: Standin, tmp_path: Path) -> None:
    text = b"".join(b"%07d\n" % number for number in range(300_000))
    (tmp_path / "text").write_bytes(text)
    result = host.job(f"cat {tmp_path}/text")
    assert result.stdout == text
    assert receiver.pings[1].body == text[-100_000:]


def test_many_small_writes_are_all_kept(host: Host, receiver: Standin) -> None:
    result = host.job("i=0; while [ $i -lt 30000 ]; do echo $i; i=$((i + 1)); done")
    assert receiver.pings[1].body == result.stdout[-100_000:]


def test_the_output_of_both_streams_is_told_in_one_body(host: Host, receiver: Standin) -> None:
    host.job("echo out; echo err >&2")
    assert sorted(receiver.pings[1].body.splitlines()) == [b"err", b"out"]


def test_output_streams_while_the_command_runs(host: Host, receiver: Standin) -> None:
    with host.start(host.url, "--", "sh", "-c", "echo first; read answer; echo $answer", stdin=subprocess.PIPE) as job:
        assert job.stdout
        assert job.stdin
        assert job.stdout.readline() == b"first\n"
        job.stdin.write(b"second\n")
        job.stdin.close()
        assert job.stdout.readline() == b"second\n"
    assert receiver.words == ["start", "0"]


def test_stdin_reaches_the_command_byte_for_byte(host: Host) -> None:
    assert host.run(host.url, "--", "cat", feed=BINARY).stdout == BINARY


def test_without_output_the_command_writes_for_itself(host: Host, receiver: Standin) -> None:
    result = host.run("--no-output", host.url, "--", "sh", "-c", "echo out; echo err >&2; exit 2")
    assert (result.returncode, result.stdout, result.stderr) == (2, b"out\n", b"err\n")
    assert [(ping.word, ping.body) for ping in receiver.pings] == [("start", b""), ("2", b"")]


def test_a_reader_that_goes_away_stops_the_command_as_it_would_without_the_wrapper(host: Host) -> None:
    with host.start("--no-output", host.url, "--", "yes") as job:
        assert job.stdout
        job.stdout.close()
        assert job.wait(timeout=40) in (1, 141)


@slow
def test_a_child_left_behind_neither_holds_the_wrapper_nor_loses_its_output(host: Host, receiver: Standin) -> None:
    script = "mkfifo $TMPDIR/gate; echo early; (cat $TMPDIR/gate; echo late) & exit 4"
    with host.start(host.url, "--", "sh", "-c", script, HEARTLINE_RUN_TIMEOUT="2") as job:
        assert job.stdout
        assert job.stdout.readline() == b"early\n"
        status = job.wait(timeout=40)
        (host.tmp / "gate").write_bytes(b"")
        assert job.stdout.read() == b"late\n"
    assert status == 4
    assert receiver.words == ["start", "4"]
    assert receiver.pings[1].body == b"early\n"


@pytest.mark.parametrize("name", ["TERM", "HUP", "INT"])
def test_a_signal_is_passed_to_the_command_which_decides_its_own_end(host: Host, receiver: Standin, name: str) -> None:
    # Without GNU env a shell can only pass INT on as TERM.
    script = f"trap 'echo got it; exit 7' {name} TERM; echo ready; while :; do sleep 0.05; done"
    with host.start(host.url, "--", "sh", "-c", script) as job:
        assert job.stdout
        assert job.stdout.readline() == b"ready\n"
        job.send_signal(getattr(signal, f"SIG{name}"))
        assert job.wait(timeout=40) == 7
    assert receiver.words == ["start", "7"]
    assert receiver.pings[1].body == b"ready\ngot it\n"


def test_a_signal_to_the_whole_process_group_still_lets_the_last_ping_out(host: Host, receiver: Standin) -> None:
    script = "trap 'sleep 0.1; echo over; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    with host.start(host.url, "--", "sh", "-c", script) as job:
        assert job.stdout
        assert job.stdout.readline() == b"ready\n"
        os.killpg(job.pid, signal.SIGTERM)
        assert job.wait(timeout=40) == 9
    assert receiver.words == ["start", "9"]


def test_a_command_without_a_handler_ends_by_the_signal(host: Host, receiver: Standin) -> None:
    with host.start(host.url, "--", "sh", "-c", "echo ready; exec sleep 60") as job:
        assert job.stdout
        assert job.stdout.readline() == b"ready\n"
        job.terminate()
        assert job.wait(timeout=40) == 143
    assert receiver.words == ["start", "143"]


@slowest
def test_a_server_that_is_down_changes_nothing(host: Host) -> None:
    result = host.run("http://127.0.0.1:1/ping/x", "--", "sh", "-c", "echo out; exit 5", HEARTLINE_RUN_TIMEOUT="2")
    assert (result.returncode, result.stdout, result.stderr) == (5, b"out\n", b"")


@slow
def test_a_server_that_hangs_holds_neither_the_start_nor_the_end(host: Host, receiver: Standin) -> None:
    receiver.free.clear()
    result = host.job("echo out; exit 5", HEARTLINE_RUN_TIMEOUT="2")
    assert (result.returncode, result.stdout, result.stderr) == (5, b"out\n", b"")
    assert receiver.words[0] == "start"


@slowest
def test_a_ping_is_sent_again_after_a_server_error(host: Host, receiver: Standin) -> None:
    receiver.answers += [(200, {}), (503, {})]
    assert host.job("exit 1").returncode == 1
    assert receiver.words == ["start", "1", "1"]
    assert len({ping.rid for ping in receiver.pings}) == 1


@slowest
def test_retry_after_is_obeyed_when_it_is_near(host: Host, receiver: Standin) -> None:
    receiver.answers += [(200, {}), (429, {"Retry-After": "2"})]
    host.job("true")
    assert receiver.words == ["start", "0", "0"]
    assert receiver.pings[2].at - receiver.pings[1].at >= 2


def test_retry_after_beyond_the_time_allowed_ends_the_attempts(host: Host, receiver: Standin) -> None:
    receiver.answers += [(200, {}), (429, {"Retry-After": "3600"})]
    result = host.run("-v", host.url, "--", "true")
    assert receiver.words == ["start", "0"]
    assert result.stderr == b"heartline-run: ping '0' not delivered: HTTP 429\n"


def test_a_wrong_token_is_not_tried_again(host: Host, receiver: Standin) -> None:
    receiver.answers += [(404, {}), (404, {})]
    result = host.run("-v", host.url, "--", "true")
    assert receiver.words == ["start", "0"]
    assert result.returncode == 0
    assert b"secret" not in result.stderr


def test_the_url_is_on_no_command_line_while_the_command_runs(host: Host, receiver: Standin) -> None:
    receiver.free.clear()
    with host.start(host.url, "--", "sh", "-c", "echo ready; read x", stdin=subprocess.PIPE) as job:
        assert job.stdout
        assert job.stdout.readline() == b"ready\n"
        lines = _command_lines()
        receiver.free.set()
        job.communicate(b"\n", timeout=40)
    assert not [line for line in lines if b"secret" in line]
    assert [line for line in lines if b"heartline-run" in line]


def test_the_url_in_the_environment_is_used_and_kept_from_the_command(host: Host, receiver: Standin) -> None:
    result = host.run("--", "env", HEARTLINE_URL=host.url)
    assert receiver.words == ["start", "0"]
    assert b"secret" not in result.stdout


@pytest.mark.parametrize("script", ["true", "kill -9 $$", "echo x; exit 2"])
def test_no_temporary_file_is_left(host: Host, script: str) -> None:
    host.job(script)
    assert list(host.tmp.iterdir()) == []


def test_the_temporary_directory_is_for_its_owner_alone(host: Host) -> None:
    result = host.job("stat -c %a $TMPDIR/heartline-run.*")
    assert result.stdout == b"700\n"


def test_without_a_temporary_directory_the_command_runs_and_is_told_without_output(
    host: Host, receiver: Standin
) -> None:
    result = host.job("echo out; exit 6", TMPDIR="/nonexistent")
    assert (result.returncode, result.stdout, result.stderr) == (6, b"out\n", b"")
    assert [(ping.word, ping.body) for ping in receiver.pings] == [("start", b""), ("6", b"")]


def test_without_curl_the_command_runs_all_the_same(host: Host, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for folder in host.environ["PATH"].split(":"):
        if (Path(folder) / "sh").exists() and not (bare / "sh").exists():
            (bare / "sh").symlink_to((Path(folder) / "sh").resolve())
    result = host.job("echo out; exit 6", PATH=str(bare))
    assert (result.returncode, result.stdout, result.stderr) == (6, b"out\n", b"")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], b"no URL"),
        (["http://127.0.0.1:1/x"], b"no --"),
        (["http://127.0.0.1:1/x", "--"], b"no command"),
        (["http://127.0.0.1:1/x", "true"], b"no --"),
        (["ftp://127.0.0.1/x", "--", "true"], b"http://"),
        (['http://127.0.0.1:1/x"\nurl = "http://127.0.0.1:2', "--", "true"], b"quote"),
        (["--quick", "http://127.0.0.1:1/x", "--", "true"], b"--quick"),
    ],
)
def test_a_wrong_call_says_so_and_runs_nothing(host: Host, arguments: list[str], words: bytes) -> None:
    result = host.run(*arguments)
    assert result.returncode == 64
    assert words in result.stderr
    assert result.stderr.count(b"\n") == 1
    assert b"127.0.0.1" not in result.stderr


def test_a_timeout_that_is_no_number_says_so(host: Host) -> None:
    result = host.job("true", HEARTLINE_RUN_TIMEOUT="08")
    assert result.returncode == 64
    assert b"HEARTLINE_RUN_TIMEOUT" in result.stderr


def test_help_and_version_are_told(host: Host) -> None:
    assert host.run("--help").stdout.startswith(b"usage: heartline-run")
    project = (WRAPPER.parents[1] / "pyproject.toml").read_text()
    version = host.run("--version").stdout.decode().split()[1]
    assert f'version = "{version}"' in project
