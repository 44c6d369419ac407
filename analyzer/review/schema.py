"""The shape of an answer, as a model is shown it."""

from collections.abc import Mapping

from analyzer.finding import CATEGORIES, SEVERITIES

# Changes to the shape or to what is made of it; part of what an answer is remembered by.
VERSION = "1"
# Changes are what the baseline tells, volume is what the review tells of itself.
MODEL_CATEGORIES = tuple(category for category in CATEGORIES if category not in ("change", "volume"))
MOST_FINDINGS = 10
MOST_EVIDENCE = 5

TEXT = {"type": "string"}


def _object(properties: dict[str, object]) -> dict[str, object]:
    """Strict mode wants every key required and no other allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


EVIDENCE = _object({"template": TEXT, "line": {"type": "integer"}, "quote": TEXT})
FINDING = _object(
    {
        "category": {"type": "string", "enum": list(MODEL_CATEGORIES)},
        "severity": {"type": "string", "enum": list(SEVERITIES)},
        "text": TEXT,
        "recommendation": TEXT,
        "evidence": {"type": "array", "items": EVIDENCE},
    }
)
SCHEMA = _object({"begin": TEXT, "findings": {"type": "array", "items": FINDING}, "summary": TEXT, "end": TEXT})

FORMATS: Mapping[str, object] = {
    "json_schema": {"type": "json_schema", "json_schema": {"name": "review", "strict": True, "schema": SCHEMA}},
    "json_object": {"type": "json_object"},
}
