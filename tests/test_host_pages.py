"""The readings of the host at the exporter's door: /metrics/host, and what `collect[]` picks."""

from pathlib import Path
from urllib.parse import urlencode

from tests.program import Program, running

READ = [f"--collector.{name}" for name in ("loadavg", "time", "uname")]


def picked(program: Program, *names: str, path: str = "/metrics") -> tuple[int, str]:
    answer = program.get(f"{path}?{urlencode([('collect[]', name) for name in names])}")
    return answer.status, answer.text


def test_readings_stand_beside_the_heartbeats_and_alone(tmp_path: Path) -> None:
    with running(tmp_path, "heartbeats: [{id: a, every: 5m}]", *READ) as program:
        everything, host = program.get("/metrics").text, program.get("/metrics/host").text
        heartbeats = program.get("/metrics/heartbeats").text
    assert "\nnode_load1 " in everything
    assert "\nheartbeat_failing{" in everything
    assert "\nnode_load1 " in host
    assert "heartbeat_" not in host
    for page in (everything, host, heartbeats):
        assert page.count("# TYPE process_open_fds ") == page.count("# TYPE process_virtual_memory_max_bytes ") == 1
    assert "node_" not in heartbeats


def test_collect_picks_readings_by_name(tmp_path: Path) -> None:
    with running(tmp_path, "heartbeats: []", *READ) as program:
        status, text = picked(program, "loadavg", "time")
        assert status == 200
        assert {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")} >= {
            "node_load1",
            "node_time_seconds",
        }
        assert "node_cpu" not in text
        assert "process_" not in text
        assert "heartbeat_" not in text
        status, text = picked(program, "lodavg")
        assert status == 400
        assert "'lodavg'" in text
        assert "loadavg" in text
        status, text = picked(program, "arp")
        assert (status, "--collector.arp" in text) == (400, True)
        assert text.endswith("enabled: loadavg, time, uname\n")
        status, text = picked(program, "loadavg", path="/metrics/heartbeats")
        assert (status, "/metrics/host" in text) == (400, True)
