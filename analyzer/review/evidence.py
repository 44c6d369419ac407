"""Believes of a model's answer what the sent lines prove, and counts the rest by reason. Nothing here can take away."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzer.excerpt.template import Excerpt, Shown
from analyzer.finding import Evidence, Finding, fingerprint
from analyzer.review import words
from analyzer.review.answer import Answer, Cited, Said
from analyzer.review.outcome import Reason
from analyzer.review.prompt import plain
from analyzer.review.schema import MOST_FINDINGS

SHORTEST_QUOTE = 8  # characters; less stands everywhere
LONGEST_TEXT, LONGEST_ADVICE, LONGEST_SUMMARY = 400, 300, 400  # characters

TITLES: Mapping[str, str] = {
    "auth": "Model: logins that need a look",
    "account": "Model: account trouble",
    "memory": "Model: memory trouble",
    "storage": "Model: storage trouble",
    "hardware": "Model: hardware trouble",
    "kernel": "Model: kernel trouble",
    "service": "Model: service trouble",
    "network": "Model: network trouble",
    "tls": "Model: TLS trouble",
    "database": "Model: database trouble",
    "web": "Model: web server trouble",
    "time": "Model: time trouble",
    "injection": "Model: lines that address the reviewer",
    "other": "Model: something unusual",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of an answer."""

    findings: tuple[Finding, ...]
    summary: str
    rejected: Counter[Reason]
    cited: Mapping[str, frozenset[str]]  # ids of templates by the finding's fingerprint


class Rejected(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def check(answer: Answer, excerpt: Excerpt, host: str, found: Sequence[Finding]) -> Checked:
    """Hold an answer against what was sent; `found` is what rules found, and stays as it is."""
    known = _known(excerpt, host, found)
    rejected: Counter[Reason] = Counter({"schema": answer.malformed} if answer.malformed else {})
    kept: dict[str, Finding] = {}
    cited: dict[str, frozenset[str]] = {}
    for said in answer.findings:
        try:
            shown = _shown(said, excerpt, found)
            finding = _finding(said, shown, host, known)
            if finding.fingerprint in kept:
                raise Rejected("duplicate")
            if len(kept) == MOST_FINDINGS:
                raise Rejected("too_many")
        except Rejected as e:
            rejected[e.reason] += 1
        else:
            kept[finding.fingerprint] = finding
            cited[finding.fingerprint] = frozenset(line.template for line in shown)
    summary = words.sentences(plain(answer.summary), 2, LONGEST_SUMMARY)
    trouble = words.trouble(summary, known, advice=True)
    if trouble:
        rejected[trouble] += 1
    return Checked(tuple(kept.values()), "" if trouble else summary, rejected, cited)


def _known(excerpt: Excerpt, host: str, found: Sequence[Finding]) -> words.Known:
    """All that a model was sent; not what its host's owner wrote, nor the prompt."""
    texts = [host, plain(excerpt.text)]
    texts += [f"{key} {shown.source} {shown.line} {plain(shown.text)}" for key, shown in excerpt.shown.items()]
    texts += [f"{finding.title} {finding.text} {finding.count}" for finding in found]
    return words.Known.of(texts)


def _shown(said: Said, excerpt: Excerpt, found: Sequence[Finding]) -> list[Shown]:
    """The lines that prove a finding, each once; sorted, since the order is the model's and identity must not be."""
    if not said.evidence:
        raise Rejected("no_evidence")
    cited = {cited.template.strip(): _proved(cited, excerpt) for cited in said.evidence}
    shown = sorted(cited.values(), key=lambda shown: (shown.source, shown.template))
    if all(_is_covered(line, found) for line in shown):
        raise Rejected("covered")
    return shown


def _finding(said: Said, shown: Sequence[Shown], host: str, known: words.Known) -> Finding:
    text = words.sentences(plain(said.text), 2, LONGEST_TEXT)
    advice = words.sentences(plain(said.recommendation), 2, LONGEST_ADVICE)
    if not text:
        raise Rejected("schema")
    trouble = words.trouble(text, known, advice=False) or words.trouble(advice, known, advice=True)
    if trouble:
        raise Rejected(trouble)
    return Finding(
        fingerprint=fingerprint(host, shown[0].source, f"model:{said.category}", *_keys(shown)),
        host=host,
        source=shown[0].source,
        rule="model",
        origin="model",
        severity=said.severity,
        category=said.category,
        title=TITLES[said.category],
        text=text,
        recommendation=advice,
        count=len(shown),
        evidence=tuple(Evidence(line.source, line.line, plain(line.text)) for line in shown),
    )


def _keys(shown: Sequence[Shown]) -> list[str]:
    return [f"{line.source}/{line.template}" for line in shown]


def _proved(cited: Cited, excerpt: Excerpt) -> Shown:
    """The line that a quote really stands in; Rejected where it does not."""
    shown = excerpt.shown.get(cited.template.strip())
    if shown is None:
        raise Rejected("unknown_template")
    if shown.line != cited.line:
        raise Rejected("wrong_line")
    line, quote = _spaced(shown.text), _spaced(cited.quote)
    if len(quote) < min(SHORTEST_QUOTE, len(line)) or not quote:
        raise Rejected("short_quote")
    if quote not in line and _unescaped(quote) not in line:
        raise Rejected("invented_quote")
    return shown


def _spaced(text: str) -> str:
    return " ".join(plain(text).split())


def _unescaped(quote: str) -> str:
    """The line was sent as a JSON string: a model may copy its escapes as well."""
    try:
        return _spaced(str(json.loads(f'"{quote}"')))
    except ValueError:
        return quote


def _is_covered(shown: Shown, found: Sequence[Finding]) -> bool:
    """Does a rule's finding rest on this line already?"""
    return any(
        evidence.source == shown.source and (evidence.line == shown.line or evidence.text == shown.text)
        for finding in found
        for evidence in finding.evidence
    )
