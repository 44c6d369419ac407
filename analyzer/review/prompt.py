"""Writes what a model is asked: the text of review.md, and the excerpt as data between marks nobody can forge."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from random import Random

from analyzer.excerpt.template import Excerpt
from analyzer.finding import RANK, Finding
from analyzer.review import schema

MOST_FOUND = 20
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})  # controls, text direction, halves of characters, line ends
SPACES = "\t\n\r\v\f\x85\u2028\u2029"


def own() -> str:
    """The text of review.md."""
    return (files("analyzer") / "review.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Marks:
    """Random for each call: what a line says cannot contain them."""

    fence: str
    begin: str
    end: str

    @classmethod
    def of(cls, random: Random) -> "Marks":
        return cls(*(f"{random.getrandbits(64):016x}" for _ in range(3)))


def plain(text: str) -> str:
    """The text in one line, with what cannot be seen taken out."""
    spaced = text.translate({ord(space): " " for space in SPACES})
    if spaced.isascii() and spaced.isprintable():
        return spaced
    return "".join(c for c in spaced if unicodedata.category(c) not in UNSEEN)


def system(text: str, host: str, more: str) -> str:
    """The unchanging half: review.md, and what the host's owner adds."""
    told = text.replace("{schema}", json.dumps(schema.SCHEMA))
    about = f"\n# About this host\n\nIts name is {host}. Its owner says:\n{more.strip()}\n" if more.strip() else ""
    return told + about


def data(excerpt: Excerpt, found: Sequence[Finding]) -> str:
    """What the rules found and the excerpt, one a line: no line of a log can end the data."""
    worst = sorted(found, key=lambda finding: (-RANK[finding.severity], finding.fingerprint))[:MOST_FOUND]
    told = [_encoded({"found": _told(finding)}) for finding in worst]
    # What comes from a log stands in JSON strings there already.
    told += [plain(line) for line in excerpt.text.splitlines()]
    return "\n".join(told)


def user(data: str, marks: Marks) -> str:
    """The changing half."""
    first, last = _encoded({"begin": marks.begin}), _encoded({"end": marks.end})
    fence = f"====={marks.fence}"
    return f"{fence} data begins\n{first}\n{data}\n{last}\n{fence} data ends\nAnswer in JSON."


def repair(trouble: str) -> str:
    """What is said to a model whose words are no answer; `trouble` is a sentence of ours."""
    return f"Your answer cannot be used: {trouble} Answer again: the JSON object alone, of the schema, with both marks."


def key(*parts: object) -> str:
    """64 hex digits for everything that an answer depends on."""
    return sha256(json.dumps(parts).encode()).hexdigest()


def _told(finding: Finding) -> Mapping[str, object]:
    return {
        "severity": finding.severity,
        "category": finding.category,
        "title": plain(finding.title),
        "text": plain(finding.text),
        "count": finding.count,
    }


def _encoded(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
