"""The real analyzer as its users have it: over a real sshd, with a model, killed, reloaded, asked, and by its verbs."""

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

from analyzer.fetch.pins import fingerprint
from tests.analyzer import modelserver
from tests.analyzer.fetch import sshd
from tests.analyzer.program import ran, running
from tests.until import until

DISK = "Nov 21 03:12:09 gate kernel: [123.4] EXT4-fs error (device sda1): ext4_find_entry:1455: reading directory"
SECRET = "hunter22hunter"
FAILED = "Nov 21 03:12:{:02} gate sshd[811]: Failed password for root from 198.51.100.7 port 40112 ssh2"


def local(log: Path, more: str = "", every: str = "1h") -> str:
    sources = f'[{{name: log, files: ["{log}"]}}]'
    return f"every: {every}\nhosts:\n  - {{host: nas, method: local, sources: {sources}, baseline: false}}\n{more}"


def write(log: Path, *lines: str) -> Path:
    with open(log, "a") as file:
        file.writelines(f"{line}\n" for line in lines)
    return log


def source(run: dict[str, Any]) -> dict[str, Any]:
    """What became of the only source of a run."""
    (only,) = run["sources"]
    return dict(only)


def test_what_a_log_says_becomes_findings_metrics_and_a_page(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK, *(FAILED.format(n) for n in range(8)))
    with running(tmp_path, local(log)) as program:
        (run,) = program.runs("nas")
        assert source(run)["lines"] == 9
        found = {one["title"]: one for one in program.json("/findings?host=nas")["findings"]}
        assert found["A file system found itself damaged"]["severity"] == "critical"
        assert found["A file system found itself damaged"]["evidence"] == [{"source": "log", "line": 1, "text": DISK}]
        assert "198.51.100.7" in found["Many failed SSH logins from one address"]["text"]
        assert program.sample('log_review_lines_total{host="nas",source="log"}') == 9
        assert program.sample('log_review_findings{host="nas",severity="critical",category="storage"}') == 1
        assert program.sample('log_review_up{host="nas",source="log"}') == 1
        page = program.get("/", key=None)[1]
        assert "A file system found itself damaged" in page
        assert "198.51.100.7" not in page, "the page asks for no key and shows no line"
        assert program.get("/findings", key="wrong")[0] == 401
        assert program.stop() == 0


def test_after_a_kill_no_line_is_lost_and_no_finding_comes_twice(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK)
    config = local(log, every="10s")
    with running(tmp_path, config) as program:
        program.runs("nas")
        program.process.kill()
        program.process.wait()
    write(log, *(FAILED.format(n) for n in range(8)))
    with running(tmp_path, config) as program:
        runs = program.runs("nas", 2)
        assert sum(source(run)["lines"] for run in runs) == 9
        found = program.json("/findings?host=nas")["findings"]
        assert len({one["fingerprint"] for one in found}) == len(found)
        disk = next(one for one in found if one["category"] == "storage")
        assert (disk["times_seen"], disk["lines"]) == (1, 1)


def test_no_secret_is_stored_shown_or_sent(tmp_path: Path) -> None:
    lines = [f"Nov 21 03:12:09 gate app[17]: ERROR cannot connect with password={SECRET}", DISK]
    log = write(tmp_path / "log.txt", *lines)

    async def ask() -> modelserver.ModelServer:
        async with modelserver.serving(modelserver.says(modelserver.honest)) as model:
            more = f'models: [{{name: m, base_url: "{model.url}", model: x, trust: local, context_tokens: 32000}}]'
            (tmp_path / "analyzer.yml").write_text(local(log, more))
            done = await asyncio.to_thread(ran, tmp_path, "--once")
            assert done.returncode == 0, done.stdout + done.stderr
            assert SECRET not in done.stdout + done.stderr
            return model

    model = asyncio.run(ask())
    assert "<SECRET:password:" in model.asked[0].words
    assert SECRET not in model.asked[0].words
    kept = [file for file in (tmp_path / "storage").rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]


def test_a_model_adds_words_once_and_unchanged_logs_cost_no_second_call(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", "Nov 21 03:12:09 gate tapedrive[9]: error: cartridge 4 is stuck in the robot")

    async def twice() -> tuple[str, str, int]:
        async with modelserver.serving(modelserver.says(modelserver.honest)) as model:
            more = f'models: [{{name: m, base_url: "{model.url}", model: x, trust: local, context_tokens: 32000}}]'
            (tmp_path / "analyzer.yml").write_text(local(log, more))
            first = await asyncio.to_thread(ran, tmp_path, "--once")
            second = await asyncio.to_thread(ran, tmp_path, "--once")
            return first.stdout, second.stdout, len(model.asked)

    first, second, asked = asyncio.run(twice())
    assert "The disk reports errors and wants a look. (m)" in first
    assert "Look at the cabling" in first
    assert asked == 1, second


def ssh_host(server: sshd.Sshd, log: Path, pin: bool = True) -> str:
    key = f', host_key: "{server.host_key}"' if pin else ""
    way = f"{{address: 127.0.0.1, port: {server.port}, user: {sshd.user()}, key_file: {server.key}{key}}}"
    return f'  - {{host: far, ssh: {way}, baseline: false, sources: [{{name: log, files: ["{log}"]}}]}}\n'


def test_a_host_is_enrolled_checked_and_read_over_ssh(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK)
    with sshd.running(tmp_path / "sshd", *sshd.SFTP_ONLY) as server:
        (tmp_path / "analyzer.yml").write_text("hosts:\n" + ssh_host(server, log, pin=False))
        refused = ran(tmp_path, "check")
        assert refused.returncode == 1
        assert "FAIL far: " in refused.stdout
        for verb in ("--once", "--web.listen-address=127.0.0.1:0"):
            unpinned = ran(tmp_path, verb)
            assert unpinned.returncode == 1
            assert "host far: " in unpinned.stderr
            assert "analyzer enroll far" in unpinned.stderr
        enrolled = ran(tmp_path, "enroll", "far")
        assert enrolled.returncode == 0, enrolled.stderr
        assert fingerprint(server.host_key) in enrolled.stdout
        checked = ran(tmp_path, "check")
        assert checked.stdout.splitlines() == ["ok   far: reached", "ok   far: log can be read"], checked.stderr
        done = ran(tmp_path, "--once")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "A file system found itself damaged" in done.stdout


def test_a_dead_host_is_told_and_delays_no_other(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK)
    with sshd.running(tmp_path / "sshd") as server, socket.create_server(("127.0.0.1", 0)) as mute:
        dead = (
            ssh_host(server, log)
            .replace("host: far", "host: mute")
            .replace(f"port: {server.port}", f"port: {mute.getsockname()[1]}")
        )
        config = "hosts:\n" + ssh_host(server, log) + dead.replace("user:", "connect_timeout: 2s, user:")
        with running(tmp_path, config) as program:
            program.runs("far")
            (run,) = program.runs("mute")
            assert source(run)["up"] is False
            assert "timeout" in source(run)["error"]
            assert program.sample('log_review_up{host="far",source="log"}') == 1
            assert program.sample('log_review_up{host="mute",source="log"}') == 0


def test_messages_over_syslog_are_reviewed_and_strangers_are_dropped(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = (
        f'every: 10s\nsyslog: {{tcp: "127.0.0.1:{port}", hosts: {{switch: ["127.0.0.1"], other: ["192.0.2.9"]}}}}\n'
    )
    with running(tmp_path, config) as program:
        with socket.create_connection(("127.0.0.1", port)) as sender:
            line = f"<3>{DISK.replace('gate', 'liar')} password={SECRET}\n"
            sender.sendall(line.encode())
        kept = 'heartline_analyzer_syslog_messages_total{host="switch"}'
        until(lambda: program.sample(kept) == 1, lambda: program.log)
        until(lambda: program.json("/findings?host=switch")["findings"], lambda: program.log)
        spool = (tmp_path / "storage" / "syslog" / "switch.log").read_text()
        assert SECRET not in spool
        assert " switch kernel: " in spool


def test_a_file_with_a_mistake_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK)
    with running(tmp_path, local(log)) as program:
        program.runs("nas")
        config = tmp_path / "analyzer.yml"
        good = config.read_text()
        config.write_text(good.replace("sources:", "source:"))
        status, text = program.get("/-/reload", method="POST")
        assert status == 500
        assert re.search(r'analyzer\.yml:3: hosts\[0\]\.source: unknown key; did you mean "sources"', text), text
        assert program.sample("heartline_analyzer_config_last_reload_successful") == 0
        config.write_text(good.replace("host: nas", "host: new"))
        assert program.get("/-/reload", method="POST")[0] == 200
        program.runs("new")
        assert program.sample('log_review_up{host="nas",source="log"}') is None
        assert program.sample("heartline_analyzer_config_last_reload_successful") == 1


def test_a_log_is_reviewed_at_once_without_configuration_or_key(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK, *(FAILED.format(n) for n in range(8)), f"token={SECRET}")
    done = ran(tmp_path, "review", str(log))
    assert done.returncode == 0, done.stderr
    assert "A file system found itself damaged" in done.stdout
    assert "health score" in done.stdout
    assert SECRET not in done.stdout
    assert not (tmp_path / "storage").exists()
    piped = ran(tmp_path, "review", "-", stdin=log.read_text())
    assert piped.stdout.partition("\n")[2].replace("input", "log.txt") != ""
    missing = ran(tmp_path, "review", str(tmp_path / "none"))
    assert missing.returncode == 1
    assert missing.stderr.startswith("analyzer: ")
    assert "Traceback" not in missing.stderr


def test_a_finding_is_explained_and_a_baseline_shown_and_accepted(tmp_path: Path) -> None:
    log = write(tmp_path / "log.txt", DISK)
    (tmp_path / "analyzer.yml").write_text(local(log).replace(", baseline: false", ""))
    done = ran(tmp_path, "--once")
    mark = re.search(r"\(storage, log, ([0-9a-f]{16})\)", done.stdout)
    assert mark, done.stdout + done.stderr
    told = ran(tmp_path, "explain", mark[1]).stdout
    assert "on nas" in told
    assert DISK in told
    assert ran(tmp_path, "explain", "0" * 16).returncode == 1
    shown = ran(tmp_path, "baseline", "show", "nas").stdout
    assert "Nothing changed" in shown
    assert re.search(r"users +\d+ rows", shown)
    assert ran(tmp_path, "baseline", "accept", "nas").stdout == "nas: accepted as its latest review saw it\n"
    assert ran(tmp_path, "baseline", "accept", "nobody").returncode == 1
