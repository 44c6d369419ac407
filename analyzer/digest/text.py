"""A digest as plain text, within a number of characters; pure."""

from analyzer.digest import words
from analyzer.digest.report import Digest
from analyzer.digest.sections import ROOMS, Room, Section, more, sections
from analyzer.notify.text import calm


def text(digest: Digest, limit: int) -> str:
    """At most `limit` characters: with as much of each section as fits, and of what does not, how much it is."""
    for room in ROOMS:
        whole = _whole(digest, room)
        if len(whole) <= limit:
            return whole
    return _least(digest, limit)


def _whole(digest: Digest, room: Room) -> str:
    head = [words.span(digest.period), words.summary(digest), *digest.notes]
    return calm("\n\n".join(["\n".join(head), *map(_section, sections(digest, room))]))


def _section(section: Section) -> str:
    told = [section.note, *(one if one.startswith(" ") else f"- {one}" for one in section.lines), more(section.left)]
    return "\n".join([section.title.upper(), *filter(None, told)])


def _least(digest: Digest, limit: int) -> str:
    """For a pager: what is the matter, and that there is more."""
    told = "; ".join([*digest.notes, *words.matters(digest)]) or "all quiet"
    whole = calm(f"{told}. {words.summary(digest)} Shortened: analyzer digest --preview FILE.html shows all.")
    return whole if len(whole) <= limit else whole[: max(0, limit - 1)] + "…"
