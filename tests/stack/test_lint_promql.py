"""PromQL is read as Prometheus reads it."""

import pytest

from stack.lint.promql import Aggregation, Binary, Call, Literal, Node, Past, Selector, parse
from stack.lint.tokens import LONGEST, NotPromQL


def shown(node: Node) -> str:
    """Fully bracketed."""
    match node:
        case Literal():
            return str(node.text)
        case Past():
            return f"{shown(node.inner)}~{node.seconds:g}"
        case Selector():
            return node.name + "".join(f"{{{m.label}{m.sign}{m.value}}}" for m in node.matchers)
        case Call():
            return f"{node.function}({', '.join(map(shown, node.arguments))})"
        case Aggregation():
            labels = f" {node.how} {[label.name for label in node.labels]}" if node.how else ""
            return f"{node.operation}{labels}({', '.join(map(shown, node.arguments))})"
        case Binary():
            return f"[{shown(node.left)} {node.operator} {shown(node.right)}]"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a or b and c unless d", "[a or [[b and c] unless d]]"),
        ("a - b - c", "[[a - b] - c]"),
        ("a ^ b ^ c", "[a ^ [b ^ c]]"),
        ("-a ^ b * c", "[[a ^ b] * c]"),
        ("a + b * c > d == e", "[[[a + [b * c]] > d] == e]"),
        ("a AND b OR c", "[[a and b] or c]"),
        ("(a or b) and c", "[[a or b] and c]"),
        ("a > bool b", "[a > b]"),
        ('a{b="}",c=~"d{2}"} # e{f="g"}\n + h', "[a{b=}}{c=~d{2}} + h]"),
        ("a{b='c\\'d', e=`f\\n`,}", "a{b=c'd}{e=f\\n}"),
        ("rate(a[5m:1m] offset -1h) @ end()", "rate(a~300~-3600)"),
        ("rate(a:b:c[1h30m])", "rate(a:b:c~5400)"),
        ("max_over_time(rate(a[5m])[1h:])", "max_over_time(rate(a~300)~3600)"),
        ("sum by (a, b) (c)", "sum by ['a', 'b'](c)"),
        ("sum(c) without (a)", "sum without ['a'](c)"),
        ("sum", "sum"),
        ("by + on", "[by + on]"),
        ("1e3 + 0x1F + .5 + Inf", "[[[1e3 + 0x1F] + .5] + Inf]"),
        ("a / on (b) group_left (c) d", "[a / d]"),
        ("a / on (b) group_left d", "[a / d]"),
        ('{"a.b", c="d"}', "a.b{c=d}"),
        ("a % b", "[a % b]"),
    ],
)
def test_an_expression_is_read(text: str, read: str) -> None:
    assert shown(parse(text)) == read


def test_what_printf_puts_in_is_unknown() -> None:
    text = 'a{b=%q,c="x%s"} @ %[2]f offset -10s + %d'
    assert shown(parse(text, template=True)) == "[a{b=None}{c=None}~-10 + None]"


@pytest.mark.parametrize(
    "text", ["", "a{", "a{b}", "a{b=c}", "sum(", "a +", "(a", "a)", "a[", "a[b]", "a b", "?", 'a{b="c}']
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(NotPromQL):
        parse(text)


def test_length_and_depth_are_bounded() -> None:
    for text in ("a" * (LONGEST + 1), "(" * 10_000 + "a" + ")" * 10_000, "-" * 10_000 + "a"):
        with pytest.raises(NotPromQL):
            parse(text)
