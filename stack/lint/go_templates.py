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


def queries(text: str) -> Iterator[Named]:
    """The PromQL of each `query`, as it is written: what printf puts in is still %q."""
    for action in ACTION.finditer(text):
        for found in QUERY.finditer(action[1]):
            group = 1 if found[1] is not None else 2
            yield Named(found[group].replace('\\"', '"'), action.start(1) + found.start(group))


def _without_comments(text: str) -> str:
    return re.sub(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", lambda c: re.sub(r"[^\n]", " ", c[0]), text, flags=re.DOTALL)
