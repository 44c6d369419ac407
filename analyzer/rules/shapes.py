"""What templates tell that no rule does: severity words, bursts against the host's own usual, limits of the review."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.excerpt.template import Template
from analyzer.finding import Finding, Severity, fingerprint
from analyzer.rules.word import MOST, evidence

BURST_LINES = 50
BURST_TIMES = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """A finding per template that `holds`."""

    id: str
    title: str
    severity: Severity
    category: str
    holds: Callable[[Template], bool]
    text: str
    recommendation: str


def burst(template: Template) -> bool:
    """Far more lines than a run of this source usually has of it."""
    return template.usual > 0 and template.count >= max(BURST_LINES, BURST_TIMES * template.usual)


# The first that holds is the template's finding.
KINDS: tuple[Kind, ...] = (
    Kind(
        "severe-words",
        "Lines that call themselves critical",
        "critical",
        "other",
        lambda template: template.level == "critical",
        "{count} lines of one shape call themselves critical or worse, and no rule knows them.",
        "Read the lines; if they are harmless here, write a rule that says so with a lower severity.",
    ),
    Kind(
        "warning-burst",
        "Warnings or errors far more often than usual",
        "warning",
        "volume",
        lambda template: template.level == "warning" and burst(template),
        "{count} lines of one shape that warns, where a run usually has {usual:.0f}.",
        "Look for what changed on the host shortly before the first of these lines.",
    ),
    Kind(
        "warning-new",
        "Warnings or errors never seen before here",
        "warning",
        "other",
        lambda template: template.level == "warning" and template.new,
        "{count} lines of a shape that warns and that no earlier run of this source had.",
        "Read the lines, and look for what changed on the host shortly before.",
    ),
    Kind(
        "line-burst",
        "One kind of line far more often than usual",
        "info",
        "volume",
        burst,
        "{count} lines of one shape, where a run usually has {usual:.0f}.",
        "Look for what became busy or was left in a debugging mode.",
    ),
)


def findings(host: str, source: str, templates: Sequence[Template], known: Callable[[int], bool]) -> list[Finding]:
    """At most MOST findings of each kind, and one for the rest; `known` tells whether a rule met a line already."""
    by_kind: dict[str, list[Template]] = {kind.id: [] for kind in KINDS}
    for template in templates:
        kind = next((kind for kind in KINDS if kind.holds(template)), None)
        if kind and not known(template.line):
            by_kind[kind.id].append(template)
    return [finding for kind in KINDS for finding in _of(kind, host, source, by_kind[kind.id])]


def _of(kind: Kind, host: str, source: str, templates: Sequence[Template]) -> list[Finding]:
    ranked = sorted(templates, key=lambda template: (-template.count, template.id))
    found = [_finding(kind, host, source, (t.id,), kind.text, [t]) for t in ranked[:MOST]]
    if rest := ranked[MOST:]:
        text = f"{{count}} more lines of {len(rest)} more shapes, beyond the {MOST} shown."
        found.append(_finding(kind, host, source, ("", "rest"), text, rest))
    return found


def _finding(
    kind: Kind, host: str, source: str, key: tuple[str, ...], text: str, templates: Sequence[Template]
) -> Finding:
    count = sum(template.count for template in templates)
    return Finding(
        fingerprint=fingerprint(host, source, kind.id, *key),
        host=host,
        source=source,
        rule=kind.id,
        origin="rule",
        severity=kind.severity,
        category=kind.category,
        title=kind.title,
        text=text.format(count=count, usual=templates[0].usual),
        recommendation=kind.recommendation,
        count=count,
        evidence=evidence(source, [(template.line, template.example) for template in templates[:3]]),
    )


def overflow(host: str, source: str, lines: int) -> Finding | None:
    """The finding that lines beyond the caps were not grouped by their shape; None where there are none."""
    if not lines:
        return None
    return Finding(
        fingerprint=fingerprint(host, source, "overflow"),
        host=host,
        source=source,
        rule="overflow",
        origin="rule",
        severity="warning",
        category="volume",
        title="More kinds of lines than the review can tell apart",
        text=f"{lines} lines were of too many different shapes to be grouped; rules alone have looked at them.",
        recommendation="Look at what writes so many different lines; it may be meant to hide others among them.",
        count=lines,
        evidence=(),
    )
