"""A digest as a page for mail: no script, nothing from elsewhere, strangers' text escaped, and bounded; pure.

Mail programs drop much: what it looks like stands in each element, and a style sheet only adds what dark mode needs.
Words and signs say all that colours say.
"""

from collections.abc import Iterator

from analyzer.digest import words
from analyzer.digest.look import COLOURS, DARK, STYLES, coloured, escape, plain, tag
from analyzer.digest.report import Digest, HostLine, verdict
from analyzer.digest.sections import ROOMS, Room, Same, Section, cut, more, sections
from analyzer.finding import Severity
from analyzer.notify.markdown import line

NO_BREAK = "\N{NO-BREAK SPACE}"
LIMIT = 32_000  # bytes: what every mail program shows whole, and Apprise takes in one piece
HEAD = ("Host", "Score", "Findings", "Up")
WORDS = {"well": "resolved", "fair": "warning", "poor": "critical"}
SIGNS: dict[Severity, str] = {"critical": "■ CRITICAL", "warning": "▲ WARNING", "info": "● INFO"}


def page(digest: Digest, limit: int = LIMIT) -> str:
    """At most `limit` bytes: with as much of each section as fits, and of what does not, how much it is."""
    for room in ROOMS:
        whole = _page(digest, room)
        if len(whole.encode()) <= limit:
            return whole
    return _least(digest)


def _page(digest: Digest, room: Room) -> str:
    hosts, *others = sections(digest, room)
    return _document(digest, _hosts(digest, hosts.left, room) + "".join(_section(one, room) for one in others))


def _least(digest: Digest) -> str:
    told = "This is shortened, for it would be too large. All of it: analyzer digest --preview FILE.html"
    return _document(digest, tag("p", escape(told)))


def _document(digest: Digest, body: str) -> str:
    matters = ", ".join(words.matters(digest))
    gravest = digest.gravest if digest.gravest and matters else "resolved"
    headline = tag("p", escape(matters or "All quiet."), "headline", f"border-left:4px solid {COLOURS[gravest]}")
    notes = "".join(tag("p", escape(note), "soft") for note in digest.notes)
    foot = f"Made by Heartline, {words.made(digest)}. Times are {digest.period.zone.key}."
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{plain(words.subject(digest))}</title><style>{DARK}</style></head>"
        f'<body class="hl-bg" style="{STYLES["body"]}"><div style="{STYLES["frame"]}">'
        f"{tag('h1', escape(words.name(digest)))}{tag('p', escape(words.span(digest.period)), 'soft')}"
        f"{headline}{tag('p', escape(words.summary(digest)))}{notes}{body}{tag('p', escape(foot), 'foot')}"
        "</div></body></html>"
    )


def _hosts(digest: Digest, left: int, room: Room) -> str:
    if not digest.hosts:
        return _titled("Hosts", tag("p", "No host is reviewed.", "soft"))
    head = "".join(tag("th", escape(word)) for word in HEAD)
    rows = "".join(_host(host, digest) for host in digest.hosts[: room.entries])
    return _titled("Hosts", f'<table style="{STYLES["table"]}"><tr>{head}</tr>{rows}</table>' + _more(left))


def _host(host: HostLine, digest: Digest) -> str:
    word = verdict(host.score)
    score = "–" if host.score is None else coloured(str(host.score), WORDS[word])
    moved = words.change(host, digest.period)
    up = dict(digest.outside.uptime).get(host.name)
    lost = "its logs could not all be read" if host.score is not None else ""
    cells = (
        f"{score} {escape(word)}" + (_small(moved) if moved else ""),
        "<br>".join(_counts(host)) or "–",
        escape(words.share(up)) + _away(up, digest) if up is not None else "–",
    )
    name = tag("td", escape(host.name) + ("" if host.reached or not lost else _small(lost, "critical")), "name")
    return f"<tr>{name}{''.join(tag('td', cell) for cell in cells)}</tr>"


def _away(up: float, digest: Digest) -> str:
    away = (1 - up) * digest.period.seconds
    return _small(f"{words.long(away)} away") if away >= 1 else ""


def _counts(host: HostLine) -> Iterator[str]:
    for severity, count in host.open.items():
        if count:
            yield coloured(f"{count}{NO_BREAK}{severity}", severity)
    if host.fresh or host.over:
        yield f'<span class="hl-soft" style="{STYLES["small"]}">{host.fresh} new, {host.over} resolved</span>'


def _finding(one: Same, room: Room) -> str:
    f, colour = one.first.finding, COLOURS[one.first.finding.severity]
    title = f"{coloured(SIGNS[f.severity], f.severity)} <b>{escape(cut(f.title, room))}</b> on {escape(one.hosts)}"
    where = _small(f"{f.source}, {f.fingerprint}{_times(one)}")
    told = tag("div", escape(cut(f.text, room))) if f.text and room.evidence else ""
    lines = (escape(cut(proof.text, room)) for proof in f.evidence[: room.evidence])
    proof = "".join(tag("div", text, "evidence") for text in lines)
    advice = tag("div", f"→ {escape(cut(f.recommendation, room))}") if f.recommendation and room.evidence else ""
    return tag("div", title + where + told + proof + advice, "finding", f"border-left:4px solid {colour}")


def _times(one: Same) -> str:
    back = one.first.reopened if len(one.all) == 1 else 0
    return f", {words.many(one.lines, 'line')}" + (f", came back {back} ×" if back else "")


def _section(section: Section, room: Room) -> str:
    note = tag("p", escape(section.note), "soft") if section.note else ""
    told = [_finding(one, room) for one in section.findings] or map(_line, section.lines)
    return _titled(section.title, note + "".join(told) + _more(section.left))


def _line(text: str) -> str:
    """An entry with its name in bold, or what proves the one before."""
    if text.startswith(" "):
        return tag("div", escape(text.lstrip().removeprefix("| ")), "evidence")
    name, colon, rest = text.partition(": ")
    bold = f"<b>{escape(name)}</b>{colon}" if colon else escape(name)
    return tag("div", bold + escape(rest), "entry")


def _titled(title: str, body: str) -> str:
    return tag("h2", escape(title)) + body


def _more(left: int) -> str:
    return tag("p", escape(more(left)), "soft") if left > 0 else ""


def _small(text: str, severity: str = "") -> str:
    if severity:
        return tag("div", coloured(line(text), severity), more="font-size:13px")
    return tag("div", escape(line(text)), "small")
