"""Findings, hosts and runs as JSON tells of them: instants in RFC 3339 and as epoch seconds."""

from dataclasses import asdict

from analyzer.finding import SEVERITIES
from analyzer.lifecycle import Known
from analyzer.record import HostState, Json, Ran
from toolkit.web_parts import instant


def finding_json(known: Known) -> dict[str, Json]:
    """A finding with its evidence. Its texts are text: whoever shows them has to escape them."""
    f = known.finding
    return {
        "fingerprint": f.fingerprint,
        "host": f.host,
        "source": f.source,
        "rule": f.rule,
        "origin": f.origin,
        "severity": f.severity,
        "category": f.category,
        "state": known.state,
        "title": f.title,
        "text": f.text,
        "recommendation": f.recommendation,
        **instant("first_seen", known.first_seen),
        **instant("last_seen", known.last_seen),
        **instant("opened", known.opened),
        **instant("resolved", known.resolved or 0.0),
        "times_seen": known.times,
        "times_reopened": known.reopened,
        "runs_without_it": known.absent,
        "lines": known.lines,
        "lines_latest": f.count,
        "evidence": [asdict(line) for line in f.evidence],
        "first_evidence": [asdict(line) for line in known.first_evidence],
    }


def host_json(name: str, state: HostState | None) -> dict[str, Json]:
    """A host as its runs have left it; before the first one nothing is known of it."""
    if state is None:
        state = HostState(0.0, None, {}, (), (), {}, {})
    return {
        "host": name,
        "score": state.score,
        **instant("last_run", state.finished),
        "findings": {severity: state.open(severity) for severity in reversed(SEVERITIES)},
        "sources": [
            {"name": source, "up": its.up, "error": its.error, **instant("last_success", its.success)}
            for source, its in state.sources.items()
        ],
        "baseline_changes": dict(state.changes),
    }


def run_json(ran: Ran) -> dict[str, Json]:
    """A run; `summary` is what a model said, as text."""
    return {
        "number": ran.number,
        "host": ran.host,
        **instant("started", ran.started),
        **instant("finished", ran.finished),
        "score": ran.score,
        "findings": {"found": ran.found, "new": ran.new, "resolved": ran.resolved, "left_out": ran.left_out},
        "sources": [{"name": name, **its} for name, its in ran.sources.items()],
        "summary": ran.summary,
        "model": ran.model,
        "outcome": ran.outcome,
        "tokens": {"in": ran.tokens_in, "out": ran.tokens_out},
        "cost": ran.cost,
        "currency": ran.currency,
    }
