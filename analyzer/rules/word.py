"""Word a finding: our own sentences, with counts and cleaned values in them."""

from collections.abc import Iterable

from analyzer.finding import Evidence, Finding, fingerprint
from analyzer.rules.load import MOST_DISTINCT
from analyzer.rules.rule import Rule
from analyzer.rules.tally import CUT, Group, Key, Line, Tally

MOST = 20  # findings of one rule; the rest is summarised in one more
SHOWN = 60  # characters of a value
NAMED = 5  # values of a distinct group
EVIDENCE_OF_REST = 3  # lines


def findings(tally: Tally, host: str, source: str) -> list[Finding]:
    """At most MOST findings of one rule, and one for all the rest."""
    ranked = tally.ranked()
    found = [_finding(tally.rule, host, source, key, group) for key, group in ranked[:MOST]]
    rest = _rest(tally, host, source, [group for _, group in ranked[MOST:]])
    return [*found, rest] if rest else found


def clean(text: str, most: int) -> str:
    """Without control, bidirectional and zero-width characters, and cut."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:most])


def evidence(source: str, lines: Iterable[Line]) -> tuple[Evidence, ...]:
    """Lines as evidence, cleaned and cut."""
    return tuple(Evidence(source, number, clean(line, CUT)) for number, line in lines)


def _finding(rule: Rule, host: str, source: str, key: Key, group: Group) -> Finding:
    told = [value.decode(errors="replace") for value in key]
    return Finding(
        fingerprint=fingerprint(host, source, rule.id, *told),
        host=host,
        source=source,
        rule=rule.id,
        origin="rule",
        severity=rule.severity,
        category=rule.category,
        title=rule.title,
        text=_text(rule, told, group),
        recommendation=rule.recommendation,
        count=group.count,
        evidence=evidence(source, group.lines()),
    )


def _text(rule: Rule, key: list[str], group: Group) -> str:
    values = sorted(value.decode(errors="replace") for value in group.values)
    named = ", ".join(_value(value) for value in values[:NAMED]) + (", ..." if len(values) > NAMED else "")
    many = len(values) >= MOST_DISTINCT
    shown = {name: _value(value) for name, value in zip(rule.key, key, strict=True)}
    return rule.text.format(
        count=group.count, distinct=f"{len(values)} or more" if many else len(values), values=named, **shown
    )


def _value(text: str) -> str:
    return clean(text, SHOWN) + ("..." if len(text) > SHOWN else "") if text else "(none)"


def _rest(tally: Tally, host: str, source: str, groups: list[Group]) -> Finding | None:
    rule, keys = tally.rule, len(groups) + tally.rest_keys
    if not keys:
        return None
    count = sum(group.count for group in groups) + tally.rest_lines
    first = [group.first[0] for group in groups[:EVIDENCE_OF_REST]] or [tally.rest_first or (1, "")]
    return Finding(
        # One part more than any key of this rule has, so that no value can be taken for it.
        fingerprint=fingerprint(host, source, rule.id, *("" for _ in rule.key), "rest"),
        host=host,
        source=source,
        rule=rule.id,
        origin="rule",
        severity=rule.severity,
        category=rule.category,
        title=rule.title,
        text=f"{count} more such lines, of {keys} more values of {', '.join(rule.key)} than the {MOST} shown.",
        recommendation=rule.recommendation,
        count=count,
        evidence=evidence(source, first),
    )
