"""What a person reads of a probe: the debug text, and the page of the last results."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from exporter.probes.history import Entry
from exporter.probes.module_text import shown_module
from exporter.probes.modules import Module
from exporter.probes.outcome import Outcome
from toolkit.families import render

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Probes</title><style>
body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left}
tr:nth-child(even){background:#f4f4f4}.bad{color:#b00020}
</style></head><body><h1>Last probes</h1>
<table><tr><th>Time (UTC)<th>Target<th>Module<th>Result<th>Attempts<th>Seconds<th></tr>
"""


def debug_text(outcome: Outcome, module: Module) -> str:
    """Step by step with times, the module in force without its secrets, and the metrics."""
    steps = "\n".join(f"{step.at:9.4f}  {step.text}" for step in outcome.steps)
    metrics = render(outcome.families, openmetrics=False).decode()
    return f"Steps (seconds since the beginning):\n{steps}\n\n\nMetrics:\n{metrics}\n\nModule:\n{shown_module(module)}"


def history_html(entries: Sequence[Entry]) -> str:
    """The last results, newest first, each with a link `?id=` to its debug text."""
    return HEAD + "".join(_row(entry) for entry in entries) + "</table></body></html>\n"


def _row(entry: Entry) -> str:
    outcome = entry.outcome
    began = datetime.fromtimestamp(outcome.began, UTC)
    result = "success" if outcome.success else f'<span class="bad">{escape(outcome.reason or "")}</span>'
    return (
        f"<tr><td>{began:%Y-%m-%d %H:%M:%S}<td>{escape(outcome.target)}<td>{escape(outcome.module)}<td>{result}"
        f'<td>{outcome.attempts}<td>{outcome.duration:.3f}<td><a href="?id={entry.id}">steps</a></tr>\n'
    )
