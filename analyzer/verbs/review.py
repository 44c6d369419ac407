"""Review a log file at once: no configuration, no key, nothing stored."""

import gzip
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from analyzer.excerpt.build import build
from analyzer.excerpt.miner import Miner
from analyzer.excerpt.template import Template
from analyzer.excerpt.usual import Memory
from analyzer.fetch.chunk import Caps
from analyzer.fetch.lines import Splitter
from analyzer.finding import Finding
from analyzer.redact.load import load as redaction_rules
from analyzer.redact.redactor import Carry, Redactor
from analyzer.rules.load import load as review_rules
from analyzer.rules.review import Reviewer
from analyzer.rules.shapes import overflow
from analyzer.score import score
from analyzer.verbs import say

PIECE = 1 << 20  # bytes at a time
SHOWN = 10  # templates
HOST = "localhost"


def review(name: str) -> Iterator[str]:
    """Lines for a terminal; `-` reads what is piped in. OSError where the file cannot be read."""
    source = Path(name).name if name != "-" else "input"
    # The key of this one run: what is masked here can be compared with nothing else.
    redactor = Redactor(redaction_rules(()), secrets.token_bytes(32))
    miner, reviewer, carry = Miner(Memory.of(None)), Reviewer(review_rules(), HOST, source), Carry()
    count = 0
    with _opened(name) as file:
        for lines in _lines(file):
            clean = redactor.lines(lines, carry)
            miner.add(clean, count + 1)
            reviewer.add(clean, count + 1)
            count += len(clean)
    templates = miner.templates()
    flood = overflow(HOST, source, miner.overflow)
    found = [*reviewer.findings(templates), *([flood] if flood else [])]
    yield from _report(source, count, templates, found, redactor.counts)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with open(name, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def _lines(file: BinaryIO) -> Iterator[list[str]]:
    splitter = Splitter(Caps().line_bytes)
    while piece := file.read(PIECE):
        yield splitter.add(piece, len(piece))
    yield splitter.rest()


def _report(
    source: str, count: int, templates: list[Template], found: list[Finding], masked: Counter[str]
) -> Iterator[str]:
    yield f"{source}: {count:,} lines, {len(templates):,} different, {sum(masked.values()):,} secrets masked"
    yield ""
    for finding in say.worst_first(found):
        yield from say.finding(finding)
    if not found:
        yield "Nothing to worry about: no rule found anything."
    counts = Counter((finding.severity, finding.category) for finding in found)
    yield ""
    yield f"health score {score(counts)} of 100"
    excerpt = build({source: templates}, 4000)
    yield (
        f"{excerpt.tokens:,} tokens would tell a model of it, instead of about {_tokens(templates):,};"
        " with `models` in analyzer.yml one reads along"
    )


def _tokens(templates: list[Template]) -> int:
    return sum(template.count * len(template.example) for template in templates) // 4
