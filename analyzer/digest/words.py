"""What a digest says in words, for all of its forms; pure, and nothing is escaped here."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from math import floor

from analyzer.digest.period import Period
from analyzer.digest.report import Changes, Digest, Disk, HostLine, Missed
from analyzer.notify.markdown import line
from analyzer.store_digest import Spent
from toolkit.durations import rough

OF_TITLE = 3  # matters that a title names
KINDS = {
    "authorized_keys": "login keys",
    "suid": "set-uid files",
    "etc": "files in /etc",
    "crontabs": "users' cron jobs",
}


def subject(digest: Digest) -> str:
    """The title: which day or week, and what is the matter in a few words."""
    told = list(matters(digest))
    rest = f" and {len(told) - OF_TITLE} more" if len(told) > OF_TITLE else ""
    shown = ", ".join(told[:OF_TITLE]) or "all quiet"
    return f"{name(digest)} {digest.period.local(digest.period.end):%a %d %b}: {shown}{rest}"


def name(digest: Digest) -> str:
    return "Daily report" if digest.period.every == "day" else "Weekly report"


def span(period: Period) -> str:
    begin, end = period.local(period.begin), period.local(period.end)
    return f"{begin:%a %d %b %H:%M} to {end:%a %d %b %Y %H:%M} {end:%Z}"


def matters(digest: Digest) -> Iterator[str]:
    """What asks for a look, the gravest first, each with how many there are."""
    for severity, count in digest.counted():
        if count and severity != "info":
            yield many(count, "critical finding" if severity == "critical" else severity)
    every = [one for one, *_ in by_heartbeat(digest.outside.missed)]
    still = sum(one.end is None for one in every)
    if still:
        yield f"{many(still, 'heartbeat')} late"
    if still < len(every):
        yield f"{many(len(every) - still, 'heartbeat')} missed"
    if digest.outside.failures:
        yield f"{many(len(digest.outside.failures), 'job')} failed"
    if digest.unread:
        yield f"{many(digest.unread, 'host')} not read"
    if digest.outside.certificates:
        yield f"{many(len(digest.outside.certificates), 'certificate')} due"
    if digest.outside.disks:
        yield f"{many(len(digest.outside.disks), 'disk')} short"
    if digest.outside.trouble and digest.outside.asked:
        yield "heartbeats not known"


def summary(digest: Digest) -> str:
    """What became of findings, in one sentence."""
    return (
        f"Findings: {digest.fresh.count} new, {digest.lasting.count} open for longer, {digest.over.count} resolved;"
        f" {many(digest.changed, 'change')} not accepted."
    )


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def change(host: HostLine, period: Period) -> str:
    """How the score moved; since when, where it was not yet reviewed when the time began."""
    if host.score is None or host.before is None:
        return ""
    moved = host.score - host.before
    since = f" since {at(host.since, period)}" if host.since > period.begin else ""
    return (f"▲ up {moved}" if moved > 0 else f"▼ down {-moved}" if moved < 0 else "same") + since


def share(ratio: float) -> str:
    """A share in percent, never rounded up to 100."""
    return "100\N{NO-BREAK SPACE}%" if ratio >= 1 else f"{floor(ratio * 10_000) / 100:.2f}\N{NO-BREAK SPACE}%"


def uptime(ratio: float, period: Period) -> str:
    """What share of its readings came, and how much time that leaves out."""
    away = (1 - ratio) * period.seconds
    return share(ratio) + (f" ({long(away)} away)" if away >= 1 else "")


def long(seconds: float) -> str:
    """For how long; of ten minutes and more the seconds say nothing."""
    return rough(seconds // 60 * 60 if seconds >= 600 else seconds)


def at(instant: float, period: Period) -> str:
    return f"{period.local(instant):%a %d %b %H:%M}"


def day(instant: float, period: Period) -> str:
    return f"{period.local(instant):%d %b %Y}"


def by_heartbeat(missed: Iterable[Missed]) -> list[list[Missed]]:
    """What belongs to the same heartbeat, the last first; in the order of the first of each."""
    found: dict[tuple[str, str], list[Missed]] = {}
    for one in missed:
        found.setdefault((one.heartbeat, one.host), []).append(one)
    return [sorted(its, key=lambda one: -one.begin) for its in found.values()]


def missed(its: Sequence[Missed], period: Period) -> str:
    """What is said of a heartbeat that was late, once or several times."""
    last = its[0]
    lengths = [(period.end if one.end is None else one.end) - one.begin for one in its]
    if last.never:
        told = f"has never come; due since {at(last.begin, period)}"
    elif last.end is None:
        told = f"still late: since {at(last.begin, period)}, for {long(lengths[0])}"
    elif len(its) == 1:
        return f"late from {at(last.begin, period)} for {long(lengths[0])}"
    else:
        told = f"late {len(its)} times, the last from {at(last.begin, period)} for {long(lengths[0])}"
    return told if len(its) == 1 else f"{told}; {long(sum(lengths))} in all, {long(max(lengths))} at most"


def ends(instant: float, period: Period) -> str:
    """When a certificate ends."""
    left = instant - period.end
    return f"has ended, {long(-left)} ago" if left <= 0 else f"ends in {long(left)}, on {day(instant, period)}"


def disk(one: Disk) -> str:
    full = f", full in {long(one.full_in)} as it goes" if one.full_in is not None else ""
    return f"{share(one.free)} free{full}"


def on(name: str, host: str) -> str:
    """A thing and where it is."""
    return f"{line(name)} on {line(host)}" if host and host != name else line(name)


def kinds(changes: Changes) -> str:
    return ", ".join(f"{KINDS.get(kind, kind)}: {count}" for kind, count in sorted(changes.kinds.items()))


def spent(one: Spent) -> str:
    """What a model took."""
    cost = f", {one.cost:.4f} {one.currency}" if one.currency else ""
    return f"{one.tokens_in:,} tokens read, {one.tokens_out:,} written{cost}"


def total(digest: Digest) -> str:
    """What the review cost, all models together."""
    first, last = digest.spent_days
    days = f"on {first} (UTC)" if first == last else f"from {first} to {last} (UTC)"
    if first > last:
        return "What the review cost is told when the UTC day has ended."
    if not digest.spent:
        return f"The review cost nothing: no model was asked {days}."
    sums: dict[str, float] = {}
    for one in digest.spent:
        if one.currency:
            sums[one.currency] = sums.get(one.currency, 0.0) + one.cost
    money = " and ".join(f"{cost:.2f} {currency}" for currency, cost in sums.items()) or "No money"
    return f"{money} {days}."


def made(digest: Digest) -> str:
    local: datetime = digest.period.local(digest.made)
    return f"{local:%a %d %b %Y %H:%M %Z}"
