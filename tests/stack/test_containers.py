"""The services of docker-compose.yml as this machine runs them: their users, roots, mounts, ports and health checks."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from stack import tools
from stack.adapt import adapt
from stack.demo import QUICK
from stack.layout import ROOT
from tests.stack.compose import mounts, services
from tests.stack.container import Container, Mount, bare, hardened, let_in, network
from tests.stack.image import Built
from tests.until import until

SERVICES = services({})
# All but Grafana, Ollama and Valkey, which no package here has.
STARTED = ("example", "exporter", "analyzer", "prometheus", "alertmanager")
ENTRIES = {"prometheus": "prometheus", "alertmanager": "alertmanager", "wget": "busybox"}
# Whose their volumes' folders are in the images of others, as their Dockerfiles say: owner, group, mode.
OTHERS = {"prometheus": (65534, 65534, 0o775), "alertmanager": (65534, 65534, 0o775), "grafana": (472, 0, 0o777)}
OURS = {"heartline": "image", "heartline-example": "example"}
UNITS = {"m": 1 << 20, "g": 1 << 30}


@dataclass(frozen=True)
class Up:
    containers: Mapping[str, Container]
    programs: Mapping[str, psutil.Process]
    told: str
    network: int

    def get(self, *words: str) -> str:
        """What curl prints in their network; empty when it is refused."""
        curl = [f"--net=/proc/{self.network}/ns/net", str(tools.find("curl")), "-fsS", "-m", "10", *words]
        return subprocess.run(["nsenter", *curl], capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def up(stages: Mapping[str, Built], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    let_in(folder)
    tools.find("sshd")  # of the example's image; with it comes ssh-keygen
    with ExitStack() as stack:
        net = stack.enter_context(network())
        containers = {name: container(name, stages, folder, net) for name in SERVICES}
        setup = containers["setup"].run(SERVICES["setup"]["command"])
        assert setup.returncode == 0, setup.stderr
        in_a_hurry(folder / "volumes" / "prometheus-config" / "prometheus.yml")
        programs = {}
        for name in STARTED:
            sysctls(SERVICES[name].get("sysctls", {}), net)
            entry = [f"/entry/{name}"] if name in ENTRIES else []
            words, log = [*entry, *SERVICES[name]["command"]], folder / f"{name}.log"
            programs[name] = stack.enter_context(containers[name].started(words, log))
            until(partial(healthy, containers[name], name), log.read_text)
        yield Up(containers, programs, setup.stdout, net)


def container(name: str, stages: Mapping[str, Built], folder: Path, net: int) -> Container:
    """The service as it is described, with folders of ours in the place of its volumes."""
    service = SERVICES[name]
    image = stages.get(OURS.get(service["image"].partition(":")[0], ""))
    root = image.container if image else other(folder / name)
    hosts = folder / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {each}\n" for each in ("localhost", *SERVICES)))
    mounted = [mount if mount.tmpfs else real(mount, stages["image"], folder) for mount in mounts(service)]
    uid, gid = map(int, service["user"].split(":"))
    environ = image.environ if image else {"PATH": "/entry:/usr/bin:/bin"}
    return hardened(
        root,
        mounts=[*root.mounts, Mount(str(hosts), "/etc/hosts"), *mounted],
        uid=uid,
        gid=gid,
        groups=[int(group) for group in service.get("group_add", [])],
        environ=environ | service.get("environment", {}),
        folder=service.get("working_dir", image.folder if image else "/"),
        host_processes=service.get("pid") == "host",
        host_names=service.get("uts") == "host",
        network=net,
    )


def other(folder: Path) -> Container:
    """An image of somebody else's: its program and its wget, put where only they are."""
    found = bare(folder)
    entries = [Mount(str(tools.find(tool)), f"/entry/{entry}") for entry, tool in ENTRIES.items()]
    return hardened(found, mounts=[*found.mounts, *entries])


def real(mount: Mount, image: Built, folder: Path) -> Mount:
    """The same with the folder that it stands for."""
    source = mount.source
    if "/" not in source:
        source = str(volume(source, mount.target, image, folder))
    elif source.startswith("."):
        source = str(ROOT / source)
    elif not os.path.exists(source):  # the engine would make it
        source = str(folder / "made")
        os.makedirs(source, exist_ok=True)
    return Mount(source, mount.target, mount.writable, recursive=mount.recursive)


def volume(name: str, target: str, image: Built, folder: Path) -> Path:
    """The volume's folder, which at first takes over what the image has at that place: contents, owner and mode."""
    found = folder / "volumes" / name
    if not found.exists():
        found.mkdir(parents=True)
        like = image.container.root / target.lstrip("/")
        mode = like.stat() if name not in OTHERS else None
        owned = (mode.st_uid, mode.st_gid, mode.st_mode & 0o777) if mode else OTHERS[name]
        os.chown(found, owned[0], owned[1])
        found.chmod(owned[2])
    return found


def sysctls(wanted: Mapping[str, str], net: int) -> None:
    for name, value in wanted.items():
        file = "/proc/sys/" + name.replace(".", "/")
        subprocess.run(["nsenter", f"--net=/proc/{net}/ns/net", "sh", "-c", f"echo {value} > {file}"], check=True)


def in_a_hurry(prometheus: Path) -> None:
    """Every second instead of every fifteen, in the copy that the service `setup` has made."""
    prometheus.write_text(adapt(prometheus.read_text(), prometheus.parent, {}, QUICK["prometheus"]))


def healthy(one: Container, name: str) -> bool:
    return one.run(SERVICES[name]["healthcheck"]["test"][1:]).returncode == 0


def test_all_are_well_and_prometheus_reaches_every_target(up: Up) -> None:
    def targets() -> list[dict[str, str]]:
        told = json.loads(up.get("http://127.0.0.1:9090/api/v1/targets"))["data"]["activeTargets"]
        return [one["labels"] | {"health": one["health"]} for one in told]

    jobs = {"heartline", "node", "analyzer", "prometheus", "alertmanager"}
    until(
        lambda: {one["job"] for one in targets() if one["health"] == "up"} >= jobs,
        lambda: json.dumps(targets(), indent=1),
    )
    assert {one["health"] for one in targets()} == {"up"}
    assert "http://alertmanager:9093/api" in up.get("http://127.0.0.1:9090/api/v1/alertmanagers")


@pytest.mark.parametrize("name", ["setup", *STARTED])
def test_a_root_can_be_written_to_nowhere_but_where_it_is_meant_to(up: Up, name: str) -> None:
    one = up.containers[name]
    meant = {m.target for m in mounts(SERVICES[name]) if m.writable or m.tmpfs}
    tried = sorted(
        meant | {m.target for m in mounts(SERVICES[name])} | {"/", "/etc", "/opt", "/var/lib", "/run", "/usr"}
    )
    script = 'for d in "$@"; do if touch "$d/tried" 2>/dev/null; then rm "$d/tried"; echo "$d"; fi; done'
    assert set(one.run(["sh", "-c", script, "-", *tried]).stdout.split()) == meant


@pytest.mark.parametrize("name", STARTED)
def test_a_program_has_its_user_no_capability_and_no_way_to_one(up: Up, name: str) -> None:
    process = last(up.programs[name])
    status = dict(re.findall(r"(?m)^(\w+):\s*(.*)$", Path(f"/proc/{process.pid}/status").read_text()))
    uid, gid = SERVICES[name]["user"].split(":")
    assert (set(status["Uid"].split()), set(status["Gid"].split())) == ({uid}, {gid})
    assert {int(status[each], 16) for each in ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("name", STARTED)
def test_a_program_stays_below_its_limits(up: Up, name: str) -> None:
    process, service = last(up.programs[name]), SERVICES[name]
    limit = int(service["mem_limit"][:-1]) * UNITS[service["mem_limit"][-1]]
    assert process.memory_info().rss < limit / 2
    assert process.num_threads() < service["pids_limit"] / 2


def last(process: psutil.Process) -> psutil.Process:
    return process.children(recursive=True)[-1] if process.children() else process


def test_what_the_exporter_tells_of_the_host_is_the_hosts_own(up: Up) -> None:
    told = up.get("http://127.0.0.1:9797/metrics/host")
    assert f'nodename="{os.uname().nodename}"' in told
    devices = set(re.findall(r'node_network_receive_bytes_total\{device="([^"]+)"', told))
    assert devices == {line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]}
    root = os.statvfs("/")
    size = re.search(r'node_filesystem_size_bytes\{[^}]*mountpoint="/"[^}]*\} (\S+)', told)
    assert size is not None
    assert float(size[1]) == root.f_blocks * root.f_frsize
    assert 'node_scrape_collector_success{collector="diskstats"} 1' in told


def test_the_exporter_may_send_echoes_and_the_others_may_not(up: Up) -> None:
    words = ["python", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)"]
    assert up.containers["exporter"].run(words).returncode == 0


def test_what_a_person_types_there_prints_a_url_of_this_machine(up: Up) -> None:
    words = [
        word for word in SERVICES["exporter"]["command"] if word.startswith(("heartline", "--config", "--storage"))
    ]
    done = up.containers["exporter"].run([words[0], "urls", *words[1:]])
    assert re.fullmatch(r"first  http://127\.0\.0\.1:9797/ping/\S+\n", done.stdout), done.stderr
    assert up.get(done.stdout.split()[1]) == "OK"


def test_alertmanager_knows_the_relays_secret_and_a_stranger_does_not(up: Up) -> None:
    body = json.dumps({"version": "4", "groupKey": "g", "status": "firing", "receiver": "relay", "alerts": []})
    post = ["-o", "/dev/null", "-w", "%{http_code}", "-d", body, "http://127.0.0.1:9798/alerts"]
    secret = up.containers["alertmanager"].run(["cat", "/run/heartline/alertmanager/relay_secret"]).stdout
    assert secret
    assert up.get(*post) == "401"
    assert up.get("-H", f"Authorization: Bearer {secret}", *post) != "401"


def test_grafana_finds_its_password_and_its_home_page_and_nobody_else_the_password(up: Up) -> None:
    grafana, environ = up.containers["grafana"], SERVICES["grafana"]["environment"]
    file = environ["GF_SECURITY_ADMIN_PASSWORD"].removeprefix("$__file{").removesuffix("}")
    password = grafana.run(["cat", file]).stdout
    assert password
    assert f"password {password} " in up.told
    assert json.loads(grafana.run(["cat", environ["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]]).stdout)["title"]
    for name in STARTED:
        assert up.containers[name].run(["cat", file]).returncode != 0


def test_the_example_is_enrolled_as_the_handbook_says_and_its_log_is_read(up: Up) -> None:
    handbook = (ROOT / "docs" / "install.md").read_text()
    told = re.search(r"```yaml\n( +- host: example\n.*?) +```", handbook, re.DOTALL)
    assert told is not None
    script = f"""set -e
    cat > /tmp/analyzer.yml <<'END'\nhosts:\n{dedent(told[1])}END
    flags="--config.file=/tmp/analyzer.yml --storage.path=/tmp/storage"
    heartline-analyzer enroll example $flags && heartline-analyzer --once $flags"""
    done = up.containers["analyzer"].run(["sh", "-c", script])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pinned" in done.stdout
    assert re.search(r"(?m)^example +100 +[1-9]", done.stdout), done.stdout


def test_the_log_review_may_read_the_systems_logs(up: Up) -> None:
    review = up.containers["analyzer"]
    assert review.run(["ls", "/var/log"]).returncode == 0
    assert "4" in review.run(["id", "-G"]).stdout.split()
    # An image has no id of its own: the journal is looked for under the host's.
    assert review.run(["readlink", "/etc/machine-id"]).stdout == "/host/etc/machine-id\n"
    assert review.run(["ls", "/host/etc/passwd"]).returncode == 0
