"""Findings and runs as rows of the store, and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from analyzer.finding import RANK, Evidence, Finding
from analyzer.lifecycle import Known
from analyzer.record import Json, Ran, Run, SourceRun

FINDING_COLUMNS = "fingerprint, host, state, rank, category, model, first_seen, last_seen, body"
SUMMARY_CHARACTERS = 4000
ERROR_CHARACTERS = 300


def finding_row(known: Known) -> tuple[Any, ...]:
    """What the columns of `findings` hold, in their order."""
    f = known.finding
    body = asdict(known) | {"templates": sorted(known.templates)}
    key = (known.fingerprint, f.host, known.state, RANK[f.severity], f.category, f.origin == "model")
    return (*key, known.first_seen, known.last_seen, text(body))


def known(body: str) -> Known:
    """A finding from its row's body."""
    told = json.loads(body)
    finding = told.pop("finding")
    first, templates = told.pop("first_evidence"), told.pop("templates")
    evidence = _evidence(finding.pop("evidence"))
    return Known(
        **told,
        finding=Finding(**finding, evidence=evidence),
        first_evidence=_evidence(first),
        templates=frozenset(templates),
    )


def run_body(run: Run, score: int | None, new: int, resolved: int, left_out: int) -> str:
    """What is shown of a run later."""
    told = {
        "started": run.started,
        "score": score,
        "found": len(run.findings),
        "new": new,
        "resolved": resolved,
        "left_out": left_out,
        "sources": {source.name: _source(source) for source in run.sources},
        "summary": run.summary[:SUMMARY_CHARACTERS],
        "model": run.model,
        "outcome": run.outcome,
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "cost": run.cost,
        "currency": run.currency,
    }
    return text(told)


def ran(row: Sequence[Any]) -> Ran:
    """A run from number, host, finished and body of its row."""
    number, host, finished, body = row
    return Ran(number=number, host=host, finished=finished, **json.loads(body))


def text(value: Json) -> str:
    """JSON in ASCII alone: a log line may hold lone surrogates, which SQLite would not take."""
    return json.dumps(value, separators=(",", ":"))


def plain(told: str) -> str:
    """Text that SQLite takes."""
    return told.encode(errors="replace").decode()


def _source(source: SourceRun) -> Mapping[str, Json]:
    numbers = {"lines": source.lines, "bytes": source.bytes, "gaps": source.gaps, "cut": source.cut}
    return {"up": source.up, "error": source.error[:ERROR_CHARACTERS], **numbers}


def _evidence(rows: Sequence[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**row) for row in rows)
