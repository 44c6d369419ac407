"""Findings, runs and tables for a terminal. Whatever logs said is made harmless before it gets here, and once more."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from analyzer.finding import RANK, Finding
from analyzer.lifecycle import Known

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})


def printable(text: str) -> str:
    """The text without anything that a terminal obeys: escapes, control characters, text direction."""
    return "".join(c if unicodedata.category(c) not in UNSEEN else f"\\x{ord(c):02x}" for c in text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines with aligned columns."""
    cells = [head, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


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
