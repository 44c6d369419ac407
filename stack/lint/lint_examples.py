"""Do the log review's rules find what their examples say, and leave alone what they should?"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.redact import load as redact
from analyzer.redact.load import load as redaction_rules
from analyzer.redact.redactor import Carry, Redactor
from analyzer.rules.load import load as review_rules
from analyzer.rules.match import Matcher
from analyzer.rules.rule import Rule
from stack.lint.source import Source, child, mappings, read, text
from stack.lint.trouble import Trouble
from toolkit.yamltree import Entries, Listing, Node, Scalar

KEY = bytes(32)  # marks are not compared


def review(own: Path, folders: Sequence[Path]) -> Iterator[Trouble]:
    """Of the reviewer's rules in all folders; ConfigError for what cannot be loaded."""
    rules = review_rules(*folders, own=own)
    looks = list(dict.fromkeys(rule.look for rule in rules))
    matcher = Matcher(tuple(looks))
    sources: dict[str, Source] = {}
    for rule in rules:
        file = rule.place.rpartition(":")[0]
        source = sources.setdefault(file, read(Path(file)))
        yield from _review(rule, looks.index(rule.look), matcher, source)


def _review(rule: Rule, look: int, matcher: Matcher, source: Source) -> Iterator[Trouble]:
    entry = _entry(source, rule.id)
    for key, lines, wanted in (("match", rule.match, True), ("ignore", rule.ignore, False)):
        found = {hit.index for hit in matcher.hits(lines) if hit.look == look}
        for index in range(len(lines)):
            if (index in found) != wanted:
                what = "does not find" if wanted else "finds"
                yield Trouble(source.path, _line(entry, key, index), f'{rule.id} {what} this line of its "{key}"')


def redaction(files: Sequence[Path]) -> Iterator[Trouble]:
    """Of the rules for secrets, our own and those in files; ConfigError for what cannot be loaded."""
    own = sorted(Path(redact.__file__).parent.glob("*.yml"))
    by_id = {id: (source, entry) for source in map(read, (*own, *files)) for id, entry in _entries(source)}
    for rule in redaction_rules(files):
        source, entry = by_id[rule.id]
        for index, (line, secret) in enumerate(rule.match.items()):
            if secret in Redactor([rule], KEY).lines([line], Carry())[0]:
                yield Trouble(source.path, _line(entry, "match", index), f"{rule.id} does not mask this secret")
        for index, line in enumerate(rule.ignore):
            if Redactor([rule], KEY).lines([line], Carry()) != [line]:
                yield Trouble(source.path, _line(entry, "ignore", index), f'{rule.id} masks this line of its "ignore"')


def _entries(source: Source) -> Iterator[tuple[str, Entries]]:
    for entry in mappings(source.root, "rules"):
        id = text(entry, "id")
        if id is not None:
            yield id.text, entry


def _entry(source: Source, id: str) -> Entries:
    return dict(_entries(source))[id]


def _line(entry: Entries, key: str, index: int) -> int:
    value: Node | None = child(entry, key)
    match value:
        case Listing():
            return value.items[index].line
        case Entries():
            return [line for line, _ in value.entries.values()][index]
        case Scalar():
            return value.line
        case None:
            return entry.line
