"""An answer is ours whole, or it is none; no words of a model are an error of another kind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.review import prompt, schema
from analyzer.review.answer import Truncated, Unusable, dumped, of, parse
from analyzer.review.evidence import check
from analyzer.review.protocol import Unanswered, completion
from tests.analyzer.review.partners import excerpt

ROOT = Path(__file__).parents[3]
KEYS = ("begin", "end", "findings", "summary", "category", "severity", "text", "recommendation", "evidence", "template")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


@given(st.text(max_size=200) | VALUES.map(json.dumps))
def test_any_words_are_an_answer_or_a_reason(words: str) -> None:
    try:
        told = parse(words, "", "")
    except (Unusable, Truncated):
        return
    checked = check(told, excerpt(), "web01", [])
    assert checked.findings == ()


@given(st.text(max_size=200) | VALUES.map(json.dumps) | VALUES.map(lambda v: json.dumps({"choices": [v]})))
def test_any_body_is_a_completion_or_a_reason(body: str) -> None:
    try:
        result = completion(body).text and "answered"
    except Unanswered as e:
        result = e.result
    assert result in ("answered", "not_an_answer", "empty", "refusal", "length")


@given(VALUES)
def test_what_is_remembered_is_read_as_it_was(value: object) -> None:
    try:
        told = of({"findings": [], "summary": "", **(value if isinstance(value, dict) else {})})
    except Unusable:
        return
    again = of(json.loads(dumped(told)))
    assert (again.findings, again.summary) == (told.findings, told.summary)


def test_half_a_character_can_be_remembered() -> None:
    told = of(json.loads('{"findings": [], "summary": "\\ud83d"}'))
    assert dumped(told).encode()


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert prompt.plain("a\u202eb\u200bc\x1b[31md\ud800e\nf\u2028g") == "abc[31mde f g"


@pytest.mark.parametrize("missing", ["begin", "end"])
def test_a_mark_that_is_not_given_back_means_that_not_all_was_read(missing: str) -> None:
    told = {"begin": "a", "findings": [], "summary": "", "end": "b"}
    assert parse(json.dumps(told), "a", "b").findings == ()
    with pytest.raises(Truncated):
        parse(json.dumps({**told, missing: "c"}), "a", "b")


def test_the_prompt_shows_the_schema_and_strict_endpoints_take_it() -> None:
    text = prompt.system(prompt.own(), "web01", "")
    assert json.dumps(schema.SCHEMA) in text
    assert "{schema}" not in text

    def objects(node: object) -> list[dict[str, object]]:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
        own = [node] if isinstance(node, dict) and node.get("type") == "object" else []
        return own + [found for child in inner for found in objects(child)]

    for shape in objects(schema.SCHEMA):
        assert shape["additionalProperties"] is False
        assert shape["required"] == list(shape["properties"])  # type: ignore[call-overload]  # a mapping, as above


def test_one_file_knows_the_client_of_models() -> None:
    knowing = {
        file.name
        for file in (ROOT / "analyzer").rglob("*.py")
        if any(line.startswith(("import openai", "from openai")) for line in file.read_text().splitlines())
    }
    assert knowing == {"backend.py"}


def test_without_a_model_its_client_is_not_loaded() -> None:
    told = "import sys, analyzer.review.review; sys.exit('openai' in sys.modules or 'httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], cwd=ROOT, check=False).returncode == 0
