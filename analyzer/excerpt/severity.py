"""How bad does a line say it is: by its words, its syslog priority, its level field."""

import re
from collections.abc import Mapping

import re2

from analyzer.finding import RANK, Severity

LOOKED_AT = 400  # characters of a line
LEVELS: Mapping[str, Severity] = {
    **dict.fromkeys(("emerg", "emergency", "panic", "alert", "crit", "critical", "fatal"), "critical"),
    **dict.fromkeys(("error", "err", "eror", "severe", "failure", "warning", "warn", "wrn"), "warning"),
    **dict.fromkeys(("notice", "note", "info", "information", "inf", "debug", "dbg", "trace", "verbose"), "info"),
}
NAMES = "|".join(sorted(LEVELS, key=len, reverse=True))
BEFORE = r"(?:^|[^\w\\])"
# Only where a program puts it: a field, or the first words. What a message quotes has its quotes escaped.
FIELD = re2.compile(
    rf'(?i){BEFORE}"(?:level|severity|lvl|levelname|log\.level)" ?: ?"({NAMES})"'
    rf'|^[^"]{{0,80}}?\b(?:level|lvl|severity)="?({NAMES})\b'
    rf"|^[^a-z]{{0,60}}[\[(<| ]({NAMES})[\])>|: ]"
)
NUMBERED = re2.compile(rf'^<(\d{{1,3}})>|{BEFORE}"?(?:PRIORITY|priority)"? ?[:=] ?"?([0-7])\b')
# pino and bunyan
TENS = re2.compile(rf'{BEFORE}"level" ?: ?([1-6])0\b')
BY_TENS: Mapping[str, Severity] = {
    "1": "info",
    "2": "info",
    "3": "info",
    "4": "warning",
    "5": "warning",
    "6": "critical",
}

BAD = (
    r"(?:errors?|err|fail(?:ed|ures?|s)?|warn(?:ings?)?|fatal|crit(?:ical)?|panics?|exceptions?|denied|timeouts?"
    r"|rejected|refused)"
)
NOTHING = r"(?:0(?![.\d]*[1-9x])|none|null|nil|false|no|ok|-)"
# Said of nothing, or of a thing's name.
HARMLESS = re.compile(
    rf"(?i)\b(?:(?:no|0|zero|without|never)[ -](?:\w{{1,20}} )?|no[nt][ -]){BAD}\b"
    rf"|\b{BAD}(?:_count)?(?:=(?=[\s,;&]|$)|\"? ?[=:] ?(?:\"\"|''))"
    rf"|\b{BAD}(?:_count)?[\"']? ?(?:[=:]|is|was) ?[\"']?{NOTHING}(?=[\s,;.)}}\]\"']|$)"
    r"|(?:^|(?<=[\s\"'=(\[]))(?:[\w.@-]{0,64}/)[^\s\"']*"
    r"|\b[\w-]{1,64}\.(?:logs?|conf|cfg|txt|html?|php|py|js|service|c|h|cc|cpp)\b"
    r"|\b(?:alert|error|warning|critical|fail|panic)-(?:manager|free|safe|over|level)\b|\bpanic(?:_on_\w+)?=\S*"
)
CRITICAL = re2.compile(r"(?i)\b(?:kernel panic|panic(?:ked)?|fatal|emerg(?:ency)?|crit(?:ical)?|catastrophic)\b")
WARNING = re2.compile(
    r"(?i)\b(?:errors?|err|fail(?:ed|ures?|s|ing)?|denied|warn(?:ing)?s?|refused|rejected|time(?:d )?outs?|alert"
    r"|exceptions?|traceback|segfault|general protection|oops|corrupt(?:ed|ion)?|abort(?:ed|ing)?|unable to"
    r"|can(?:not|'t)|could ?n(?:o|')t|unreachable|unauthori[sz]ed|forbidden|bad|severe|dropped|hung|stuck|killed"
    r"|degraded|out of memory|no space left|i/o error|expired|violation|attack|break-in)\b"
    r"|\w(?:Exception|Error)\b"
)
# Fatal to one connection: anybody on the Internet can have a server say so.
SESSION = re2.compile(
    r"(?i)\bfatal:? .{0,60}(?:authenticat|negotiat|from socket|from remote|does not exist|pg_hba|banner|preauth"
    r"|connection (?:reset|closed)|terminating connection)"
)
# Where digits decide, which a shape does not have.
DOUBT = re2.compile(rf"(?i)<\*> (?:\w{{1,20}} )?{BAD}\b|\b{BAD}(?:_count)?[\"']? ?(?:[=:]|is|was) ?[\"']?<\*>")


def level(text: str) -> Severity | None:
    """The worse of words, field and priority; None: it says nothing. A field that says info stands against words."""
    text = _encodable(text[:LOOKED_AT])
    said, field, priority = _words(text), _field(text), _numbered(text)
    if field == "info" and said:
        said = "warning" if said == "critical" else "info"
    return worse(worse(said, field), priority)


def may_be_numbered(sketch: bytes) -> bool:
    """Whether `numbered` can say anything of lines with this sketch (see mask.py)."""
    return sketch.startswith(b"<0>") or any(word in sketch for word in (b"PRIORITY", b"priority", b'"level"'))


def numbered(text: str) -> Severity | None:
    """By syslog priority, journal priority or a numbered level."""
    return _numbered(_encodable(text[:LOOKED_AT]))


def _numbered(text: str) -> Severity | None:
    if found := NUMBERED.search(text):
        number = int(found[1] or found[2]) & 7
        return "critical" if number <= 2 else "warning" if number <= 4 else None
    if '"level"' in text and (tens := TENS.search(text)):
        return BY_TENS[tens[1]]
    return None


def worse(one: Severity | None, other: Severity | None) -> Severity | None:
    """The worse of two; None is the least."""
    if one is None or other is None:
        return one or other
    return one if RANK[one] >= RANK[other] else other


def _field(text: str) -> Severity | None:
    found = FIELD.search(text)
    return LEVELS[next(name for name in found.groups() if name).lower()] if found else None


def _words(text: str) -> Severity | None:
    if not WARNING.search(text) and not CRITICAL.search(text):
        return None
    rest = HARMLESS.sub(" ", text)
    if CRITICAL.search(rest):
        return "warning" if SESSION.search(rest) else "critical"
    return "warning" if WARNING.search(rest) else None


def _encodable(text: str) -> str:
    """Without lone surrogates, which RE2 refuses."""
    return text if text.isascii() else text.encode(errors="replace").decode()
