"""Everything that must hold before a change is taken: lint, types, tests, and the configurations in both versions."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack import tools
from stack.layout import ROOT
from stack.problem import Problem

# Asked for before the first test, so that a tool that cannot be had is said at once and by name.
NEEDED = ("prometheus", "promtool", "alertmanager", "amtool")
NEEDED_ONCE = (
    *("shellcheck", "node_exporter", "blackbox_exporter"),
    # What tests talk to or call, and what a small installation may lack.
    *("curl", "busybox", "dbus-daemon", "systemd", "ip", "openssl", "sshd"),
)


@dataclass(frozen=True)
class Stage:
    """One command; `live` shows its output as it comes, the others only when they fail."""

    name: str
    command: tuple[str | Path, ...]
    live: bool = False


def main(arguments: list[str]) -> int:
    """Run all stages, or hand the arguments to pytest alone; the first failure ends it."""
    if arguments:
        run(Stage("pytest", (*_python("pytest"), *arguments), live=True))
        return 0
    begin = time.monotonic()
    for suite in tools.SUITES:
        for name in NEEDED:
            tools.find(name, suite)
    for name in NEEDED_ONCE:
        tools.find(name)
    print(f"{'tools':20} {time.monotonic() - begin:6.1f} s", flush=True)
    for stage in stages():
        since = time.monotonic()
        run(stage)
        print(f"{stage.name:20} {time.monotonic() - since:6.1f} s", flush=True)
    print(f"{'all':20} {time.monotonic() - begin:6.1f} s", flush=True)
    return 0


def stages() -> Iterator[Stage]:
    """In the order from quick to slow, so that a slip is told early."""
    yield Stage("ruff check", (*_python("ruff"), "check", "."))
    yield Stage("ruff format", (*_python("ruff"), "format", "--check", "."))
    yield Stage("shellcheck", (tools.find("shellcheck"), *shell_scripts()))
    for suite in tools.suites():
        yield from configurations(suite)
    yield Stage("mypy", _python("mypy"))
    # Two at once, on machines with more cores too: each may start a Prometheus, an Alertmanager and both programs.
    yield Stage("pytest", (*_python("pytest"), "-n", "2", "--dist", "loadfile", "--durations", "15"), live=True)


def configurations(suite: str) -> Iterator[Stage]:
    """What the tools of one suite say of the configuration files; tests of rules and routes are pytest's."""
    promtool, amtool = tools.find("promtool", suite), tools.find("amtool", suite)
    name = f"promtool {tools.version('promtool', promtool)}"
    yield Stage(name, (promtool, "check", "config", "prometheus/prometheus.yml"))
    name = f"amtool {tools.version('amtool', amtool)}"
    yield Stage(name, (amtool, "check-config", "alertmanager/alertmanager.yml"))


def shell_scripts() -> list[Path]:
    """`heartline` and the clients that are shell scripts by their first line."""
    clients = sorted(file for file in (ROOT / "clients").iterdir() if file.is_file())
    return [ROOT / "heartline", *(file for file in clients if re.match(rb"#!.*\b(ba)?sh\b", file.read_bytes()))]


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)


def run(stage: Stage) -> None:
    """Run one stage; raises `Problem` with its output when it fails or leaves a test out."""
    output = []
    with subprocess.Popen(
        stage.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line)
            if stage.live:
                print(line, end="", flush=True)
    code = process.returncode
    if code != 0:
        raise Problem(f"{stage.name} failed (exit {code})", shown="" if stage.live else "".join(output).rstrip())
    if stage.name == "pytest":
        require_no_skip(output)


def require_no_skip(output: Sequence[str]) -> None:
    """A test that was left out is a partner that was missing, and that is a failure."""
    if output and re.search(r"\b\d+ skipped\b", output[-1]):
        raise Problem("pytest left tests out: pytest -rs tells which")
