"""A digest as a message for chats with embeds: the hosts, and a field for each section; pure."""

from analyzer.digest import words
from analyzer.digest.report import Digest
from analyzer.digest.sections import Room, Section, more, sections
from analyzer.notify.message import Entry, Field, Message

ROOM = Room(10, 0, 160)
FIRST, OTHERS = 1200, 420  # characters: nine sections are 6000, which is what Discord takes


def message(digest: Digest) -> Message:
    """What the relay's services show as they show an alert."""
    first, *others = sections(digest, ROOM)
    tone = digest.gravest or "resolved"
    entry = Entry(
        name=words.name(digest),
        status="firing",
        tone=tone,
        summary=words.span(digest.period),
        description=f"{words.summary(digest)}\n{fitted(first, FIRST)}",
        starts=0.0,
        lasted="",
        fields=tuple(Field(section.title, fitted(section, OTHERS)) for section in others),
        links=(),
    )
    return Message(words.subject(digest), tone, digest.made, "", (entry,), 0, "", digest.notes, ())


def fitted(section: Section, limit: int) -> str:
    """As many lines as there is room for, and how many more there are."""
    lines = list(section.lines)
    while True:
        left = section.left + len(section.lines) - len(lines)
        text = "\n".join(filter(None, [section.note, *lines, more(left)]))
        if len(text) <= limit or not lines:
            return text
        lines.pop()
