"""A digest as a page for mail: no script, nothing from elsewhere, strangers' text escaped, and bounded; pure.

Mail programs drop much: what it looks like stands in each element, and a style sheet only adds what dark mode needs.
Words and signs say all that colours say.
"""

from collections.abc import Iterable, Iterator

from analyzer.digest import words
from analyzer.digest.look import COLOURS, DARK, STYLES, break_links, escape, tag
from analyzer.digest.report import Digest, HostLine, verdict
from analyzer.digest.sections import ROOMS, Room, Section, changes, cost, cut, more, outside
from analyzer.finding import Severity
from analyzer.lifecycle import Known
from analyzer.notify.markdown import line
from analyzer.store_digest import Some

LIMIT = 32_000  # bytes: what every mail program shows whole, and Apprise takes in one piece
HEAD = ("Host", "Score", "Findings", "Up")
WORDS = {"well": "resolved", "fair": "warning", "poor": "critical"}
SIGNS: dict[Severity, str] = {"critical": "■ CRITICAL", "warning": "▲ WARNING", "info": "● INFO"}


def page(digest: Digest, limit: int = LIMIT) -> str:
    """At most `limit` bytes: with as much of each section as fits, and of what does not, how much it is."""
    whole = ""
    for room in ROOMS:
        whole = _page(digest, room)
        if len(whole.encode()) <= limit:
            return whole
    return _least(digest)


def _page(digest: Digest, room: Room) -> str:
    parts = [
        _hosts(digest, room),
        _findings("New findings", digest.fresh, room),
        *map(_section, outside(digest, room)),
        _findings("Open for longer", digest.lasting, room),
        _section(changes(digest, room)),
        _over(digest, room),
        _section(cost(digest, room)),
    ]
    return _document(digest, "".join(parts))


def _least(digest: Digest) -> str:
    told = "This is shortened, for it would be too large. All of it: analyzer digest --preview FILE.html"
    return _document(digest, tag("p", escape(told)))


def _document(digest: Digest, body: str) -> str:
    matters = ", ".join(words.matters(digest))
    gravest = digest.gravest or "resolved"
    headline = tag("p", escape(matters or "All quiet."), "headline", f"border-left:4px solid {COLOURS[gravest]}")
    notes = "".join(tag("p", escape(note), "soft") for note in digest.notes)
    foot = f"Made by Heartline, {words.made(digest)}. Times are {digest.period.zone.key}."
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(words.subject(digest))}</title><style>{DARK}</style></head>"
        f'<body class="hl-bg" style="{STYLES["body"]}"><div style="{STYLES["frame"]}">'
        f"{tag('h1', escape(words.name(digest)))}{tag('p', escape(words.span(digest.period)), 'soft')}"
        f"{headline}{tag('p', escape(words.summary(digest)))}{notes}{body}{tag('p', escape(foot), 'foot')}"
        "</div></body></html>"
    )


def _hosts(digest: Digest, room: Room) -> str:
    shown = digest.hosts[: room.entries]
    head = "".join(tag("th", escape(word)) for word in HEAD)
    rows = "".join(_host(host, digest) for host in shown)
    table = f'<table role="table" style="{STYLES["table"]}"><tr>{head}</tr>{rows}</table>' if shown else ""
    none = "" if shown else tag("p", "No host is reviewed.", "soft")
    return _titled("Hosts", table + none + _more(len(digest.hosts) - len(shown)))


def _host(host: HostLine, digest: Digest) -> str:
    word = verdict(host.score)
    colour = COLOURS.get(WORDS.get(word, ""), "inherit")
    score = "–" if host.score is None else str(host.score)
    moved = words.change(host)
    up = dict(digest.outside.uptime).get(host.name)
    lost = "its logs could not all be read" if host.score is not None else ""
    cells = (
        f"<b>{escape(host.name)}</b>" + ("" if host.reached or not lost else _small(lost, "critical")),
        f'<b style="color:{colour}">{score}</b> {escape(word)}' + (_small(moved) if moved else ""),
        "<br>".join(_counts(host)) or "–",
        escape(words.share(up)) + _away(up, digest) if up is not None else "–",
    )
    return f"<tr>{''.join(tag('td', cell) for cell in cells)}</tr>"


def _away(up: float, digest: Digest) -> str:
    away = (1 - up) * digest.period.seconds
    return _small(f"{words.long(away)} away") if away >= 1 else ""


def _counts(host: HostLine) -> Iterator[str]:
    for severity, count in host.open.items():
        if count:
            yield f'<span style="color:{COLOURS[severity]}">{count} {severity}</span>'
    if host.fresh or host.over:
        yield f'<span class="hl-soft" style="{STYLES["small"]}">{host.fresh} new, {host.over} resolved</span>'


def _findings(title: str, some: Some, room: Room) -> str:
    shown = some.found[: room.entries]
    none = "" if some.count else tag("p", "None.", "soft")
    return _titled(title, "".join(_finding(known, room) for known in shown) + none + _more(some.count - len(shown)))


def _finding(known: Known, room: Room) -> str:
    f, colour = known.finding, COLOURS[known.finding.severity]
    title = (
        f'<b style="color:{colour}">{SIGNS[f.severity]}</b> <b>{escape(cut(f.title, room))}</b>'
        f" on {escape(f.host)}{_small(f'{f.source}, {f.fingerprint}' + _times(known))}"
    )
    told = tag("div", escape(cut(f.text, room))) if f.text and room.evidence else ""
    lines = (break_links(escape(cut(one.text, room))) for one in f.evidence[: room.evidence])
    proof = "".join(tag("div", one, "evidence") for one in lines)
    advice = tag("div", f"→ {escape(cut(f.recommendation, room))}") if f.recommendation and room.evidence else ""
    return tag("div", title + told + proof + advice, "finding", f"border-left:4px solid {colour}")


def _times(known: Known) -> str:
    back = f", came back {known.reopened} times" if known.reopened else ""
    return f", {words.many(known.lines, 'line')}{back}"


def _over(digest: Digest, room: Room) -> str:
    shown = digest.over.found[: room.entries]
    lines = tuple(cut(words.on(known.finding.title, known.finding.host), room) for known in shown)
    none = "" if digest.over.count else "Nothing ended."
    return _section(Section("Resolved", lines, digest.over.count - len(shown), none))


def _section(section: Section) -> str:
    note = tag("p", escape(section.note), "soft") if section.note else ""
    return _titled(section.title, note + _list(section.lines) + _more(section.left))


def _list(lines: Iterable[str]) -> str:
    items = "".join(tag("li", break_links(escape(one))) for one in lines)
    return f'<ul style="{STYLES["ul"]}">{items}</ul>' if items else ""


def _titled(title: str, body: str) -> str:
    return tag("h2", escape(title)) + body


def _more(left: int) -> str:
    return tag("p", escape(more(left)), "soft") if left > 0 else ""


def _small(text: str, severity: str = "") -> str:
    if severity:
        return tag("div", escape(line(text)), more=f"font-size:13px;color:{COLOURS[severity]}")
    return tag("div", escape(line(text)), "small")
