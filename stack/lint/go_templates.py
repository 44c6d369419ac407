"""What Go templates name: labels, annotations, queries, other templates. Texts outside of {{ }} do not count."""

import re
from collections.abc import Iterator
from typing import NamedTuple

ACTION = re.compile(r"\{\{-?((?:`[^`]*`|\"(?:[^\"\\]|\\.)*\"|[^`\"])*?)-?\}\}", re.DOTALL)
QUERY = re.compile(r"\bquery\b[^`\"}]*(?:`([^`]*)`|\"((?:[^\"\\]|\\.)*)\")")
FIELD = {
    # What an alert's rule calls the labels of what its expression found.
    "labels": re.compile(r"\$labels\.(\w+)"),
    # Of an alert, of a group, or of a sample of a query.
    "Labels": re.compile(r"\.(?:Common|Group)?Labels\.(\w+)"),
    "label": re.compile(r"\blabel\s+\"(\w+)\""),
    "Annotations": re.compile(r"\.(?:Common)?Annotations\.(\w+)"),
    "template": re.compile(r"\btemplate\s+\"([^\"]+)\""),
    "define": re.compile(r"\b(?:define|block)\s+\"([^\"]+)\""),
}


# What Alertmanager's templates may say: the language's words and functions, Alertmanager's functions.
TOLD_WORDS = """
    and or not len index slice print printf println html js urlquery call eq ne lt le gt ge
    if else end range with template define block break continue nil true false
    toUpper toLower title trimSpace join match safeHtml safeUrl urlUnescape reReplaceAll stringSlice date tz since
    humanizeDuration toJson
"""
TOLD_FIELDS = """
    Receiver Status Alerts GroupLabels CommonLabels CommonAnnotations ExternalURL Labels Annotations StartsAt EndsAt
    GeneratorURL Fingerprint Firing Resolved SortedPairs Names Values Remove Name Value Format Unix UTC Local
"""
WORDS, FIELDS = frozenset(TOLD_WORDS.split()), frozenset(TOLD_FIELDS.split())
ATOM = re.compile(
    r"""
    "(?:[^"\\]|\\.)*" | `[^`]*` | \$\w*
  | \.(?P<field>\w+)(?:(?:(?<=Labels)|(?<=Annotations))\.\w+)?
  | (?P<word>[A-Za-z_]\w*)
    """,
    re.VERBOSE,
)


class Named(NamedTuple):
    name: str
    at: int


def named(text: str, kind: str) -> Iterator[Named]:
    """Each name of a kind of FIELD, with its offset."""
    for action in ACTION.finditer(_without_comments(text)):
        # The texts of queries are PromQL.
        inner = re.sub(r"`[^`]*`", lambda found: " " * len(found[0]), action[1])
        for found in FIELD[kind].finditer(inner):
            yield Named(found[1], action.start(1) + found.start(1))


def spoken(text: str) -> tuple[list[Named], list[Named]]:
    """Words, and fields that begin with a capital, as those of Alertmanager do and labels seldom."""
    words, fields = [], []
    for action in ACTION.finditer(_without_comments(text)):
        for atom in ATOM.finditer(action[1]):
            if atom["word"]:
                words.append(Named(atom["word"], action.start(1) + atom.start("word")))
            elif (atom["field"] or "")[:1].isupper():
                fields.append(Named(atom["field"], action.start(1) + atom.start("field")))
    return words, fields


def branches(text: str) -> frozenset[str] | None:
    """All that a template can become which only chooses between texts; None for any other."""
    before, *parts = ACTION.split(text)
    actions, texts = parts[::2], parts[1::2]
    first_words = [(action.split() or [""])[0] for action in actions]
    if not first_words or first_words != ["if", *["else"] * (len(actions) - 2), "end"]:
        return None
    otherwise = [] if "else" in map(str.strip, actions) else [""]
    return frozenset(before + chosen + texts[-1] for chosen in [*texts[:-1], *otherwise]) - {""}


def queries(text: str) -> Iterator[Named]:
    """The PromQL of each `query`, as it is written: what printf puts in is still %q."""
    for action in ACTION.finditer(text):
        for found in QUERY.finditer(action[1]):
            group = 1 if found[1] is not None else 2
            yield Named(found[group].replace('\\"', '"'), action.start(1) + found.start(group))


def _without_comments(text: str) -> str:
    return re.sub(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", lambda c: re.sub(r"[^\n]", " ", c[0]), text, flags=re.DOTALL)
