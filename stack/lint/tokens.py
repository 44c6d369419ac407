"""Cuts PromQL into words. Bounded: one pass, each character looked at once."""

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 100_000  # characters of an expression
TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<duration>[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*)(?![\w])
  | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<put>%(?:\[[0-9]+\])?[a-z])
  | (?P<range>\[|\]|:(?=[0-9]|\s*\]))
  | (?P<name>[a-zA-Z_:][\w:]*)
  | (?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^@<>=(){},])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """`kind` is a name of TOKEN's groups, or end; `put` is what printf fills in."""

    kind: str
    text: str
    at: int


class NotPromQL(Exception):
    """The expression cannot be read; `at` is the offset."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(what)
        self.at = at


def tokens(text: str, template: bool = False) -> Iterator[Token]:
    """The words of an expression, an `end` last; `template`: %q and the like are values that printf puts in."""
    if len(text) > LONGEST:
        raise NotPromQL(0, f"longer than {LONGEST} characters")
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise NotPromQL(at, f"unexpected {text[at]!r}")
        kind, word = found.lastgroup or "", found[0]
        if kind == "put" and not template:
            kind, word = "sign", "%"
        if kind != "space":
            yield Token(kind, word, at)
        at += len(word)
    yield Token("end", "", len(text))


def unquoted(word: str) -> str:
    """The text of a string literal; escapes other than of quotes and backslashes stay as they are written."""
    if word.startswith("`"):
        return word[1:-1]
    return re.sub(r"\\(.)", lambda found: found[1] if found[1] in "\\\"'" else found[0], word[1:-1])
