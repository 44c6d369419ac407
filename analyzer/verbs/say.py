"""Findings and runs for a terminal. Whatever logs said is made harmless before it gets here, and once more."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from analyzer.finding import RANK, Finding
from analyzer.lifecycle import Known
from toolkit.terminal import printable


def finding(found: Finding) -> Iterator[str]:
    """A finding in a few lines: what, where, proof, what to do."""
    yield f"{found.severity.upper():9} {found.title}  ({found.category}, {found.source}, {found.fingerprint})"
    if found.text:
        yield f"          {printable(found.text)}"
    for line in found.evidence:
        yield f"          line {line.line}: {printable(line.text)}"
    if found.recommendation:
        yield f"          -> {printable(found.recommendation)}"


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (-RANK[one.severity], one.category, one.title, one.fingerprint))


def history(known: Known) -> Iterator[str]:
    """What became of a finding from run to run."""
    yield from finding(known.finding)
    yield f"          {known.state}; first seen {at(known.first_seen)}, last seen {at(known.last_seen)}"
    yield f"          in {known.times} runs, {known.lines} lines in all" + (
        f", came back {known.reopened} times" if known.reopened else ""
    )
    if known.resolved:
        yield f"          resolved {at(known.resolved)}"
    if known.first_evidence != known.finding.evidence:
        for line in known.first_evidence:
            yield f"          at first: {printable(line.text)}"


def at(instant: float) -> str:
    """An instant for people, in UTC."""
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M UTC}"
