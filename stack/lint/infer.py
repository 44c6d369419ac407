"""What labels has the result of an expression? What is wrong on the way is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stack.lint.patterns import admits, alternatives, compiled
from stack.lint.promql import SETS, Aggregation, Binary, Call, Label, Literal, Matcher, Node, Past, Selector
from stack.lint.shape import NOTHING, UNKNOWN, Shape, Values, union
from stack.lint.trouble import meant, meant_or_listed

Wrong = Callable[[int, str, str], None]
"""Takes the offset in the expression, the word there, and what is wrong with it."""

BARE = frozenset({"time", "pi", "scalar", "vector"})
RANKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


@dataclass(frozen=True)
class Inference:
    """`metric` says what series a name and its matcher of `job` select, or None and has told why."""

    metric: Callable[[Selector, Wrong], Shape | None]
    wrong: Wrong

    def shape(self, node: Node) -> Shape:
        match node:
            case Literal():
                return NOTHING
            case Past():
                return self.shape(node.inner)
            case Selector():
                return self.selector(node)
            case Call():
                return self.call(node)
            case Aggregation():
                return self.aggregation(node)
            case Binary():
                return self.binary(node)

    def selector(self, node: Selector) -> Shape:
        shape = self.metric(node, self.wrong) if node.name else UNKNOWN
        if shape is None:
            return UNKNOWN
        for matcher in node.matchers:
            if matcher.label != "__name__":
                self.check(node, matcher, shape)
        for matcher in node.matchers:
            shape = _narrowed(shape, matcher)
        return shape

    def check(self, node: Selector, matcher: Matcher, shape: Shape) -> None:
        if not shape.may_have(matcher.label):
            guess = meant_or_listed(matcher.label, shape.labels, "it has")
            self.wrong(matcher.at, matcher.label, f'{node.name} has no label "{matcher.label}"{guess}')
            return
        values = shape.values(matcher.label)
        if values is None or matcher.value is None:
            return
        for text in missing(matcher.sign, matcher.value, values):
            sign = "=~" if matcher.sign in ("=~", "!~") else "="
            guess = meant_or_listed(text, values, "it has")
            self.wrong(matcher.at, text, f'no {node.name} has {matcher.label}{sign}"{text}"{guess}')

    def call(self, node: Call) -> Shape:
        shapes = [self.shape(argument) for argument in node.arguments]
        texts = [one.text or "" for one in node.arguments if isinstance(one, Literal) and not one.number]
        if node.function in BARE or not shapes:
            return NOTHING
        if node.function in ("absent", "absent_over_time"):
            return _of_absent(node.arguments[0])
        if node.function == "label_replace" and len(texts) == 4:
            return self.replaced(shapes[0], texts, node.at)
        if node.function == "label_join" and texts:
            return shapes[0].having(texts[0], None)
        vectors = [s for s, a in zip(shapes, node.arguments, strict=True) if not _is_scalar(a)]
        found = union(vectors)
        return found.without({"le"}) if node.function == "histogram_quantile" else found

    def replaced(self, shape: Shape, texts: list[str], at: int) -> Shape:
        target, replacement, source, pattern = texts
        if source and not shape.may_have(source):
            self.wrong(at, source, f'nothing here has a label "{source}"{meant(source, shape.labels)}')
        values: Values = None if "$" in replacement else frozenset({replacement})
        if replacement == "$1" and pattern in ("(.+)", "(.*)"):
            values = shape.values(source)
        before = shape.values(target)
        return shape.having(target, None if values is None or before is None else values | before)

    def aggregation(self, node: Aggregation) -> Shape:
        shapes = [self.shape(argument) for argument in node.arguments]
        shape = shapes[-1] if shapes else UNKNOWN
        self.require(node.labels, shape, "nothing here has a label {}")
        names = [label.name for label in node.labels]
        if node.operation in RANKING:
            return shape
        found = shape.without(names) if node.how == "without" else shape.only(names)
        first = node.arguments[0] if node.arguments else None
        if node.operation == "count_values" and isinstance(first, Literal) and first.text:
            return found.having(first.text, None)
        return found

    def binary(self, node: Binary) -> Shape:
        left, right = self.shape(node.left), self.shape(node.right)
        if _is_scalar(node.left) or _is_scalar(node.right):
            return right if _is_scalar(node.left) else left
        if node.how == "on":
            self.require(node.labels, left, f'the left side of "{node.operator}" has no label {{}}')
            self.require(node.labels, right, f'the right side of "{node.operator}" has no label {{}}')
        else:
            self.require(node.labels, union((left, right)), "neither side has a label {}")
        names = [label.name for label in node.labels]
        if node.operator in SETS:
            if node.operator == "and" and node.how != "on":
                return _also(left, right, names)
            return union((left, right)) if node.operator == "or" else left
        if node.group:
            many, one = (left, right) if node.group == "left" else (right, left)
            self.require(node.include, one, "the side that is one has no label {}")
            return union((many, one.only([label.name for label in node.include])))
        if node.how == "on":
            return left.both(right).only(names) if not (left.open and right.open) else left.only(names)
        return left.without(names).both(right.without(names))

    def require(self, labels: Iterable[Label], shape: Shape, trouble: str) -> None:
        for label in labels:
            if not shape.may_have(label.name):
                guess = meant_or_listed(label.name, shape.labels, "there is")
                self.wrong(label.at, label.name, trouble.format(f'"{label.name}"') + guess)


def missing(sign: str, value: str, values: frozenset[str]) -> list[str]:
    """The texts of a matcher that none of the values is; an empty text asks for a missing label."""
    if sign in ("=", "!="):
        return [value] if value and value not in values else []
    if compiled(value) is None:
        return []
    return [part for part in alternatives(value) if part and not any(admits("=~", part, v) for v in ("", *values))]


def _narrowed(shape: Shape, matcher: Matcher) -> Shape:
    if matcher.value is None or matcher.label == "__name__":
        return shape
    if matcher.sign == "=":
        if not matcher.value:
            return shape.without({matcher.label})
        return shape.having(matcher.label, frozenset({matcher.value}))
    values = shape.values(matcher.label)
    if not values:
        return shape
    kept = frozenset(v for v in values if admits(matcher.sign, matcher.value, v))
    return shape.having(matcher.label, kept)


def _of_absent(node: Node) -> Shape:
    while isinstance(node, Past):
        node = node.inner
    if not isinstance(node, Selector):
        return NOTHING
    equal = [m for m in node.matchers if m.sign == "=" and m.label != "__name__"]
    return Shape({m.label: None if m.value is None else frozenset({m.value}) for m in equal})


def _also(left: Shape, right: Shape, ignored: list[str]) -> Shape:
    """The left side, where all other labels are equal to the right side's."""
    if left.open or right.open:
        return left
    return left.only(left.labels.keys() & {*right.labels, *ignored})


def _is_scalar(node: Node) -> bool:
    match node:
        case Literal():
            return True
        case Call():
            return node.function in ("time", "pi", "scalar")
        case Binary():
            return _is_scalar(node.left) and _is_scalar(node.right)
        case _:
            return False
