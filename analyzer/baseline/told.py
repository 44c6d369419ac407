"""What changed, told as findings."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analyzer.baseline.compare import Change, Verb, identity
from analyzer.excerpt.clean import clean
from analyzer.finding import Evidence, Finding, Severity, fingerprint

MOST = 20  # findings of one kind; the rest is one more
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Words:
    """How changes of a kind are called."""

    category: str
    added: str
    removed: str
    changed: str
    severity: Severity  # of what is added or changed; what is removed is a note


WORDS: Mapping[str, Words] = {
    "users": Words("account", "New user account", "User account removed", "User account changed", "warning"),
    "passwords": Words("account", "Password entry added", "Password entry removed", "Password changed", "info"),
    "groups": Words("account", "New group", "Group removed", "Group changed", "info"),
    "sudoers": Words("account", "Sudo rule added", "Sudo rule removed", "Sudo rule changed", "warning"),
    "authorized_keys": Words("account", "New login key", "Login key removed", "Login key changed", "warning"),
    "listeners": Words(
        "network", "Listening port opened", "Listening port closed", "Listening port changed", "warning"
    ),
    "packages": Words("change", "Package installed", "Package removed", "Package version changed", "info"),
    "units": Words("change", "Unit enabled", "Unit disabled", "Unit changed", "warning"),
    "cron": Words("change", "Cron job added", "Cron job removed", "Cron job changed", "warning"),
    "crontabs": Words(
        "change", "User's cron job added", "User's cron job removed", "User's cron job changed", "warning"
    ),
    "kernel": Words("change", "Kernel or boot added", "Kernel or boot removed", "Kernel or boot changed", "info"),
    "suid": Words("change", "New set-uid file", "Set-uid file removed", "Set-uid file changed", "critical"),
    "etc": Words("change", "New file in /etc", "File in /etc removed", "File in /etc changed", "warning"),
}
CRITICAL: Mapping[str, re.Pattern[str]] = {
    "users": re.compile(r"[^\t]*\tuid=0+ "),
    "passwords": re.compile(r"[^\t]*\tempty$"),
    "groups": re.compile(r"(?:root|sudo|wheel|docker|lxd|shadow|disk|admin)\t"),
    "sudoers": re.compile(r".* without password "),
    "authorized_keys": re.compile(r"root key="),
    "etc": re.compile(r"/etc/ld\.so\.preload\t"),
}
LOOPBACK = re.compile(r"\w+ (?:127\.|::1 )")
ADVICE = "If this was meant, accept the baseline; if not, find out who did it."


def findings(host: str, changes: Iterable[Change]) -> list[Finding]:
    """At most so many of each kind, the gravest first; what is beyond is one more that counts it."""
    told: list[Finding] = []
    by_kind: dict[str, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    for kind, all_of_it in by_kind.items():
        ordered = sorted(all_of_it, key=lambda change: ("critical", "warning", "info").index(severity(change)))
        told += [_finding(host, change) for change in ordered[:MOST]]
        told += [_rest(host, kind, ordered[MOST:])] if len(ordered) > MOST else []
    return told


def severity(change: Change) -> Severity:
    """How grave a change is; what is explained, removed or open to this machine alone is a note."""
    if change.explained or change.verb == "removed":
        return "info"
    critical = CRITICAL.get(change.kind)
    if critical and critical.match(change.row):
        return "critical"
    return "info" if change.kind == "listeners" and LOOPBACK.match(change.row) else WORDS[change.kind].severity


def title(kind: str, verb: Verb) -> str:
    """From our own words alone."""
    words = WORDS[kind]
    return {"added": words.added, "removed": words.removed, "changed": words.changed}[verb]


def _finding(host: str, change: Change) -> Finding:
    said = title(change.kind, change.verb)
    rows = [change.row] if not change.before else [f"before: {change.before}", f"now: {change.row}"]
    return Finding(
        fingerprint=fingerprint(host, "baseline", change.kind, change.verb, _key(change)),
        host=host,
        source="baseline",
        rule=change.kind,
        origin="baseline",
        severity=severity(change),
        category=WORDS[change.kind].category,
        title=said,
        text=f"{said} since the baseline was accepted."
        + (f" Explained: {shown(change.explained)}." if change.explained else ""),
        recommendation=ADVICE,
        count=1,
        evidence=tuple(Evidence("baseline", number, shown(row)) for number, row in enumerate(rows, 1)),
    )


def _key(change: Change) -> str:
    # A version is no identity, or each update of a package would be another finding.
    return identity(change.row) if change.verb == "changed" else change.row


def _rest(host: str, kind: str, rest: list[Change]) -> Finding:
    counts = Counter(change.verb for change in rest)
    told = ", ".join(f"{count} {verb}" for verb, count in sorted(counts.items()))
    return Finding(
        fingerprint=fingerprint(host, "baseline", kind, "rest"),
        host=host,
        source="baseline",
        rule=kind,
        origin="baseline",
        severity=severity(rest[0]),
        category=WORDS[kind].category,
        title="More changes of one kind",
        text=f"Further changes of {kind}: {told}.",
        recommendation=ADVICE,
        count=len(rest),
        evidence=(Evidence("baseline", 1, shown(rest[0].row)),),
    )


def shown(row: str) -> str:
    """A row as it may stand before people."""
    return clean(row.replace("\t", "  "), LONGEST)
