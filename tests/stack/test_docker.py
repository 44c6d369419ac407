"""`up --docker`: what it asks Docker for, in which order, with which settings, and what it says where there is none."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stack import docker, up
from stack.problem import Problem

WEBHOOK = "https://discord.com/api/webhooks/1/very-secret-token"
# An engine with a memory: it writes down what it was asked, and answers as the programs would.
DOCKER = f"""#!{sys.executable}
import json, os, sys
words = sys.argv[1:]
if words[:2] == ["compose", "exec"]:
    print("first  http://127.0.0.1:9797/ping/1234")
if "setup" in words:
    print("Grafana: user admin, password told-once")
with open(os.environ["MEMORY"], "a") as memory:
    print(json.dumps([words, os.environ.get("DISCORD_WEBHOOK_URL")]), file=memory)
sys.exit(1 if words[0] == os.environ.get("REFUSES") else 0)
"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is the command's."""


@pytest.fixture
def pages() -> Iterator[dict[str, str]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"exporter": f"http://127.0.0.1:{server.server_address[1]}/"}
        server.shutdown()


@pytest.fixture
def values(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.defpath}", "MEMORY": str(tmp_path / "memory")}


def asked(values: dict[str, str]) -> list[tuple[list[str], str]]:
    return [tuple(json.loads(line)) for line in Path(values["MEMORY"]).read_text().splitlines()]


def test_it_prepares_alone_then_starts_the_rest(
    tmp_path: Path, values: dict[str, str], pages: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert docker.up(tmp_path, values, pages) == 0
    verbs = [words[1] for words, _ in asked(values) if words[0] == "compose"]
    assert verbs == ["version", "run", "up", "kill", "kill", "exec"]
    prepared = next(words for words, _ in asked(values) if "setup" in words)
    assert "--rm" in prepared  # so that what it said is in no log
    told = capfd.readouterr().out
    assert told.count("told-once") == 1
    assert pages["exporter"] in told
    assert "/ping/1234" in told


def test_a_webhook_in_a_file_reaches_compose_and_no_command_line(
    tmp_path: Path, values: dict[str, str], pages: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "discord_webhook_url").write_text(WEBHOOK)
    docker.up(tmp_path, values, pages)
    assert {webhook for words, webhook in asked(values) if words[1] in ("run", "up")} == {WEBHOOK}
    assert "secret-token" not in str([words for words, _ in asked(values)])
    assert "secret-token" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("refuses", "line"), [("compose", "docker has no `compose`"), ("info", "the Docker engine does not answer")]
)
def test_what_docker_lacks_is_one_line(tmp_path: Path, values: dict[str, str], refuses: str, line: str) -> None:
    with pytest.raises(Problem, match=line):
        docker.up(tmp_path, {**values, "REFUSES": refuses})


def test_without_docker_it_says_where_it_is_had(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"https://docs\.docker\.com/engine/install/"):
        docker.up(tmp_path, {"PATH": str(tmp_path)})


def test_what_compose_decides_cannot_be_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        up.parse(["--docker", "--exporter.port=1"])
    assert "--docker goes alone" in capsys.readouterr().err
