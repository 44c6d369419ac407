"""What promtool accepts in rules and a person would regret: missing parts, and names that nothing has."""

import re
from collections.abc import Iterator
from pathlib import Path

from stack.lint import go_templates
from stack.lint.functions import FUNCTIONS, calls
from stack.lint.promql import Node, parse
from stack.lint.rules import KEYS, Rule
from stack.lint.series import Series, parsed_of
from stack.lint.shape import UNKNOWN, Shape, union
from stack.lint.tokens import NotPromQL
from stack.lint.trouble import Tell, meant, meant_or_listed
from toolkit.yamltree import Scalar

SEVERITIES = ("critical", "warning", "info")
NEEDED = {
    "summary": "one sentence, the same for all",
    "description": "what a person can act on, with names and numbers",
    "runbook_url": "where it says what to do",
}
RUNBOOK = re.compile(r"/(docs/runbooks/([^/#?]+)\.md)")


def rule(one: Rule, series: Series, root: Path, tell: Tell) -> None:
    """All that is wrong with a rule; runbooks lie below `root`."""
    for key, line in one.unknown.items():
        tell(line, f'unknown key "{key}"{meant(key, KEYS)}')
    if one.alert:
        for line, what in [*_missing(one), *_severity(one), *_runbook(one, root), *_changing(one)]:
            tell(line, what)
    shape = expression(one, one.expr, one.expr.text, 0, series, tell)
    for _, value in (*one.labels.values(), *one.annotations.values()):
        _template(one, value, shape, series, tell)


def expression(
    one: Rule, value: Scalar, text: str, start: int, series: Series, tell: Tell, template: bool = False
) -> Shape:
    """The labels of an expression that stands in `value` from `start` on."""
    node = parsed_of(text, template)
    if template:
        for at, word, what in _query(node, text):
            tell(one.source.line_of(value, word, start + at), what)
    if node is None:
        return UNKNOWN
    infer = series.inference(lambda at, word, what: tell(one.source.line_of(value, word, start + at), what))
    return infer.shape(node)


def _query(node: Node | None, text: str) -> Iterator[tuple[int, str, str]]:
    """What promtool would say of an expression; the queries of messages it does not read."""
    try:
        for call in calls(node or parse(text, template=True)):
            if call.function not in FUNCTIONS:
                yield call.at, call.function, f'there is no function "{call.function}"{meant(call.function, FUNCTIONS)}'
    except NotPromQL as e:
        first = re.search(r"[a-zA-Z_:][\w:]*", text)
        yield e.at, first[0] if first else "", f"the query is wrong: {e}"


def _missing(one: Rule) -> Iterator[tuple[int, str]]:
    if one.wait is None and not any(meant(key, ["for"]) for key in one.unknown):
        yield one.line, f'{one.alert} has no "for": say how long it must be so, 0s for at once'
    if "severity" not in one.labels:
        yield one.line, f'{one.alert} has no label "severity"{_near("severity", one.labels)}: {", ".join(SEVERITIES)}'
    for name, use in NEEDED.items():
        if name not in one.annotations:
            yield one.line, f'{one.alert} has no annotation "{name}"{_near(name, one.annotations)}: {use}'


def _near(name: str, given: dict[str, tuple[int, Scalar]]) -> str:
    close = next((f' ("{word}" in line {given[word][0]}?)' for word in given if meant(word, [name])), "")
    return close


def _severity(one: Rule) -> Iterator[tuple[int, str]]:
    line, value = one.labels.get("severity", (0, None))
    if value is not None and "{{" not in value.text and value.text not in SEVERITIES:
        guess = meant(value.text, SEVERITIES) or f": one of {', '.join(SEVERITIES)}"
        yield line, f'{one.alert} has severity "{value.text}"{guess}'


def _runbook(one: Rule, root: Path) -> Iterator[tuple[int, str]]:
    line, value = one.annotations.get("runbook_url", (0, None))
    found = RUNBOOK.search(value.text) if value is not None else None
    if found and not (root / found[1]).is_file():
        others = [file.stem for file in (root / "docs/runbooks").glob("*.md")]
        yield line, f"there is no {found[1]}{meant(found[2], others)}"


def _changing(one: Rule) -> Iterator[tuple[int, str]]:
    for name, (line, value) in one.labels.items():
        if re.search(r"\{\{[^}]*(\$value|\.Value|\bquery\b)", value.text):
            yield line, f'the label "{name}" changes while the alert lasts, and each time it ends and begins anew'


def _template(one: Rule, value: Scalar, shape: Shape, series: Series, tell: Tell) -> None:
    queries = go_templates.queries(value.text)
    found = [expression(one, value, query.name, query.at, series, tell, template=True) for query in queries]
    for name, at in go_templates.named(value.text, "labels"):
        if not shape.may_have(name):
            tell(one.source.line_of(value, name, at), _no_label(one, name, shape))
    both = union([shape, *found])
    for kind in ("Labels", "label"):
        for name, at in go_templates.named(value.text, kind):
            if not both.may_have(name):
                guess = meant_or_listed(name, both.labels, "there is")
                tell(one.source.line_of(value, name, at), f'nothing here has a label "{name}"{guess}')


def _no_label(one: Rule, name: str, shape: Shape) -> str:
    if name in one.labels or name == "alertname":
        return (
            f"$labels.{name} is empty: it holds what the expression finds, not what the rule adds; write the text out"
        )
    guess = meant_or_listed(name, shape.labels, "there is")
    return f'what {one.alert or one.record} finds has no label "{name}"{guess}'
