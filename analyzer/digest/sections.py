"""A digest as sections of plain lines, each bounded and saying what it leaves out; pure.

Text and chats show these as they are; the page has a form of its own for hosts and findings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from analyzer.digest import words
from analyzer.digest.report import Changes, Digest, HostLine, verdict
from analyzer.lifecycle import Known
from analyzer.notify.markdown import line
from analyzer.store_digest import Some


@dataclass(frozen=True, slots=True)
class Room:
    """How much is shown: entries of a section, lines of evidence of a finding, and characters of one line."""

    entries: int
    evidence: int
    characters: int


HOSTS = 5  # that are named of those with the same finding
ACCEPT = "What was meant is accepted with: analyzer baseline accept HOST"
ROOMS = (Room(50, 3, 300), Room(20, 2, 200), Room(10, 1, 160), Room(5, 1, 120), Room(3, 0, 100), Room(1, 0, 60))
"""From all that is gathered to the least; the first that fits is taken."""


@dataclass(frozen=True, slots=True)
class Same:
    """The same finding on one host or on many: all of them, the one that is shown first."""

    all: tuple[Known, ...]

    @property
    def first(self) -> Known:
        return self.all[0]

    @property
    def hosts(self) -> str:
        names = list(dict.fromkeys(line(known.finding.host) for known in self.all))
        rest = len(names) - HOSTS
        return ", ".join(names[:HOSTS]) + (f" and {rest} more" if rest > 0 else "")

    @property
    def lines(self) -> int:
        return sum(known.lines for known in self.all)


@dataclass(frozen=True, slots=True)
class Section:
    """`left`: how many entries have no room here; `note` stands above them; `quiet` says that there is nothing to tell.

    `findings`: what the lines tell, for whoever can show it better.
    """

    title: str
    lines: tuple[str, ...] = ()
    left: int = 0
    note: str = ""
    quiet: str = ""
    findings: tuple[Same, ...] = ()


def sections(digest: Digest, room: Room) -> Iterator[Section]:
    """The hosts, then whatever there is to tell, the most urgent first, then in a few words what there is not."""
    quiet = []
    yield _section("Hosts", [_host(host, digest) for host in digest.hosts], room, "")
    for section in _told(digest, room):
        if section.quiet:
            quiet.append(section.quiet)
        else:
            yield section
    if quiet:
        yield Section("Otherwise", note=" ".join(quiet))


def _told(digest: Digest, room: Room) -> Iterator[Section]:
    yield _findings("New findings", digest.fresh, room, "No new findings.")
    yield from _outside(digest, room)
    yield _findings("Open for longer", digest.lasting, room, "No finding is open for longer.")
    yield _changes(digest, room)
    yield _over(digest, room)
    yield _cost(digest, room)


def same(found: Iterable[Known]) -> list[Same]:
    """One entry for what was found on many hosts alike, in the order of the first of each."""
    groups: dict[tuple[str, str, str], list[Known]] = {}
    for known in found:
        f = known.finding
        groups.setdefault((f.severity, f.title, f.rule), []).append(known)
    return [Same(tuple(group)) for group in groups.values()]


def left(some: Some, shown: Sequence[Same]) -> int:
    """How many findings are not among those that are shown."""
    return some.count - sum(len(one.all) for one in shown)


def _outside(digest: Digest, room: Room) -> Iterator[Section]:
    """What Prometheus told, or why it did not."""
    told, period = digest.outside, digest.period
    if told.trouble:
        note = f"Not known. {cut(told.trouble, room)}."
        yield Section("Heartbeats, uptime, certificates, disks", note=note)
        return
    missed = [
        f"{words.on(its[0].heartbeat, its[0].host)}: {words.missed(its, period)}"
        for its in words.by_heartbeat(told.missed)
    ]
    failed = [f"{words.on(one.heartbeat, one.host)}: said {one.count} × that it failed" for one in told.failures]
    none = f"None of {words.many(told.heartbeats, 'heartbeat')} was missed."
    yield _section(
        "Heartbeats missed", missed + failed, room, none if told.heartbeats else "Prometheus knows of no heartbeats."
    )
    reviewed = {host.name for host in digest.hosts}
    rest = [f"{line(host)}: {words.uptime(ratio, period)}" for host, ratio in told.uptime if host not in reviewed]
    if rest:
        yield _section("Uptime of other hosts", rest, room, "")
    due = [f"{words.on(one.target, one.host)}: {words.ends(one.ends, period)}" for one in told.certificates]
    yield _section("Certificates", due, room, "No certificate ends within 30 days.")
    disks = [f"{words.on(one.mountpoint, one.host)}: {words.disk(one)}" for one in told.disks]
    yield _section("Disks", disks, room, "No disk is short of space within 14 days.")


def _changes(digest: Digest, room: Room) -> Section:
    """What differs from what was accepted."""
    shown = digest.changes[: room.entries]
    if not shown:
        return Section("Changes not accepted", quiet="No change waits to be accepted.")
    lines = [text for one in shown for text in _change(one, room)]
    return Section("Changes not accepted", tuple(lines), len(digest.changes) - len(shown), ACCEPT)


def _over(digest: Digest, room: Room) -> Section:
    """What ended."""
    shown = same(digest.over.found)[: room.entries]
    lines = tuple(cut(f"{one.first.finding.title} on {one.hosts}", room) for one in shown)
    quiet = "" if digest.over.count else "No finding was resolved."
    return Section("Resolved", lines, left(digest.over, shown), quiet=quiet)


def _cost(digest: Digest, room: Room) -> Section:
    """What the review cost."""
    lines = [f"{line(one.model)}: {words.spent(one)}" for one in digest.spent]
    shown = _section("What the review cost", lines, room, words.total(digest))
    return shown if shown.quiet else replace(shown, note=words.total(digest))


def cut(text: str, room: Room) -> str:
    """On one line, and no longer than there is room."""
    whole = line(text)
    return whole if len(whole) <= room.characters else whole[: room.characters - 1] + "…"


def more(left: int) -> str:
    return f"and {left:,} more" if left else ""


def _section(title: str, lines: Sequence[str], room: Room, quiet: str) -> Section:
    shown = tuple(cut(one, room) for one in lines[: room.entries])
    return Section(title, shown, len(lines) - len(shown), quiet="" if lines else quiet)


def _host(host: HostLine, digest: Digest) -> str:
    score = "no score" if host.score is None else f"{host.score} of 100, {verdict(host.score)}"
    moved = words.change(host, digest.period)
    up = dict(digest.outside.uptime).get(host.name)
    parts = [
        f"{line(host.name)}: {score}" + (f" ({moved})" if moved else ""),
        f"{host.fresh} new, {sum(host.open.values())} open, {host.over} resolved" if host.score is not None else "",
        f"up {words.uptime(up, digest.period)}" if up is not None else "",
        "" if host.reached else "its logs could not all be read" if host.score is not None else "never read",
    ]
    return "; ".join(filter(None, parts))


def _change(one: Changes, room: Room) -> Iterator[str]:
    yield cut(f"{line(one.host)}: {words.kinds(one)}", room)
    for known in one.worst[: room.evidence]:
        proof = known.finding.evidence[0].text if known.finding.evidence else known.finding.text
        yield f"   | {cut(f'{known.finding.title}: {proof}', room)}"


def _findings(title: str, some: Some, room: Room, quiet: str) -> Section:
    shown = tuple(same(some.found)[: room.entries])
    lines = tuple(text for one in shown for text in _finding(one, room))
    return Section(title, lines, left(some, shown), quiet="" if some.count else quiet, findings=shown)


def _finding(one: Same, room: Room) -> Iterator[str]:
    f = one.first.finding
    yield cut(f"{f.severity.upper()}: {line(f.title)} on {one.hosts} ({f.source}, {f.fingerprint})", room)
    for proof in f.evidence[: room.evidence]:
        yield f"   | {cut(proof.text, room)}"
    if room.evidence and f.recommendation:
        yield f"   → {cut(f.recommendation, room)}"
