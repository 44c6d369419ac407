"""A message as Discord's embeds, within all of Discord's limits; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from analyzer.notify.markdown import ELLIPSIS, escaped, line, shown, size
from analyzer.notify.message import IN_FULL, LAST_INSTANT, OF_LIST, Entry, Link, Message, Tone

TITLE, DESCRIPTION, FIELDS, FIELD_NAME, FIELD_VALUE, FOOTER, ALL, EMBEDS = 256, 4096, 25, 256, 1024, 2048, 6000, 10
SUMMARY = 300
INLINE = 40  # characters of a value up to which fields stand beside each other
LINKS = 1800
COLOURS: Mapping[Tone, int] = {
    "critical": 0xE5484D,
    "warning": 0xF5A524,
    "info": 0x3E8BFF,
    "resolved": 0x30A46C,
}
Room = tuple[int, int, int]
ROOMS: tuple[Room, ...] = ((DESCRIPTION, FIELD_NAME, FIELD_VALUE), (1500, 100, 300), (700, 60, 80))
"""Of a description, a field's name and its value: a message that is too long is told once more with less of each."""
Embed = dict[str, object]
Payload = dict[str, object]


def payload(message: Message) -> Payload:
    """What is posted. Nobody is mentioned, whatever the text says."""
    tries = (_in_full(message, room) for room in ROOMS if len(message.entries) <= IN_FULL)
    fitting = (embeds for embeds in tries if sum(map(length, embeds)) <= ALL)
    found = next(fitting, None) or [_listed(message)]
    return {"content": "", "embeds": found, "allowed_mentions": {"parse": []}}


def plain(message: Message) -> Payload:
    """The least that says it: for when Discord refuses what `payload` made of it."""
    names = ", ".join(entry.name for entry in message.entries)
    text = f"{line(message.title)}\n{line(names)}"
    return {"content": escaped(text, 2000), "embeds": [], "allowed_mentions": {"parse": []}}


def length(embed: Mapping[str, object]) -> int:
    """What counts towards the limit of all embeds of a message together."""
    found = 0
    for key, value in embed.items():
        if key in ("title", "description", "name", "value", "text") and isinstance(value, str):
            found += size(value)
        elif isinstance(value, dict):
            found += length(value)
        elif isinstance(value, list):
            found += sum(length(one) for one in value)
    return found


def _in_full(message: Message, room: Room) -> list[Embed]:
    if len(message.entries) == 1:
        return [_single(message, message.entries[0], room)]
    head = _head(message, _joined(escaped(line(message.summary), SUMMARY), _tail(message)))
    return [head, *(_of_entry(entry, message, room) for entry in message.entries)]


def _single(message: Message, entry: Entry, room: Room) -> Embed:
    tail = _tail(message)
    body = _body(entry, bold=True, limit=min(room[0], DESCRIPTION - size(tail) - 1))
    return _head(message, _joined(body, tail)) | {"fields": _fields(entry, room)}


def _of_entry(entry: Entry, message: Message, room: Room) -> Embed:
    links = _linked(entry.links)
    own = entry if entry.summary != message.summary else replace(entry, summary="")
    body = _body(own, bold=False, limit=min(room[0], DESCRIPTION - size(links) - 1))
    return {
        "title": escaped(line(entry.name), TITLE),
        "description": _joined(body, links),
        "color": COLOURS[entry.tone],
        "fields": _fields(entry, room),
    }


def _joined(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _head(message: Message, description: str) -> Embed:
    embed: Embed = {
        "title": escaped(line(message.title), TITLE),
        "description": description,
        "color": COLOURS[message.tone],
    }
    stamp = _stamp(message.at)
    return embed | ({"timestamp": stamp} if stamp else {})


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if 0 < at < LAST_INSTANT else ""


def _body(entry: Entry, bold: bool, limit: int) -> str:
    summary = escaped(line(entry.summary), SUMMARY)
    if summary and bold:
        summary = f"**{summary}**"
    room = limit - size(summary) - 1
    return _joined(summary, escaped(shown(entry.description), room))


def _tail(message: Message) -> str:
    """What stands below: the log's word, notes about the message, links."""
    context = escaped(shown(message.context), 600)
    notes = [f"*{escaped(line(note), 200)}*" for note in message.notes]
    quoted = "\n".join(f"> {one}" for one in context.split("\n")) if context else ""
    return _joined(quoted, *notes, _linked(message.links))


def _linked(links: Sequence[Link]) -> str:
    kept: list[str] = []
    room = LINKS
    for link in links:
        text = f"[{link.text}]({link.url})"
        room -= len(text) + 3
        if room >= 0:
            kept.append(text)
    return " · ".join(kept)


def _fields(entry: Entry, room: Room) -> list[dict[str, object]]:
    every = [*_times(entry), *((f.name, escaped(shown(f.value), room[2])) for f in entry.fields)]
    told = [_field(escaped(line(name), room[1]), value) for name, value in every]
    if len(told) > FIELDS:
        rest = ", ".join(name for name, _ in every[FIELDS - 1 :])
        told[FIELDS - 1 :] = [_field(f"and {len(told) - FIELDS + 1} more", escaped(line(rest), room[2]))]
    return told


def _field(name: str, value: str) -> dict[str, object]:
    return {"name": name or "–", "value": value or "–", "inline": size(value) <= INLINE}


def _times(entry: Entry) -> Iterator[tuple[str, str]]:
    # Discord shows these in the reader's own time zone.
    if 0 < entry.starts < LAST_INSTANT:
        at = int(entry.starts)
        yield "Since", f"<t:{at}:f>, <t:{at}:R>" if entry.status == "firing" else f"<t:{at}:f>"
    if entry.lasted:
        yield "Lasted", entry.lasted


def _listed(message: Message) -> Embed:
    """All alerts in one embed: as many lines as there is room for, then names, then how many have none."""
    tail, summary = _tail(message), escaped(line(message.summary), SUMMARY)
    lines, rest = _lines(message, DESCRIPTION - size(tail) - size(summary) - 4)
    embed = _head(message, _joined(f"**{summary}**" if summary else "", *lines, tail))
    more = len(rest) + message.left_out
    if more:
        names = _names([entry.name for entry in rest], message.left_out)
        embed["fields"] = [_field(f"and {more} more", names)]
    return embed


def _lines(message: Message, room: int) -> tuple[list[str], list[Entry]]:
    lines: list[str] = []
    for number, entry in enumerate(message.entries):
        text = _line_of(entry)
        room -= size(text) + 1
        if room < 0:
            return lines, list(message.entries[number:])
        lines.append(text)
    return lines, []


def _line_of(entry: Entry) -> str:
    name = f"**{escaped(line(entry.name), 120)}**"
    if entry.status == "resolved":
        return f"• {name} resolved, lasted {entry.lasted}"
    return f"• {name} {escaped(line(entry.brief), OF_LIST)}".rstrip()


def _names(names: Sequence[str], unnamed: int) -> str:
    """The names as far as there is room, and how many are not among them."""
    kept: list[str] = []
    room = FIELD_VALUE - 40
    for name in names:
        text = escaped(line(name), 80)
        room -= size(text) + 2
        if room < 0:
            break
        kept.append(text)
    missing = len(names) - len(kept) + unnamed
    told = ", ".join(kept)
    return f"{told} {ELLIPSIS} and {missing:,} that have no room here".strip() if missing else told
