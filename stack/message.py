"""Would Discord take this webhook message, and what does its reader see?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

CONTENT, TITLE, DESCRIPTION, FOOTER, AUTHOR = 2000, 256, 4096, 2048, 256
EMBEDS, FIELDS, FIELD_NAME, FIELD_VALUE, ALL_EMBEDS = 10, 25, 256, 1024, 6000


@dataclass(frozen=True)
class Embed:
    """One coloured box of a message; `fields` are pairs of name and value."""

    title: str
    description: str
    color: int
    fields: tuple[tuple[str, str], ...]
    footer: str
    author: str

    def length(self) -> int:
        """Characters that count towards the sum over all embeds of a message."""
        texts = (
            self.title,
            self.description,
            self.footer,
            self.author,
            *(part for pair in self.fields for part in pair),
        )
        return sum(map(len, texts))


@dataclass(frozen=True)
class Message:
    """What was accepted; `arrived` is Unix time in seconds."""

    arrived: float
    content: str
    embeds: tuple[Embed, ...]

    @property
    def text(self) -> str:
        """All that a reader sees, one part per line."""
        parts = [self.content]
        for embed in self.embeds:
            parts += [
                embed.title,
                embed.description,
                *(f"{name}: {value}" for name, value in embed.fields),
                embed.footer,
            ]
        return "\n".join(part for part in parts if part)


class Rejected(Exception):
    """A message that Discord answers with 400; `answer` is the JSON of its reason."""

    def __init__(self, answer: Mapping[str, object]) -> None:
        super().__init__(json.dumps(answer))
        self.answer = answer


def parse(payload: object, arrived: float) -> Message:
    """Check a webhook's JSON against Discord's limits; raises `Rejected`."""
    if not isinstance(payload, dict):
        raise Rejected({"message": "Invalid Form Body", "code": 50035})
    content, embeds = _text(payload, "content"), payload.get("embeds") or []
    if not content and not embeds:
        raise Rejected({"message": "Cannot send an empty message", "code": 50006})
    if len(content) > CONTENT:
        raise Rejected({"content": [f"Must be {CONTENT} or fewer in length."]})
    if not isinstance(embeds, list) or len(embeds) > EMBEDS:
        raise Rejected({"embeds": [f"Must be {EMBEDS} or fewer in length."]})
    parsed = tuple(_embed(embed, number) for number, embed in enumerate(embeds))
    if sum(embed.length() for embed in parsed) > ALL_EMBEDS:
        raise Rejected({"embeds": [f"Embed size exceeds maximum size of {ALL_EMBEDS}"]})
    return Message(arrived, content, parsed)


def _embed(given: object, number: int) -> Embed:
    # Discord names nothing but the place of the embed it dislikes.
    refused = Rejected({"embeds": [str(number)]})
    if not isinstance(given, dict) or not isinstance(given.get("fields") or [], list):
        raise refused
    fields = tuple((_text(field, "name"), _text(field, "value")) for field in given.get("fields") or [])
    embed = Embed(
        _text(given, "title"),
        _text(given, "description"),
        given.get("color") or 0,
        fields,
        _text(given.get("footer"), "text"),
        _text(given.get("author"), "name"),
    )
    within = (
        len(embed.title) <= TITLE
        and len(embed.description) <= DESCRIPTION
        and len(embed.footer) <= FOOTER
        and len(embed.author) <= AUTHOR
        and len(fields) <= FIELDS
        and all(0 < len(name) <= FIELD_NAME and 0 < len(value) <= FIELD_VALUE for name, value in fields)
    )
    if not within or embed.length() == 0:
        raise refused
    return embed


def _text(mapping: object, key: str) -> str:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return "" if value is None else str(value)
