"""Holds a model's words against what it was sent: what it made up, and what it may not say, has a reason."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.review import lexicon
from analyzer.review.outcome import Reason

PLACEHOLDER = re.compile(r"<[a-z_]{1,20}:[a-z0-9_-]{1,40}:[0-9a-f]{4,8}>")  # folded
TOKEN = re.compile(r"[^\s\"“”«»()\[\]<>]+")
EDGES = ".,;:!?…'‘’`*"
MEASURED = re.compile(r"([0-9][0-9.,]*)-?(?:%|[a-zµ°]{1,4}|seconds|minutes|hours|bytes|times|fold)?")
ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\S*|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*\S*|\S*@\S*")
QUOTED = re.compile(r"[\"“«]([^\"”»]{1,300})[\"”»]|(?<!\w)['‘]([^'’]{1,300})['’](?!\w)")
WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
JOINED = re.compile(r"[-+_/,:]+")
# A number by itself, `x42` of a count and `5gb` of a measure; not the digits of 10.0.0.42, 12:42, sda42 or 3f42ac.
BEFORE = r"(?:(?<!\w)|(?<=\bx))(?<![0-9][.,:-])"
AFTER = r"(?![0-9]|[.,:-][0-9]|[a-z_]{1,20}[0-9])"
SHORT = frozenset({"and/or", "i/o", "e.g", "i.e", "n/a", "a.k.a"})
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")


def folded(text: str) -> str:
    """For comparing: compatible characters made one, case and runs of whitespace gone."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def sentences(text: str, most: int, longest: int) -> str:
    """The first few sentences, never more than so many characters."""
    told = " ".join(SENTENCE.split(" ".join(text.split()))[:most])
    return told if len(told) <= longest else told[: longest - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Known:
    """All that was sent, folded: what a model's words may name."""

    text: str

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Known":
        return cls("\n".join(folded(text) for text in texts))

    def has(self, token: str) -> bool:
        """Does it stand there as a whole, not as a part of a longer word or address?"""
        return re.search(rf"(?<![\w.-]){re.escape(token)}(?![\w-]|\.\w)", self.text) is not None

    def has_number(self, number: str) -> bool:
        """Does it stand there by itself: not in a longer number, an address or a time?"""
        forms = {number, number.replace(",", "")}
        return any(re.search(BEFORE + re.escape(form) + AFTER, self.text) for form in forms)


def trouble(text: str, known: Known, advice: bool) -> Reason | None:
    """Why these words may reach nobody; `advice`: they say what to do. None: they may."""
    told = folded(text)
    # A placeholder of the redactor is no markup where it stands in what was sent.
    told = PLACEHOLDER.sub(lambda found: " " if found[0] in known.text else found[0], told)
    return _said(told, advice) or _named(told, known)


def _said(told: str, advice: bool) -> Reason | None:
    """What may be said of nothing."""
    # A URL and a DNS name carry sentences as well, with other things between the words.
    forms = (told, JOINED.sub(" ", told))
    visited = [visit[1].strip(EDGES) for form in forms for visit in lexicon.VISIT.finditer(form)]
    visited += _tokens(told) if advice else []
    if lexicon.URL.search(told) or any(_is_site(token) for token in visited):
        return "url"
    if lexicon.MARKUP.search(told):
        return "markup"
    if lexicon.SHELL.search(told) or any(_commands(form, advice) for form in forms):
        return "command"
    if any(lexicon.INSTRUCTION.search(form) for form in forms):
        return "instruction"
    return "reassurance" if any(lexicon.CALM.search(form) for form in forms) else None


def _commands(told: str, advice: bool) -> bool:
    """Is there a command that somebody may paste? Telling that one was used is none."""
    if any(run[1].rstrip(".") in lexicon.COMMANDS for run in lexicon.RUN.finditer(told)):
        return True
    for found in TOKEN.finditer(told):
        name = found[0].strip(EDGES).rsplit("/", 1)[-1]
        if name in lexicon.COMMANDS - lexicon.WORDS_TOO:
            used = lexicon.WORKED_ON.match(told, found.end())
            works = used is not None and (used["other"] is None or used["other"] in lexicon.COMMANDS)
            if advice or works or name not in lexicon.TOLD_OF:
                return True
    return False


def _is_site(token: str) -> bool:
    """A host's name in letters, which somebody may visit."""
    head, _, last = token.split("/", 1)[0].rpartition("@")[2].rpartition(".")
    return bool(head) and last.isalpha() and len(last) > 1 and last not in lexicon.FILES and not token.startswith("/")


def _named(told: str, known: Known) -> Reason | None:
    """What may be said only if it was sent."""
    for quoted in QUOTED.finditer(told):
        if (quoted[1] or quoted[2]).strip() not in known.text:
            return "name"
    for token in _tokens(told):
        reason = _unknown(token, known)
        if reason:
            return reason
    for name in lexicon.NAMED.finditer(told):
        called = name[1].rstrip(EDGES)
        if called not in lexicon.FOLLOWERS and not known.has(called):
            return "name"
    return None


def _tokens(told: str) -> list[str]:
    return [token for token in (found[0].strip(EDGES) for found in TOKEN.finditer(told)) if token]


def _unknown(token: str, known: Known) -> Reason | None:
    """Why a token that looks like a number, an address or a name may not stand here."""
    if token.isalpha() and token.isascii():
        return _unknown_number(token, known)
    if ADDRESS.fullmatch(token):
        return None if known.has(token) else "address"
    measured = MEASURED.fullmatch(token)
    if measured:
        return None if known.has_number(measured[1].rstrip(".,")) else "number"
    if not _is_machine(token):
        return _unknown_number(token, known)
    if known.has(token):
        return None
    return "name" if any(c.isalpha() for c in token) else "number"


def _unknown_number(token: str, known: Known) -> Reason | None:
    for word in WORD.findall(token):
        for part in word.split("-"):
            number = lexicon.NUMBERS.get(part)
            if part in lexicon.MANY or (number is not None and not known.has_number(str(number))):
                return "number"
    return None


def _is_machine(token: str) -> bool:
    """Is it no word of a sentence: digits of any script, dots, slashes, underscores or colons inside?"""
    if token in SHORT or all(part.isalpha() for part in token.split("/")):
        return False
    return any(c.isnumeric() or c in "/\\@_.:=#%+" for c in token)
