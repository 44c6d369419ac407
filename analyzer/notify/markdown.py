"""Strangers' text in Discord's Markdown: shown as it is, and cut where it is too long; pure.

Discord counts characters; here those beyond the basic plane count twice, as JavaScript has it, to be within any count.
"""

import re
import unicodedata

ELLIPSIS = "…"
# What Markdown, mentions, time stamps, emoji and masked links are made of.
ACTIVE = frozenset("\\*_~|`[]<>#")
LIST = re.compile(r"^(\s*)([-+]|\d+(?=\.\s))", re.M)
LONGEST_URL = 500
URL = re.compile(rf"https?://[A-Za-z0-9._~/?#&=%+,:;-]{{1,{LONGEST_URL - 8}}}")
MENTION = re.compile(r"@(?=everyone|here)", re.I)
# These turn the direction of what follows, or are seen by nobody: with them a text reads as another one.
UNSEEN = {"Cf", "Cc", "Cs", "Co"}
BREAK = "\u200b"


def size(text: str) -> int:
    """How long Discord takes it to be, at most."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def shown(text: str) -> str:
    """The text without characters that are not seen, on as many lines as it had, those that hold nothing apart."""
    seen = text
    if not text.replace("\n", "").isprintable():  # looking at each character takes a hundred times as long
        seen = "".join(c if c == "\n" or unicodedata.category(c) not in UNSEEN else " " for c in text)
    return "\n".join(filter(None, (" ".join(line.split()) for line in seen.split("\n"))))


def line(text: str) -> str:
    """The text on one line."""
    return shown(text).replace("\n", " ")


def escaped(text: str, limit: int) -> str:
    """The text as Markdown that shows it, at most `limit` long; a longer one ends with an ellipsis."""
    # No character becomes shorter, so what is far beyond the limit need not be looked at.
    parts = _parts(text[: limit + LONGEST_URL])
    if sum(map(size, parts)) <= limit:
        return "".join(parts)
    room, kept = limit - size(ELLIPSIS), []
    for part in parts:
        room -= size(part)
        if room < 0:
            break
        kept.append(part)
    return "".join(kept).rstrip() + ELLIPSIS if limit > 0 else ""


def _parts(text: str) -> list[str]:
    """What must not be cut in two: characters with their backslash, and whole URLs, which no backslash may break."""
    parts: list[str] = []
    end = 0
    for match in URL.finditer(text):
        parts += _characters(text[end : match.start()])
        parts.append(match[0])
        end = match.end()
    return parts + _characters(text[end:])


def _characters(text: str) -> list[str]:
    calm = MENTION.sub("@" + BREAK, text)
    starts = {match.start(2) for match in LIST.finditer(calm)}
    return [_one(char, n in starts) for n, char in enumerate(calm)]


def _one(char: str, begins: bool) -> str:
    if begins and char.isdigit():
        return BREAK + char  # a digit takes no backslash
    return f"\\{char}" if char in ACTIVE or begins else char
