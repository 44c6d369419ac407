"""What a person reads of a probe: the debug text, and the page of the last results."""

from collections.abc import Sequence
from datetime import UTC, datetime

from exporter.probes.history import Entry
from exporter.probes.module_text import shown_module
from exporter.probes.modules import Module
from exporter.probes.outcome import Outcome
from toolkit.families import render
from toolkit.page import linked, marked, page, table

HEADINGS = ("Time (UTC)", "Target", "Module", "Result", "Attempts", "Seconds", "")
LINKS = {"All heartbeats": "/", "Metrics": "/metrics"}


def debug_text(outcome: Outcome, module: Module) -> str:
    """Step by step with times, the module in force without its secrets, and the metrics."""
    steps = "\n".join(f"{step.at:9.4f}  {step.text}" for step in outcome.steps)
    metrics = render(outcome.families, openmetrics=False).decode()
    return f"Steps (seconds since the beginning):\n{steps}\n\n\nMetrics:\n{metrics}\n\nModule:\n{shown_module(module)}"


def history_html(entries: Sequence[Entry]) -> str:
    """The last results, newest first, each with a link `?id=` to its debug text."""
    said = "the newest first" if entries else "none yet: Prometheus asks for those that exporter.yml lists"
    shown = [table("Results", HEADINGS, (_row(entry) for entry in entries))] if entries else []
    return page("Last probes", said, LINKS, *shown)


def _row(entry: Entry) -> Sequence[str]:
    outcome = entry.outcome
    began = datetime.fromtimestamp(outcome.began, UTC)
    result = marked("success", "up") if outcome.success else marked(outcome.reason or "failed", "late")
    attempts, seconds = str(outcome.attempts), f"{outcome.duration:.3f}"
    return (
        *(f"{began:%Y-%m-%d %H:%M:%S}", outcome.target, outcome.module, result, attempts, seconds),
        linked("steps", f"?id={entry.id}"),
    )
