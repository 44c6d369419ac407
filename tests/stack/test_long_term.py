"""What docs/install.md says of remote write and federation holds: of VictoriaMetrics, and of a second Prometheus."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from stack import ports, tools
from stack.layout import ROOT
from tests.program import running
from tests.until import until

HANDBOOK = (ROOT / "docs" / "install.md").read_text()
QUERY = 'heartbeat_expected_interval_seconds{heartbeat="nightly"}'


def snippet(key: str) -> dict[str, list[dict[str, object]]]:
    """The block of the handbook that begins with this key."""
    found = re.search(rf"```yaml\n({key}:\n.*?)```", HANDBOOK, re.DOTALL)
    assert found is not None
    read: dict[str, list[dict[str, object]]] = yaml.safe_load(found[1])
    return read


@contextmanager
def program(tool: str, log: Path, *flags: str) -> Iterator[None]:
    with log.open("wb") as out, subprocess.Popen([str(tools.find(tool)), *flags], stdout=out, stderr=out) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def prometheus(folder: Path, port: int, config: object) -> Iterator[None]:
    folder.mkdir()
    (folder / "prometheus.yml").write_text(json.dumps(config))
    flags = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with program("prometheus", folder / "log", *flags, f"--web.listen-address=127.0.0.1:{port}"):
        yield


def page(port: int, path: str) -> str:
    """What is answered there, nothing while nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read(), "utf-8")
    except (urllib.error.URLError, ConnectionError):
        return ""


def told(port: int) -> list[str]:
    """The values that a Prometheus-compatible API on this port has."""
    answer = page(port, f"/api/v1/query?nocache=1&query={quote(QUERY)}")
    return [one["value"][1] for one in json.loads(answer)["data"]["result"]] if answer else []


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The ports of a VictoriaMetrics and of a central Prometheus, of one site with an exporter."""
    folder = tmp_path_factory.mktemp("sites")
    victoria, central, site = ports.free(3)
    write, federate = snippet("remote_write"), snippet("scrape_configs")
    write["remote_write"][0]["url"] = str(write["remote_write"][0]["url"]).replace(":8428", f":{victoria}")
    write["remote_write"][0]["queue_config"] = {
        "batch_send_deadline": "100ms"
    }  # it would wait for more to send at once
    federate["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{site}"]}]
    often = {"global": {"scrape_interval": "1s"}}
    with ExitStack() as stack:
        exporter = stack.enter_context(running(folder, "heartbeats: [{id: nightly, every: 1h}]\n"))
        # It would keep the last half minute back, which may be incomplete.
        flags = [f"-storageDataPath={folder}/victoria", "-search.latencyOffset=0s"]
        listen = f"-httpListenAddr=127.0.0.1:{victoria}"
        stack.enter_context(program("victoria-metrics", folder / "victoria.log", *flags, listen))
        scraped = {"job_name": "heartline", "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}
        stack.enter_context(prometheus(folder / "site", site, {**often, **write, "scrape_configs": [scraped]}))
        stack.enter_context(prometheus(folder / "central", central, {**often, **federate}))
        yield {"remote write": victoria, "federation": central}


@pytest.mark.parametrize("way", ["remote write", "federation"])
def test_what_a_site_knows_arrives(at: dict[str, int], way: str) -> None:
    if way == "remote write":
        # Asked before it has anything, it would remember for a while that there is nothing.
        until(lambda: re.search(r'vm_rows_inserted_total\{type="promremotewrite"\} [1-9]', page(at[way], "/metrics")))
    until(lambda: told(at[way]))
    assert [float(value) for value in told(at[way])] == [3600.0]
