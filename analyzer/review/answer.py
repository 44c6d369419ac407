"""Parses a model's words into an answer of ours: all of it or none."""

import json
import re
from dataclasses import dataclass
from typing import Any

from analyzer.finding import SEVERITIES, Severity
from analyzer.review.schema import MODEL_CATEGORIES, MOST_EVIDENCE

THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
FENCE = re.compile(r"\A\s*```[A-Za-z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
LONGEST = 2000  # characters of one text
MOST = 100  # findings that are looked at at all


class Unusable(Exception):
    """Not an answer of our shape; the text says why, in our words alone, and may be told to the model."""


class Truncated(Exception):
    """The marks at the ends of the excerpt did not come back: it did not read all of it."""


@dataclass(frozen=True, slots=True)
class Cited:
    template: str
    line: int
    quote: str


@dataclass(frozen=True, slots=True)
class Said:
    """One finding as a model says it; nothing of it is believed yet."""

    category: str
    severity: Severity
    text: str
    recommendation: str
    evidence: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    findings: tuple[Said, ...]
    summary: str
    malformed: int  # findings that were none


def parse(text: str, begin: str, end: str) -> Answer:
    """A model's words; Unusable where they are no answer, Truncated where a mark is missing."""
    told = _found(text)
    if "findings" in told and (told.get("begin") != begin or told.get("end") != end):
        raise Truncated
    return of(told)


def of(told: object) -> Answer:
    """An answer from its JSON value."""
    if not isinstance(told, dict):
        raise Unusable("It is not a JSON object.")
    if not isinstance(told.get("findings"), list):
        raise Unusable("The list `findings` is missing.")
    if not isinstance(told.get("summary"), str):
        raise Unusable("The text `summary` is missing.")
    said = [_said(item) for item in told["findings"][:MOST]]
    whole = tuple(item for item in said if item is not None)
    if said and not whole:
        raise Unusable("No entry of `findings` has the shape that the schema asks for.")
    return Answer(whole, told["summary"][:LONGEST], len(said) - len(whole))


def _found(text: str) -> dict[str, Any]:
    """The JSON object in the words: bare, in a fence, or after a preface."""
    bare = THOUGHT.sub("", text)
    fenced = FENCE.match(bare)
    bare = fenced[1] if fenced else bare
    start = bare.find("{")
    if start < 0:
        raise Unusable("There is no JSON object in it.")
    try:
        told, _ = json.JSONDecoder().raw_decode(bare, start)
    except (ValueError, RecursionError) as e:
        raise Unusable("It is not valid JSON.") from e
    if not isinstance(told, dict):
        raise Unusable("It is not a JSON object.")
    return told


def _said(item: object) -> Said | None:
    if not isinstance(item, dict):
        return None
    texts = [item.get(key) for key in ("text", "recommendation")]
    category, severity, listed = item.get("category"), item.get("severity"), item.get("evidence")
    if category not in MODEL_CATEGORIES or severity not in SEVERITIES or not isinstance(listed, list):
        return None
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts):
        return None
    cited = [_cited(entry) for entry in listed[: MOST_EVIDENCE + 1]]
    if any(entry is None for entry in cited) or len(cited) > MOST_EVIDENCE:
        return None
    return Said(category, severity, str(texts[0]), str(texts[1]), tuple(entry for entry in cited if entry))


def _cited(entry: object) -> Cited | None:
    if not isinstance(entry, dict):
        return None
    template, line, quote = entry.get("template"), entry.get("line"), entry.get("quote")
    if not isinstance(template, str) or not isinstance(quote, str) or len(quote) > LONGEST:
        return None
    if not isinstance(line, int) or isinstance(line, bool):
        return None
    return Cited(template, line, quote)


def dumped(answer: Answer) -> str:
    """The answer as JSON that `of` reads, without the marks of its call."""
    findings = [
        {
            "category": said.category,
            "severity": said.severity,
            "text": said.text,
            "recommendation": said.recommendation,
            "evidence": [{"template": c.template, "line": c.line, "quote": c.quote} for c in said.evidence],
        }
        for said in answer.findings
    ]
    return json.dumps({"findings": findings, "summary": answer.summary})
