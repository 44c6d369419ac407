"""Findings and runs to test with."""

from typing import Any

from analyzer.finding import Evidence, Finding, fingerprint
from analyzer.record import Run, SourceRun

HOST = "web01"


def finding(key: str = "a", **more: Any) -> Finding:
    """A warning of a rule about logins, told by one line."""
    host, source = more.get("host", HOST), more.get("source", "auth")
    told: dict[str, Any] = {
        "fingerprint": fingerprint(host, source, "ssh-failed", key),
        "host": host,
        "source": source,
        "rule": "ssh-failed",
        "origin": "rule",
        "severity": "warning",
        "category": "auth",
        "title": "Failed logins over SSH",
        "text": "Somebody tries passwords.",
        "recommendation": "Allow keys alone.",
        "count": 1,
        "evidence": (line(),),
    }
    return Finding(**(told | more))


def line(number: int = 1, text: str = "sshd: Failed password for root", source: str = "auth") -> Evidence:
    return Evidence(source, number, text)


def run(*findings: Finding, at: float = 1000.0, **more: Any) -> Run:
    """A run of a second that read the source `auth` to its end."""
    told: dict[str, Any] = {"host": HOST, "started": at - 1, "finished": at, "sources": (SourceRun("auth", True),)}
    return Run(findings=findings, **(told | more))
