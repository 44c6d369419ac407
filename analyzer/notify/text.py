"""A message as plain text and as HTML, for services without Discord's embeds; pure."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from analyzer.notify.markdown import BREAK, line, shown
from analyzer.notify.message import IN_FULL, LAST_INSTANT, OF_LIST, Entry, Field, Link, Message, Tone

MENTION = re.compile(r"@(?=everyone|here|channel)|<(?=[@!#])", re.I)
MORE_ROOM = 80  # characters for how many have no room
# Dark enough on white, light enough on black; the words say the same for whoever sees no colour.
COLOURS: dict[Tone, str] = {
    "critical": "#d1373c",
    "warning": "#b4690e",
    "info": "#2f72d6",
    "resolved": "#218358",
}


def title(message: Message, limit: int) -> str:
    text = calm(line(message.title))
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def text(message: Message, limit: int) -> str:
    """At most `limit` characters; alerts that find no room in them are counted, and named as far as possible."""
    for entries in (_in_full(message), _listed(message)):
        if entries is not None:
            whole = "\n\n".join([*entries, *_tail(message)])
            if len(whole) <= limit and not message.left_out:
                return whole
    return _shortened(message, limit)


def _in_full(message: Message) -> list[str] | None:
    return [_entry(entry) for entry in message.entries] if len(message.entries) <= IN_FULL else None


def _listed(message: Message) -> list[str]:
    head = [calm(line(message.summary))] if message.summary else []
    return [*head, "\n".join(_line(entry) for entry in message.entries)]


def _shortened(message: Message, limit: int) -> str:
    """As many lines as there is room for, how many have none, and the links that still fit."""
    room = limit - MORE_ROOM
    lines = list(_fitting(map(_line, message.entries), room))
    lines = lines or [_line(message.entries[0])[: max(0, room - 1)] + "…"]
    rest = message.entries[len(lines) :]
    more = len(rest) + message.left_out
    if more:
        lines.append(f"and {more} more")
    names = ", ".join(calm(line(entry.name)) for entry in rest)
    if names and len("\n".join(lines)) + len(names) + 2 <= limit:
        lines[-1] += f": {names}"
    lines += _fitting(_tail(message), limit - len("\n".join(lines)))
    return "\n".join(lines)[:limit]


def _fitting(parts: Iterable[str], room: int) -> Iterator[str]:
    """The first of them, as many as fit."""
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            return
        yield part


def _entry(entry: Entry) -> str:
    lines = [
        f"{entry.status.upper()}: {calm(line(entry.name))}",
        calm(line(entry.summary)),
        calm(shown(entry.description)),
    ]
    lines += [f"{calm(line(field.name))}: {calm(line(field.value))}" for field in _fields(entry)]
    lines += [_linked(entry.links)]
    return "\n".join(filter(None, lines))


def _line(entry: Entry) -> str:
    name = calm(line(entry.name))
    if entry.status == "resolved":
        return f"- {name}: resolved, lasted {entry.lasted}"
    return f"- {name}: {calm(line(entry.brief))[:OF_LIST]}"


def _fields(entry: Entry) -> Iterator[Field]:
    if 0 < entry.starts < LAST_INSTANT:
        yield Field("Since", f"{datetime.fromtimestamp(entry.starts, UTC):%a %d %b %Y %H:%M:%S UTC}")
    if entry.lasted:
        yield Field("Lasted", entry.lasted)
    yield from entry.fields


def _tail(message: Message) -> list[str]:
    parts = [calm(shown(message.context)), *map(line, message.notes), _linked(message.links)]
    return [part for part in parts if part]


def _linked(links: Sequence[Link]) -> str:
    return "\n".join(f"{link.text}: {link.url}" for link in links)


def calm(text: str) -> str:
    """Without what would call people in a chat that shows plain text."""
    return MENTION.sub(lambda match: match[0] + BREAK, text)


def page(message: Message) -> str:
    """As HTML for a mail: no script, no style sheet, nothing from elsewhere, and strangers' text escaped."""
    entries = message.entries
    told = "".join(map(_html_entry, entries)) if len(entries) <= IN_FULL else _html_list(message)
    more = f"<p>and {message.left_out} more</p>" if message.left_out else ""
    tail = "".join(f"<p>{_html(part)}</p>" for part in [message.context, *message.notes] if part)
    colour = COLOURS[message.tone]
    return (
        f'<h2 style="color:{colour};border-left:4px solid {colour};padding-left:8px">{_html(message.title)}</h2>'
        f"{told}{more}{tail}{_html_links(message.links)}"
    )


def _html_entry(entry: Entry) -> str:
    rows = "".join(
        f'<tr><td style="padding-right:1em">{_html(field.name)}</td><td>{_html(field.value)}</td></tr>'
        for field in _fields(entry)
    )
    return (
        f'<h3 style="color:{COLOURS[entry.tone]}">{entry.status.upper()}: {_html(entry.name)}</h3>'
        f"<p><b>{_html(entry.summary)}</b><br>{_html(entry.description)}</p><table>{rows}</table>"
        f"{_html_links(entry.links)}"
    )


def _html_list(message: Message) -> str:
    items = "".join(f"<li>{html.escape(_line(entry).removeprefix('- '))}</li>" for entry in message.entries)
    summary = f"<p><b>{_html(message.summary)}</b></p>" if message.summary else ""
    return f"{summary}<ul>{items}</ul>"


def _html_links(links: Sequence[Link]) -> str:
    told = (f'<a href="{html.escape(link.url)}">{html.escape(link.text)}</a>' for link in links)
    joined = " · ".join(told)
    return f"<p>{joined}</p>" if joined else ""


def _html(text: str) -> str:
    return html.escape(shown(text)).replace("\n", "<br>")
