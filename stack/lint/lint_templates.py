"""What Alertmanager finds out about templates only when a message is due: names that nothing has."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stack.lint import go_templates
from stack.lint.alertmanager import Routing
from stack.lint.routes import Told
from stack.lint.shape import Shape, union
from stack.lint.source import named
from stack.lint.trouble import Trouble, meant
from toolkit.yamltree import Entries, Listing, Node, Scalar

# Alertmanager's own: default.tmpl.
BUILT_IN = re.compile(r"__\w+|[\w-]+\.default\.[\w.]+")


def templates(routing: Routing, alerts: Sequence[Told]) -> Iterator[Trouble]:
    """Labels and annotations that no alert has, templates that nobody defines, patterns without a file."""
    path, texts, complete = routing.source.path, dict[Path, str](), True
    for pattern in routing.templates:
        found = named(pattern, path)
        complete = complete and bool(found)
        if not found:
            yield Trouble(path, pattern.line, f'there is no file "{pattern.text}"')
        texts |= {file: file.read_text(errors="replace") for file in found}
    inline = [value for value in scalars(routing.source.root) if "{{" in value.text]
    known = _Known(alerts, [*texts.values(), *(value.text for value in inline)], complete)
    for file, text in texts.items():
        for at, _, what in known.missing(text):
            yield Trouble(file, text.count("\n", 0, at) + 1, what)
    for value in inline:
        for at, word, what in known.missing(value.text):
            yield Trouble(path, routing.source.line_of(value, word, at), what)


def scalars(node: Node | None) -> Iterator[Scalar]:
    """All texts of a tree."""
    match node:
        case Scalar():
            yield node
        case Listing():
            for item in node.items:
                yield from scalars(item)
        case Entries():
            for _, value in node.entries.values():
                yield from scalars(value)


class _Known:
    def __init__(self, alerts: Sequence[Told], texts: Sequence[str], complete: bool) -> None:
        self.labels: Shape = union(alert.shape for alert in alerts)
        self.annotations = {name for alert in alerts for name in alert.rule.annotations}
        self.complete = complete
        self.templates = {one.name for text in texts for one in go_templates.named(text, "define")}

    def missing(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Offset, word and trouble."""
        for name, at in go_templates.named(text, "Labels"):
            if not self.labels.may_have(name):
                yield at, name, f'no alert has a label "{name}"{meant(name, self.labels.labels)}'
        for name, at in go_templates.named(text, "Annotations"):
            if self.annotations and name not in self.annotations:
                yield at, name, f'no alert has an annotation "{name}"{meant(name, self.annotations)}'
        words, fields = go_templates.spoken(text)
        # Only what is nearly known: newer versions know more.
        for kind, names, known in (("function", words, go_templates.WORDS), ("field", fields, go_templates.FIELDS)):
            for name, at in names:
                if name not in known and (guess := meant(name, known, 0.75)):
                    yield at, name, f'templates have no {kind} "{name}"{guess}'
        for name, at in go_templates.named(text, "template"):
            if self.complete and name not in self.templates and not BUILT_IN.fullmatch(name):
                yield at, name, f'nobody defines the template "{name}"{meant(name, self.templates)}'
