"""A digest as sections of plain lines, each bounded and saying what it leaves out; pure.

Text and chats show these as they are; the page has a form of its own for hosts and findings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analyzer.digest import words
from analyzer.digest.report import Digest, HostLine, verdict
from analyzer.lifecycle import Known
from analyzer.notify.markdown import line


@dataclass(frozen=True, slots=True)
class Room:
    """How much is shown: entries of a section, lines of evidence of a finding, and characters of one line."""

    entries: int
    evidence: int
    characters: int


ROOMS = (Room(50, 3, 300), Room(20, 2, 200), Room(10, 1, 160), Room(5, 1, 120), Room(3, 0, 100), Room(1, 0, 60))
"""From all that is gathered to the least; the first that fits is taken."""


@dataclass(frozen=True, slots=True)
class Section:
    """`left`: how many entries are not among the lines; `note`: what is said where there is nothing, or of all."""

    title: str
    lines: tuple[str, ...]
    left: int
    note: str = ""


def sections(digest: Digest, room: Room) -> Iterator[Section]:
    """All of them, the most urgent first; empty ones say in a word that all is well."""
    yield _section("Hosts", [_host(host, digest) for host in digest.hosts], room, "No host is reviewed.")
    yield _findings("New findings", digest.fresh.found, digest.fresh.count, room)
    yield _findings("Open for longer", digest.lasting.found, digest.lasting.count, room)
    yield from outside(digest, room)
    yield changes(digest, room)
    over = [f"{words.on(known.finding.title, known.finding.host)}" for known in digest.over.found]
    yield _section("Resolved", over, room, "Nothing ended.", digest.over.count)
    yield cost(digest, room)


def outside(digest: Digest, room: Room) -> Iterator[Section]:
    """What Prometheus told, or why it did not."""
    told, period = digest.outside, digest.period
    if told.trouble:
        yield Section("Heartbeats, uptime, certificates, disks", (), 0, f"Not known. {cut(told.trouble, room)}.")
        return
    missed = [f"{words.on(one.heartbeat, one.host)}: {words.missed(one, period)}" for one in told.missed]
    failed = [f"{words.on(one.heartbeat, one.host)}: said {one.count} × that it failed" for one in told.failures]
    none = f"None of {told.heartbeats:,} was missed." if told.heartbeats else "Prometheus knows of none."
    yield _section("Heartbeats missed", missed + failed, room, none)
    reviewed = {host.name for host in digest.hosts}
    rest = [f"{line(host)}: {words.uptime(ratio, period)}" for host, ratio in told.uptime if host not in reviewed]
    if rest:
        yield _section("Uptime of other hosts", rest, room, "")
    due = [f"{words.on(one.target, one.host)}: {words.ends(one.ends, period)}" for one in told.certificates]
    yield _section("Certificates", due, room, "None ends within 30 days.")
    disks = [f"{words.on(one.mountpoint, one.host)}: {words.disk(one)}" for one in told.disks]
    yield _section("Disks", disks, room, "None is short of space within 14 days.")


def changes(digest: Digest, room: Room) -> Section:
    """What differs from what was accepted."""
    lines = [
        f"{line(one.host)}: {words.kinds(one)}; accept with: analyzer baseline accept {line(one.host)}"
        for one in digest.changes
    ]
    return _section("Changes not accepted", lines, room, "None.")


def cost(digest: Digest, room: Room) -> Section:
    """What the review cost."""
    lines = [f"{line(one.model)}: {words.spent(one)}" for one in digest.spent]
    shown = _section("What the review cost", lines, room, "")
    return Section(shown.title, shown.lines, shown.left, words.total(digest))


def cut(text: str, room: Room) -> str:
    """On one line, and no longer than there is room."""
    whole = line(text)
    return whole if len(whole) <= room.characters else whole[: room.characters - 1] + "…"


def more(left: int) -> str:
    return f"and {left:,} more" if left else ""


def _section(title: str, lines: Sequence[str], room: Room, none: str, count: int | None = None) -> Section:
    shown = tuple(cut(one, room) for one in lines[: room.entries])
    left = (len(lines) if count is None else count) - len(shown)
    return Section(title, shown, left, "" if shown or left else none)


def _host(host: HostLine, digest: Digest) -> str:
    score = "no score" if host.score is None else f"{host.score} of 100, {verdict(host.score)}"
    moved = words.change(host)
    up = dict(digest.outside.uptime).get(host.name)
    parts = [
        f"{line(host.name)}: {score}" + (f" ({moved})" if moved else ""),
        f"{host.fresh} new, {sum(host.open.values())} open, {host.over} resolved" if host.score is not None else "",
        f"up {words.uptime(up, digest.period)}" if up is not None else "",
        "" if host.reached else "its logs could not all be read" if host.score is not None else "never read",
    ]
    return "; ".join(filter(None, parts))


def _findings(title: str, found: Sequence[Known], count: int, room: Room) -> Section:
    shown = found[: room.entries]
    lines = [one for known in shown for one in _finding(known, room)]
    return Section(title, tuple(lines), count - len(shown), "" if count else "None.")


def _finding(known: Known, room: Room) -> Iterator[str]:
    f = known.finding
    yield cut(f"{f.severity.upper()}: {words.on(f.title, f.host)} ({f.source}, {f.fingerprint})", room)
    if room.evidence:
        yield from evidence(known, room)
        if f.recommendation:
            yield f"   → {cut(f.recommendation, room)}"


def evidence(known: Known, room: Room) -> Iterable[str]:
    """The lines that prove it, as many as there is room for."""
    return (f"   | {cut(one.text, room)}" for one in known.finding.evidence[: room.evidence])
