"""Writes stack/lint/metrics.txt, what `./heartline check` knows of metrics, from what is recorded and what runs here:

python -m tests.stack.catalogue
"""

import asyncio
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from analyzer.finding import CATEGORIES, SEVERITIES
from exporter.host import COLLECTORS, Filters, Host, Root
from exporter.host.containers import HEALTHS, STATES
from exporter.host.listed import OPTIONAL as OF_HOSTS
from exporter.probes.discovery import OPTIONAL as OF_PROBES
from exporter.probes.metrics import HELP
from exporter.probes.outcome import REASONS
from stack import ports, ready, tools
from stack.layout import ROOT
from stack.lint import catalogue
from stack.lint.shape import Shape
from tests.archive import unpack
from tests.host.conftest import TREES, scrape
from tests.stack.unrecorded import unrecorded
from tests.until import until

GOLDEN = ROOT / "tests" / "golden"
HEAD = """\
# What is exported, for ./heartline check. Written by python -m tests.stack.catalogue; the format: catalogue.py.
# What else is scraped goes into prometheus/metrics/NAME.txt, as its exporter answers it.
"""
MADE = """\
[*]
up
scrape_duration_seconds
scrape_samples_scraped
scrape_samples_post_metric_relabeling
scrape_series_added
scrape_timeout_seconds
scrape_sample_limit
scrape_body_size_bytes
"""
MODES = ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user")
UNIT_STATES = ("activating", "active", "deactivating", "failed", "inactive")
# Labels whose values are all known.
CLOSED: Mapping[tuple[str, str], Iterable[str]] = {
    ("log_review_findings", "severity"): SEVERITIES,
    ("log_review_findings", "category"): CATEGORIES,
    ("log_review_finding_info", "severity"): SEVERITIES,
    ("log_review_finding_info", "category"): CATEGORIES,
    ("node_cpu_seconds_total", "mode"): MODES,
    ("node_systemd_unit_state", "state"): UNIT_STATES,
    ("container_state", "state"): STATES,
    ("container_health", "health"): HEALTHS,
    ("probe_failure_info", "reason"): REASONS,
    ("probe_throughput_bytes", "direction"): ("download", "upload"),
    ("probe_throughput_bytes_per_second", "direction"): ("download", "upload"),
}
# Labels of what the recorded trees do not have: the first pattern that is found counts.
UNRECORDED = {
    r"node_network_(receive|transmit)_": ("device",),
    r"node_systemd_unit_state": ("name", "state", "type"),
    r"node_systemd_units": ("state",),
    r"node_systemd_(version|system_running)": ("version",),
    r"node_systemd_virtualization_info": ("virtualization_type",),
    r"node_systemd_": ("name",),
    r"node_textfile_mtime_seconds": ("file",),
    r"container_network_": ("name", "image", "id", "interface"),
    r"container_fs_": ("name", "image", "id", "device"),
    r"container_state": ("name", "image", "id", "state"),
    r"container_health": ("name", "image", "id", "health"),
    r"container_": ("name", "image", "id"),
    r"probe_(http|icmp|dns|tls)_duration_seconds": ("phase",),
    r"probe_expect_info": ("*",),
    r"probe_failure_info": ("reason",),
    r"probe_ssl_last_chain_info": ("fingerprint_sha256", "issuer", "serialnumber", "subject", "subjectalternative"),
    r"probe_throughput_": ("direction",),
    r"probe_tls_version_info": ("version",),
    r"probe_tls_cipher_info": ("cipher",),
}
PATIENCE = 30.0  # seconds
THEIRS = ("prometheus", "alertmanager")
# Configurations with which a program exports what it has only where somebody writes elsewhere, or has rules.
WHOLE = {
    "prometheus": """\
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:9"]}]}]}
rule_files: [rules.yml]
remote_write: [{url: "http://127.0.0.1:9/write"}]
remote_read: [{url: "http://127.0.0.1:9/read"}]
scrape_configs: [{job_name: itself, static_configs: [{targets: ["127.0.0.1:9"]}]}]
""",
    "alertmanager": """\
route: {receiver: nobody}
receivers: [{name: nobody}]
""",
}


def ours() -> str:
    """What our programs export, and what Prometheus makes of every target."""
    own = [line for line in _golden("metrics.txt") if line.startswith("process_")]
    return "\n".join(
        [
            HEAD + MADE,
            _section("heartline", (), _golden("metrics.txt")),
            _section("analyzer", (), _golden("logs.txt")),
            _section("node", ("host", *OF_HOSTS), [*sorted({*_unseen(), *_host()}), *own]),
            _section("probe", ("probe", *OF_PROBES), sorted(line(name, _unrecorded(name)) for name in HELP)),
        ]
    )


def theirs() -> str:
    """What Prometheus and Alertmanager export that run here, and what the file says of older ones."""
    known = catalogue.load().kinds
    return "\n".join(_section(name, (), _merged(seen(name), known[name].metrics)) for name in THEIRS if name in known)


def line(name: str, labels: Iterable[str]) -> str:
    """A metric as the catalogue writes it."""
    shown = ",".join(_label(name, label) for label in labels)
    return f"{name}{{{shown}}}"


def _label(name: str, label: str) -> str:
    known = CLOSED.get((name, label))
    return f'{label}="{"|".join(known)}"' if known else label


def _section(kind: str, labels: Iterable[str], lines: Iterable[str]) -> str:
    heading = " ".join([f"[{kind}]", "instance", "job", *labels])
    return "\n".join([heading, *lines, ""])


def _golden(name: str) -> list[str]:
    lines = (text for text in (GOLDEN / name).read_text().splitlines() if not text.startswith("#"))
    return [_closed(text) for text in lines]


def _closed(text: str) -> str:
    name, _, rest = text.partition("{")
    if not any(metric == name for metric, _ in CLOSED):
        return text
    return line(name, rest.rstrip("}").split(","))


def _host() -> Iterator[str]:
    recorded = asyncio.run(_recorded())
    for text in (GOLDEN / "host.txt").read_text().splitlines():
        name = text.split()[0]
        if not name.startswith("testmetric"):
            yield line(name, sorted(recorded[name]) if name in recorded else _unrecorded(name))


def _unrecorded(name: str) -> tuple[str, ...]:
    return next((labels for pattern, labels in UNRECORDED.items() if re.match(pattern, name)), ())


def _unseen() -> Iterator[str]:
    recorded = {text.split()[0] for text in _golden("host.txt")}
    return (line(name, labels) for name, labels in unrecorded() if name not in recorded)


async def _recorded() -> dict[str, set[str]]:
    with tempfile.TemporaryDirectory() as folder:
        unpack(TREES, Path(folder))
        tree = f"{folder}/node"
        filters = Filters(links=re.compile("(dmz|int)"), neighbours=re.compile("nope"))
        root = Root(f"{tree}/proc", f"{tree}/sys", tree, f"{tree}/udev", filters=filters)
        told = await scrape(Host(root, set(COLLECTORS) - {"systemd", "containers"}))
    labels: dict[str, set[str]] = {}
    for name, pairs in told.values:
        labels.setdefault(name, set()).update(label for label, _ in pairs)
    return labels


def seen(name: str) -> dict[str, set[str]]:
    """Metrics and labels of a program, in its oldest and newest version."""
    labels: dict[str, set[str]] = {}
    for suite in tools.SUITES:
        with running(name, suite) as url:
            for metric, shape in catalogue.page(_get(f"{url}/metrics")).items():
                labels.setdefault(metric, set()).update(shape.labels)
    return labels


def _merged(found: Mapping[str, set[str]], known: Mapping[str, Shape]) -> Iterator[str]:
    for name in sorted({*found, *known}):
        yield line(name, sorted(found.get(name, set()) | set(known[name].labels if name in known else ())))


@contextmanager
def running(name: str, suite: str) -> Iterator[str]:
    """The URL of a program that does all that it can, once it answers."""
    port = ports.free(1)[0]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        config = Path(folder) / "config.yml"
        config.write_text(WHOLE[name])
        (Path(folder) / "rules.yml").write_text("groups: [{name: a, rules: [{record: b, expr: up}]}]")
        command = [str(tools.find(name, suite)), f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
        more = {
            "prometheus": [f"--storage.tsdb.path={folder}"],
            "alertmanager": [f"--storage.path={folder}", "--cluster.listen-address=127.0.0.1:0"],
        }[name]
        quiet = subprocess.DEVNULL
        process = stack.enter_context(subprocess.Popen([*command, *more], stdout=quiet, stderr=quiet))
        stack.callback(process.terminate)
        until(lambda: ready.is_ready(f"http://127.0.0.1:{port}/-/ready"))
        yield f"http://127.0.0.1:{port}"


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        told: bytes = answer.read()
    return told.decode()


if __name__ == "__main__":
    both = "\n".join([ours(), theirs()])
    Path(catalogue.OWN).write_text(both)
