"""Findings, scores and sources as families: built anew from what is stored and configured, so what is gone vanishes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.counts import Counts
from analyzer.finding import SEVERITIES
from analyzer.lifecycle import Known
from analyzer.record import HostState
from toolkit.families import Family, by, table

APP = "log_review"
SHOWN = 20  # findings of a host that are told one by one
Rows = Iterator[tuple[Sequence[str], float]]
PLACE = ("host", "source")


@dataclass(frozen=True, slots=True)
class Watched:
    """A host of the configuration: every how many seconds it is reviewed, and the names of its sources."""

    every: float
    sources: Sequence[str]


def collect(stored: Mapping[str, HostState], counts: Counts, watched: Mapping[str, Watched]) -> Iterator[Family]:
    """All log_review_* families of the hosts that are configured now, as their latest stored runs left them."""
    states = {host: stored[host] for host in watched if host in stored}
    yield from _health(states)
    yield from _looking(states, watched)
    yield from _read(counts)
    yield from _models(counts)


def _health(states: Mapping[str, HostState]) -> Iterator[Family]:
    scores = {host: float(state.score) for host, state in states.items() if state.score is not None}
    yield by(f"{APP}_health_score", "gauge", "0 to 100, by what rules and baseline found.", "host", scores)
    help = "Findings that are not resolved."
    yield table(f"{APP}_findings", "gauge", help, ("host", "severity", "category"), _findings(states))
    labels = ("host", "source", "severity", "category", "fingerprint", "title")
    help = f"The worst findings that are not resolved, at most {SHOWN} of a host."
    yield table(f"{APP}_finding_info", "gauge", help, labels, _infos(states))
    rows = ((host, kind, count) for host, state in states.items() for kind, count in state.changes.items())
    help = "Differences from the baseline that was accepted."
    yield table(f"{APP}_baseline_changes", "gauge", help, ("host", "kind"), (((h, k), float(n)) for h, k, n in rows))


def _findings(states: Mapping[str, HostState]) -> Rows:
    """Zero too, for each category the host ever had: an alert must see it end. `other`, that there is always one."""
    for host, state in states.items():
        for category in sorted({"other", *state.categories}):
            for severity in SEVERITIES:
                yield (host, severity, category), float(state.counts.get((severity, category), 0))


def _infos(states: Mapping[str, HostState]) -> Rows:
    return (((*_labels(known),), 1.0) for state in states.values() for known in state.worst[:SHOWN])


def _labels(known: Known) -> tuple[str, ...]:
    f = known.finding
    return f.host, f.source, f.severity, f.category, f.fingerprint, f.title


def _looking(states: Mapping[str, HostState], watched: Mapping[str, Watched]) -> Iterator[Family]:
    up: list[tuple[Sequence[str], float]] = []
    success: list[tuple[Sequence[str], float]] = []
    for host, its in watched.items():
        sources = states[host].sources if host in states else {}
        for name in its.sources:
            source = sources.get(name)
            success.append(((host, name), source.success if source else 0.0))
            if source is not None:  # before its first run nobody knows
                up.append(((host, name), float(source.up)))
    help = "When a source was last read; 0 before the first time."
    yield table(f"{APP}_last_success_timestamp_seconds", "gauge", help, PLACE, success)
    yield table(f"{APP}_up", "gauge", "Whether a source could be read in its host's latest run.", PLACE, up)
    intervals = {host: its.every for host, its in watched.items()}
    yield by(f"{APP}_interval_seconds", "gauge", "From one run of a host to its next.", "host", intervals)


def _read(counts: Counts) -> Iterator[Family]:
    yield table(f"{APP}_lines_total", "counter", "Log lines that were read.", PLACE, _items(counts.lines))
    yield table(f"{APP}_bytes_total", "counter", "Bytes of log that were read.", PLACE, _items(counts.bytes))
    help = "Places in a log where lines were lost before they were read."
    yield table(f"{APP}_gaps_total", "counter", help, PLACE, _items(counts.gaps))
    yield by(f"{APP}_redactions_total", "counter", "Secrets that were replaced.", "rule", counts.redactions)
    help = "Runs of a host that stopped because its lines could not be redacted."
    yield by(f"{APP}_redactor_failures_total", "counter", help, "host", counts.redactor_failures)


def _models(counts: Counts) -> Iterator[Family]:
    help = "Models that were asked or passed over, by how it ended."
    yield table(f"{APP}_model_requests_total", "counter", help, ("model", "outcome"), _items(counts.requests))
    help = "Tokens that models read and wrote."
    yield table(f"{APP}_model_tokens_total", "counter", help, ("model", "direction"), _items(counts.tokens))
    help = "What models cost, by the prices of the configuration."
    yield table(f"{APP}_model_cost_total", "counter", help, ("model", "currency"), _items(counts.cost))
    help = "Findings of models that were dropped, because they did not hold."
    yield by(f"{APP}_rejected_findings_total", "counter", help, "reason", counts.rejected)


def _items(values: Mapping[tuple[str, str], float]) -> Rows:
    return ((key, value) for key, value in values.items())
