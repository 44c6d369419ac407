"""The account as tables: kinds of incidents, each incident, what only looked so, and every false message. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from bench.figures import table
from bench.noise.account import SUBJECTS, UNPLANNED, Account, Telling
from bench.noise.month import shown
from bench.noise.told import AGAIN, NEW, OVER

# The first that fits names the kind; whatever is about a host and stands nowhere else is its health.
KINDS: Mapping[str, frozenset[str]] = {
    "host away or flapping": frozenset({"HostDown", "HostFlapping"}),
    "job": frozenset({"HeartbeatLate", "HeartbeatFailed", "HeartbeatRunOverdue", "HeartbeatEndedEarly"}),
    "disk": frozenset({"HostDiskFull", "HostRaidDegraded", "HostFilesystemReadOnly"}),
    "internet, names": frozenset({"InternetDown", "GatewayGone", "DnsBroken"}),
    "service, certificate": frozenset({"ProbeFailed", "ProbeSlow", "CertificateExpiring"}),
    "log": frozenset({"LogFindingCritical", "LogFindingWarning", "LogHostUnreachable"}),
    "Heartline itself": frozenset({"ExporterDown"}),
    "health of a host": frozenset(),
}


def report(found: Account, days: int) -> str:
    """All tables, as text; `days` is how many were simulated."""
    new = found.kinds.get(NEW, 0)
    parts = [
        table(("kind", "staged", "told in time", "median", "slowest", "messages"), list(_kinds(found.tellings))),
        table(("what went wrong", "began", "told after", "messages", "by"), list(_incidents(found.tellings))),
        table(("what only looked so", "times", "false messages"), list(_quiet(found))),
        f"{new} messages, {new / days:.1f} a day; {found.kinds.get(OVER, 0)} edits at the end, "
        f"{found.kinds.get(AGAIN, 0)} reminders of what lasted",
    ]
    return "\n".join(["\n\n".join(parts), *_wrong(found)])


def kind(telling: Telling) -> str:
    return next(name for name, alerts in KINDS.items() if not alerts or alerts & telling.event.alerts)


def _kinds(tellings: Sequence[Telling]) -> Iterator[tuple[str, ...]]:
    for name in KINDS:
        own = [one for one in tellings if kind(one) == name]
        waits = [one.first - one.event.begin for one in own if one.first is not None]
        told = sum(not one.missed for one in own)
        messages = sum(one.messages for one in own)
        times = (_after(round(median(waits))), _after(max(waits))) if waits else ("–", "–")
        if own:
            yield name, f"{len(own)}", f"{told}", *times, f"{messages}"


def _incidents(tellings: Sequence[Telling]) -> Iterator[tuple[str, ...]]:
    for one in tellings:
        late = " LATE" if one.missed else ""
        after = "NOT TOLD" if one.first is None else _after(one.first - one.event.begin) + late
        yield one.event.title, shown(one.event.begin), after, f"{one.messages}", one.by or "–"


def _quiet(found: Account) -> Iterator[tuple[str, ...]]:
    blamed = Counter(one.blamed for one in {(w.message, w.blamed): w for w in found.wrong}.values())
    for title, count in sorted(found.nuisances.items()):
        yield title, f"{count}", f"{blamed[title]}"
    if blamed[UNPLANNED]:
        yield UNPLANNED, "", f"{blamed[UNPLANNED]}"


def _wrong(found: Account) -> Iterator[str]:
    for one in found.wrong:
        labels = dict(one.alert)
        about = " ".join(labels[subject] for subject in SUBJECTS if subject in labels)
        severity = labels.get("severity", "")
        yield f"false: {shown(one.message.at)} {labels['alertname']} {severity} {about} ({one.blamed})"


def _after(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    return (f"{days} d " if days else "") + (f"{hours} h " if hours or days else "") + f"{left} min"
