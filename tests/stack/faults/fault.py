"""What is broken, where, and what is said of it."""

from dataclasses import dataclass
from pathlib import Path

EXPORTER, ANALYZER = "exporter/exporter.yml", "analyzer/analyzer.yml"
PROMETHEUS, ALERTMANAGER = "prometheus/prometheus.yml", "alertmanager/alertmanager.yml"
HOST, META, PROBES = "rules/host.yml", "rules/meta.yml", "rules/probes.yml"
HEARTBEATS, FORECASTS, LOGS = "rules/heartbeats.yml", "rules/forecasts.yml", "rules/logs.yml"
TEMPLATE = "alertmanager/templates/discord.tmpl"
REVIEW = "analyzer/rules/hardware.yml"
MINE = "rules/mine.yml"
RUNBOOK = "https://github.com/heartline/heartline/blob/main/docs/runbooks"


@dataclass(frozen=True)
class Fault:
    """`edits`: file, what stands there (once at least; "" is a new file), what the first of them becomes.

    `says`: of which file, a text of the line meant, and what is said of it.
    """

    name: str
    edits: tuple[tuple[str, str, str], ...]
    says: tuple[tuple[str, str, str], ...]
    hint: bool = False


def fault(name: str, file: str, old: str, new: str, at: str, what: str) -> Fault:
    """One edit, and one mistake in the same file."""
    return Fault(name, ((file, old, new),), ((file, at, what),))


def route(name: str, text: str, at: str, what: str) -> Fault:
    """A route before all others."""
    return fault(name, ALERTMANAGER, "  routes:\n", f"  routes:\n{text}", at, what)


def inhibition(name: str, text: str, at: str, what: str) -> Fault:
    return fault(name, ALERTMANAGER, "inhibit_rules:\n", f"inhibit_rules:\n{text}", at, what)


def rule(name: str, text: str, at: str, what: str) -> Fault:
    """An alert in a file of its own."""
    return Fault(name, ((MINE, "", mine(text)),), ((MINE, at, what),))


def mine(text: str) -> str:
    """A rule file with one group."""
    return f"groups:\n  - name: mine\n    rules:\n{text}"


REST = f"""\
        for: 1m
        labels: {{severity: warning}}
        annotations:
          summary: A host is odd.
          description: It is.
          runbook_url: {RUNBOOK}/HostDown.md
"""


def alert(expr: str, rest: str = REST) -> str:
    return f"      - alert: HostOdd\n        expr: {expr}\n{rest}"


def line_of(folder: Path, file: str, text: str) -> int:
    """The first line with a text; 1 for an empty one."""
    lines = (folder / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
