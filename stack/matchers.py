"""Matchers as amtool writes them: host=web01, severity!=info, alertname=~"Host.+", job!~x; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from stack.lint.patterns import NoPattern, admits, strictly
from stack.problem import Problem
from toolkit.families import escape

Operator = Literal["=", "!=", "=~", "!~"]
FORM = re.compile(r"\s*([^=!~\s]*)\s*(=~|!=|!~|=)\s*(.*?)\s*", re.DOTALL)
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPES = {r"\n": "\n", r"\"": '"', r"\\": "\\"}
# What no label is worth: a matcher that takes it would take anything.
NOBODYS = "b7e3 nobody's value 0f91"


@dataclass(frozen=True)
class Matcher:
    """One condition on a label; an alert without the label has it empty."""

    name: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f'{self.name}{self.operator}"{escape(self.value)}"'

    @property
    def is_regex(self) -> bool:
        return self.operator in ("=~", "!~")

    @property
    def is_equal(self) -> bool:
        return self.operator in ("=", "=~")

    def takes(self, value: str) -> bool:
        """Does a label of this value fulfil it? Expressions are RE2's and match the whole value, as Alertmanager's."""
        return admits(self.operator, self.value, value)

    def matches(self, labels: Mapping[str, str]) -> bool:
        return self.takes(labels.get(self.name, ""))


def parse(text: str) -> Matcher:
    """Raises `Problem` that says what is wrong and how it is written."""
    form = FORM.fullmatch(text)
    if form is None:
        raise Problem(f"{text!r} is no matcher: write LABEL=VALUE, LABEL!=VALUE, LABEL=~REGEX or LABEL!~REGEX")
    name, operator, value = form.groups()
    if not LABEL.fullmatch(name):
        raise Problem(f"{text!r}: {name!r} is no label name: letters, digits and _, such as host, alertname, severity")
    matcher = Matcher(name, cast(Operator, operator), _unquoted(text, value))
    if matcher.is_regex:
        try:
            strictly(matcher.value)
        except NoPattern as e:
            raise Problem(f"{matcher.value!r} is no regular expression: {e}") from e
    return matcher


def matches_all(matchers: Sequence[Matcher]) -> bool:
    """Would they also take an alert that has nothing in common with any that one thought of?"""
    return all(matcher.takes(NOBODYS) or matcher.takes("") for matcher in matchers)


def _unquoted(text: str, value: str) -> str:
    if not value.startswith('"'):
        return value
    quoted = QUOTED.fullmatch(value)
    if quoted is None:
        raise Problem(f"{text!r}: the quote of the value does not end")
    return re.sub(r"\\.", lambda found: ESCAPES.get(found[0], found[0]), quoted[1], flags=re.DOTALL)
