"""Reads a PromQL expression into a tree, as far as labels depend on it; types are promtool's business."""

from collections.abc import Mapping
from dataclasses import dataclass

from stack.lint.tokens import NotPromQL, Token, tokens, unquoted
from toolkit.durations import parse_duration

DEEPEST = 100
AGGREGATIONS = frozenset(
    {
        *("sum", "min", "max", "avg", "count", "group", "stddev", "stdvar"),
        *("topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"),
    }
)
# How strongly they bind.
OPERATORS: Mapping[str, int] = {
    "or": 1, "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<": 3, ">": 3, "<=": 3, ">=": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
}  # fmt: skip
SETS = frozenset({"and", "or", "unless"})
LABEL_WORDS = ("on", "ignoring", "group_left", "group_right")


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Matcher:
    """`value` is None where printf puts it in."""

    label: str
    sign: str
    value: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Selector:
    name: str
    matchers: tuple[Matcher, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, or the text of a string."""

    text: str | None
    number: bool


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: "tuple[Node, ...]"
    at: int


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`how` is by, without or nothing."""

    operation: str
    how: str
    labels: tuple[Label, ...]
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Binary:
    """`how` is on, ignoring or nothing, `group` left, right or nothing, `include` the labels of group_left(...)."""

    operator: str
    left: "Node"
    right: "Node"
    how: str
    labels: tuple[Label, ...]
    group: str
    include: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A range or an offset: `seconds` that are looked back."""

    inner: "Node"
    seconds: float


Node = Selector | Literal | Call | Aggregation | Binary | Past


def parse(text: str, template: bool = False) -> Node:
    """Raises NotPromQL for what it cannot read; promtool says it better."""
    parser = _Parser(list(tokens(text, template)), template)
    node = parser.expression(0)
    if parser.now.kind != "end":
        raise NotPromQL(parser.now.at, f"unexpected {parser.now.text!r}")
    return node


class _Parser:
    def __init__(self, words: list[Token], template: bool) -> None:
        self.words, self.template, self.place, self.depth = words, template, 0, 0

    @property
    def now(self) -> Token:
        return self.words[self.place]

    def take(self) -> Token:
        found = self.now
        self.place += found.kind != "end"
        return found

    def took(self, *texts: str) -> bool:
        """Take the next word if it is one of these; words count in any case."""
        found = self.now.kind != "string" and self.now.text.lower() in texts
        self.place += found
        return found

    def need(self, text: str) -> None:
        if not self.took(text):
            raise NotPromQL(self.now.at, f"expected {text!r}")

    def expression(self, floor: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotPromQL(self.now.at, "nested too deeply")
        left = self.operand()
        while (binds := OPERATORS.get(self.now.text.lower(), 0)) > floor and self.now.kind in ("sign", "name"):
            left = self.binary(left, self.take().text.lower(), binds)
        self.depth -= 1
        return left

    def binary(self, left: Node, operator: str, binds: int) -> Node:
        self.took("bool")
        how, group = "", ""
        labels: tuple[Label, ...] = ()
        include: tuple[Label, ...] = ()
        while self.at_matching():
            word = self.take().text.lower()
            if word in ("on", "ignoring"):
                how, labels = word, self.label_list()
            else:
                group, include = word.removeprefix("group_"), self.label_list()
        # The power binds to the right.
        right = self.expression(binds - 1 if operator == "^" else binds)
        return Binary(operator, left, right, how, labels, group, include)

    def at_matching(self) -> bool:
        """A metric may be called `on` as well; group_left may stand without labels."""
        word = self.now.text.lower()
        return (word.startswith("group_") and word in LABEL_WORDS) or (word in LABEL_WORDS and self.ahead == "(")

    @property
    def ahead(self) -> str:
        """The text of the next word but one."""
        return self.words[min(self.place + 1, len(self.words) - 1)].text

    def operand(self) -> Node:
        if self.took("+", "-"):
            return self.expression(OPERATORS["*"])
        word = self.take()
        match word.kind:
            case "number" | "duration":
                node: Node = Literal(word.text, True)
            case "put":
                node = Literal(None, True)
            case "string":
                node = Literal(unquoted(word.text), False)
            case "name":
                node = self.named(word)
            case "sign" if word.text == "(":
                node = self.expression(0)
                self.need(")")
            case "sign" if word.text == "{":
                node = self.selector("", word.at)
            case _:
                raise NotPromQL(word.at, f"unexpected {word.text!r}")
        return self.looking_back(node)

    def named(self, word: Token) -> Node:
        lower = word.text.lower()
        if lower in AGGREGATIONS and self.now.text.lower() in ("by", "without", "("):
            return self.aggregation(lower)
        if lower in ("inf", "nan"):
            return Literal(word.text, True)
        if self.took("("):
            return Call(word.text, self.arguments(), word.at)
        return self.selector(word.text, word.at) if self.took("{") else Selector(word.text, (), word.at)

    def aggregation(self, operation: str) -> Node:
        how, labels = self.grouping()
        self.need("(")
        arguments = self.arguments()
        if not how:
            how, labels = self.grouping()
        return Aggregation(operation, how, labels, arguments)

    def grouping(self) -> tuple[str, tuple[Label, ...]]:
        word = self.now.text.lower()
        return (word, self.label_list()) if self.took("by", "without") else ("", ())

    def arguments(self) -> tuple[Node, ...]:
        found = []
        while not self.took(")"):
            found.append(self.expression(0))
            if self.now.text != ")":
                self.need(",")
        return tuple(found)

    def label_list(self) -> tuple[Label, ...]:
        found = []
        # group_left may stand without any.
        if self.took("("):
            while not self.took(")"):
                word = self.take()
                if word.kind not in ("name", "string"):
                    raise NotPromQL(word.at, "expected a label")
                found.append(Label(unquoted(word.text) if word.kind == "string" else word.text, word.at))
                if self.now.text != ")":
                    self.need(",")
        return tuple(found)

    def selector(self, name: str, at: int) -> Node:
        """The rest of a selector, behind its brace."""
        matchers = []
        while not self.took("}"):
            word = self.take()
            if word.kind == "string" and self.now.text in (",", "}"):
                name, at = unquoted(word.text), word.at
            else:
                matchers.append(self.matcher(word))
            if self.now.text != "}":
                self.need(",")
        named = [m.value for m in matchers if m.label == "__name__" and m.sign == "="]
        return Selector(name or (named[0] if named else None) or "", tuple(matchers), at)

    def matcher(self, word: Token) -> Matcher:
        label = unquoted(word.text) if word.kind == "string" else word.text
        sign, value = self.take(), self.take()
        if word.kind not in ("name", "string") or sign.text not in ("=", "!=", "=~", "!~"):
            raise NotPromQL(word.at, "expected a label and what it is compared with")
        if value.kind not in ("string", "put"):
            raise NotPromQL(value.at, "expected a text in quotes")
        filled = value.kind == "put" or (self.template and "%" in value.text)
        return Matcher(label, sign.text, None if filled else unquoted(value.text), word.at)

    def looking_back(self, node: Node) -> Node:
        while True:
            if self.took("["):
                node = Past(node, self.seconds())
                if self.took(":"):
                    while not self.took("]"):
                        self.take_inner()
                else:
                    self.need("]")
            elif self.took("offset"):
                ahead = self.took("-")
                seconds = self.seconds()
                node = Past(node, -seconds if ahead else seconds)
            elif self.took("@"):
                self.operand_of_at()
            else:
                return node

    def take_inner(self) -> None:
        if self.take().kind not in ("duration", "number"):
            raise NotPromQL(self.now.at, "expected a duration")

    def seconds(self) -> float:
        word = self.take()
        if word.kind == "duration":
            return parse_duration(word.text)
        if word.kind in ("number", "put"):
            return 0.0
        raise NotPromQL(word.at, "expected a duration")

    def operand_of_at(self) -> None:
        self.took("-")
        word = self.take()
        if word.kind == "name" and self.took("("):
            self.need(")")
        elif word.kind not in ("number", "put"):
            raise NotPromQL(word.at, "expected a time")
