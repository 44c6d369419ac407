"""What a review found: a value with the lines that prove it, and the fingerprint by which it is known again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "critical"]
Origin = Literal["rule", "model", "baseline"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
RANK: Mapping[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}

# All there are: they stand in a label.
CATEGORIES = (
    "auth",  # logins, brute force, sudo
    "account",  # users, groups, keys
    "memory",
    "storage",  # disks, file systems, low space
    "hardware",
    "kernel",
    "service",  # units that fail or crash
    "network",  # links, firewalls, scans
    "tls",
    "database",
    "web",
    "time",
    "change",  # what differs from the accepted baseline
    "injection",  # lines that address the reviewer
    "volume",  # bursts, and limits of the review itself
    "other",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line that proves a finding: redacted, cut, without control characters; `line` counts from 1 in its run."""

    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`title` is composed from our own vocabulary, never from log text or a model's words: it becomes a label.

    `text` says in one or two sentences what was seen; `recommendation` what to do. Both are plain text, shown escaped.
    """

    fingerprint: str
    host: str
    source: str  # the log source; "baseline" for changes
    rule: str  # id of the rule, `model` or the kind of the change
    origin: Origin
    severity: Severity
    category: str
    title: str
    text: str
    recommendation: str
    count: int  # of lines that show it in this run, at least 1
    evidence: tuple[Evidence, ...]


def fingerprint(host: str, source: str, kind: str, *key: str) -> str:
    """16 hex digits for the same thing in every run: of the rule or category and of its stable key.

    The key must hold nothing that a model wrote, no counts, times, severities and nothing that depends on order.
    """
    told = "\0".join((host, source, kind, *key))
    return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()[:16]
