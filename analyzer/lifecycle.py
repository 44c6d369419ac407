"""What becomes of findings from run to run: new, open, resolved, and back again.

- `new`: opened by the latest look at its source, for the first time or once more; `open`: looked at again since then.
- `resolved`: not there in `resolve_after` runs one after the other, each of which read its source to the end. A run
  that could not read the source, or was cut short by a cap, proves nothing and does not count. Of a source that the
  host has no more, every run counts that read another one.
- A change against the baseline is over as soon as a look at its kind does not tell it again: accepted, or undone.
- What a model found is absent only when none of the templates it cited came: that no model spoke of it, or that
  one kept silent about it, resolves nothing.
- Severity holds its highest until the finding is resolved. Changes are compared anew each time, so theirs is the
  latest: a package that explains them may come after them.
- Where a rule and a model name the same thing it is the rule's, and nothing of the model's is kept.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from analyzer.finding import RANK, Evidence, Finding, Origin

State = Literal["new", "open", "resolved"]
STATES: tuple[State, ...] = ("new", "open", "resolved")

RESOLVE_AFTER = 3  # runs
EVIDENCE_LINES = 10
EVIDENCE_CHARACTERS = 500
TITLE_CHARACTERS = 120
TEXT_CHARACTERS = 2000
ORIGINS: Mapping[Origin, int] = {"rule": 2, "baseline": 1, "model": 0}


@dataclass(frozen=True, slots=True)
class Known:
    """A finding with its history. `finding` is its latest form, with the severity that holds; instants in seconds."""

    finding: Finding
    state: State
    first_seen: float
    last_seen: float
    opened: float  # the first time, or when it came back last
    resolved: float | None  # when it was; None while it is not
    times: int  # runs that showed it
    lines: int  # of log, in all of them
    absent: int  # runs in a row that looked and did not see it
    reopened: int  # how often it came back
    first_evidence: tuple[Evidence, ...]
    templates: frozenset[str] = frozenset()  # that a model cited

    @property
    def fingerprint(self) -> str:
        return self.finding.fingerprint


@dataclass(frozen=True, slots=True)
class Looked:
    """What a run has seen, whatever it found there."""

    sources: Collection[str]  # read to the end
    listed: Collection[str]  # all that the host has
    kinds: Collection[str] = ()  # of the baseline
    templates: Collection[str] = ()  # ids of those whose lines came
    cited: Mapping[str, Collection[str]] = field(default_factory=dict)  # templates by a model finding's fingerprint


def step(
    known: Iterable[Known], found: Iterable[Finding], looked: Looked, at: float, resolve_after: int = RESOLVE_AFTER
) -> list[Known]:
    """Those of the known findings that changed, and the new ones, after a run of their host that ended `at`."""
    before = {one.fingerprint: one for one in known}
    there = {f.fingerprint: f for f in merged(found) if not _foreign(before.get(f.fingerprint), f)}
    seen = [_seen(before.get(finding.fingerprint), finding, looked, at) for finding in there.values()]
    rest = [(one, _missed(one, looked, at, resolve_after)) for one in before.values() if one.fingerprint not in there]
    return seen + [after for one, after in rest if after != one]


def merged(found: Iterable[Finding]) -> list[Finding]:
    """One finding for each fingerprint, bounded: highest severity, all lines counted, evidence of all of them."""
    by: dict[str, Finding] = {}
    for finding in found:
        other = by.get(finding.fingerprint)
        by[finding.fingerprint] = _bounded(finding) if other is None else _joined(other, _bounded(finding))
    return list(by.values())


def _joined(one: Finding, other: Finding) -> Finding:
    if one.origin != other.origin:
        return max(one, other, key=lambda finding: ORIGINS[finding.origin])
    worse = max(one, other, key=lambda finding: RANK[finding.severity])
    evidence = tuple(dict.fromkeys(one.evidence + other.evidence))[:EVIDENCE_LINES]
    return replace(worse, count=one.count + other.count, evidence=evidence)


def _bounded(finding: Finding) -> Finding:
    evidence = (replace(line, text=line.text[:EVIDENCE_CHARACTERS]) for line in finding.evidence[:EVIDENCE_LINES])
    return replace(
        finding,
        title=finding.title[:TITLE_CHARACTERS],
        text=finding.text[:TEXT_CHARACTERS],
        recommendation=finding.recommendation[:TEXT_CHARACTERS],
        evidence=tuple(evidence),
    )


def _foreign(known: Known | None, finding: Finding) -> bool:
    """Would a model speak over what a rule or a comparison has found?"""
    return known is not None and finding.origin == "model" != known.finding.origin


def _seen(known: Known | None, finding: Finding, looked: Looked, at: float) -> Known:
    templates = frozenset(looked.cited.get(finding.fingerprint, ()))
    if known is None:
        return Known(finding, "new", at, at, at, None, 1, finding.count, 0, 0, finding.evidence, templates)
    back = known.state == "resolved"
    return replace(
        known,
        finding=finding if back else _held(known.finding, finding),
        state="new" if back else "open",
        last_seen=at,
        opened=at if back else known.opened,
        resolved=None,
        times=known.times + 1,
        lines=known.lines + finding.count,
        absent=0,
        reopened=known.reopened + back,
        templates=templates or known.templates,
    )


def _held(known: Finding, finding: Finding) -> Finding:
    if known.origin != finding.origin or finding.origin == "baseline":
        return finding
    return replace(finding, severity=max(known.severity, finding.severity, key=RANK.__getitem__))


def _missed(known: Known, looked: Looked, at: float, resolve_after: int) -> Known:
    if known.state == "resolved" or not _covered(known.finding, looked):
        return known
    if known.finding.origin == "baseline":
        return resolved(known, at)
    if not known.templates.isdisjoint(looked.templates):
        return replace(known, state="open", absent=0)
    later = replace(known, state="open", absent=known.absent + 1)
    return resolved(later, at) if later.absent >= resolve_after else later


def _covered(finding: Finding, looked: Looked) -> bool:
    if finding.origin == "baseline":
        return finding.rule in looked.kinds
    return finding.source in looked.sources or (finding.source not in looked.listed and bool(looked.sources))


def resolved(known: Known, at: float) -> Known:
    """The finding, over."""
    return replace(known, state="resolved", resolved=at)
