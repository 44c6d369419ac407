"""A Grafana that is installed here: found, told where its dashboards are, with a password of its own."""

import json
import os
import sys
from pathlib import Path

import pytest

from stack import ports
from stack.demo import prepare
from stack.grafana import FOLDER, SETTINGS, grafana
from stack.layout import ROOT, Ports
from stack.running import running
from tests.stack.compose import services

# Its place: it writes down how it was started, and answers as Grafana's health page does.
GRAFANA = f"""#!{sys.executable}
import http.server, json, os, signal, sys
if sys.argv[1] != "server":
    sys.exit(2)
with open(os.environ["MEMORY"], "w") as memory:
    json.dump({{k: v for k, v in os.environ.items() if k.startswith(("GF_", "HEARTLINE_"))}}, memory)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
address = os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])
http.server.HTTPServer(address, Page).serve_forever()
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The folder for PATH."""
    program = tmp_path / "bin" / "grafana"
    program.parent.mkdir()
    program.write_text(GRAFANA)
    program.chmod(0o755)
    return program.parent


async def test_up_starts_it_and_tells_its_password_once(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{installed}:{os.environ['PATH']}")
    monkeypatch.setenv("MEMORY", str(tmp_path / "memory"))
    port, data, configs = ports.free(1)[0], tmp_path / "data", prepare(tmp_path)
    async with running(data, configs, "", None, "stable", f"--grafana.port={port}") as stack:
        said = "\n".join(stack.said)
        assert f"http://127.0.0.1:{port}/" in said
    password = (data / "grafana_password").read_text()
    assert f"Grafana: user admin, password {password} " in said
    assert (data / "grafana_password").stat().st_mode & 0o777 == 0o600
    told = json.loads((tmp_path / "memory").read_text())
    assert password not in str(told)
    assert told["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert told["HEARTLINE_PROMETHEUS"] == f"http://127.0.0.1:{stack.ports.prometheus}"


def test_the_second_start_has_the_same_password_and_does_not_tell_it(tmp_path: Path, installed: Path) -> None:
    first, second = (grafana(tmp_path, 3000, Ports(), str(installed)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (bool(first.made), second.made) == (True, "")


def test_where_none_is_installed_there_is_none(tmp_path: Path) -> None:
    assert grafana(tmp_path, 3000, Ports(), str(tmp_path)) is None
    assert not (tmp_path / "grafana_password").exists()


def test_the_older_name_is_found_too(tmp_path: Path, installed: Path) -> None:
    (installed / "grafana").rename(installed / "grafana-server")
    found = grafana(tmp_path, 3000, Ports(), str(installed))
    assert found is not None
    assert found.program.command == (str(installed / "grafana-server"), "--homepath=/usr/share/grafana")


def test_in_containers_it_has_the_same_settings(tmp_path: Path, installed: Path) -> None:
    contained = services({})["grafana"]["environment"]
    assert contained.items() >= SETTINGS.items()
    native = grafana(tmp_path, 3000, Ports(), str(installed))
    assert native is not None
    assert (FOLDER / "dashboards" / "overview.json").is_file()
    for name in native.program.environ.keys() & contained.keys() - SETTINGS.keys():
        file = str(native.program.environ[name]).removeprefix(str(ROOT))
        assert file == native.program.environ[name] or contained[name] == f"/etc/heartline{file}", name
    assert {name for name in native.program.environ if name.startswith("HEARTLINE_")} == {
        name for name in contained if name.startswith("HEARTLINE_")
    }
