"""The encoder against prometheus_client's parsers: what goes in comes out, in both formats."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client import parser as text
from prometheus_client.openmetrics import parser as openmetrics

from toolkit.families import EOF, Family, Sample, Type, by, render, single, table

PLAIN: tuple[Type, ...] = ("counter", "gauge", "untyped")

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"), max_size=20)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}x", fullmatch=True)
VALUES = st.floats(allow_nan=True) | st.integers(-(2**53), 2**53)
LABELS = st.dictionaries(NAMES, TEXT, max_size=3).map(lambda labels: tuple(labels.items()))
ROWS = st.lists(st.tuples(LABELS, VALUES), min_size=1, max_size=5, unique_by=lambda pair: frozenset(pair[0]))


@st.composite
def families(draw: st.DrawFn) -> Family:
    type: Type = draw(st.sampled_from(PLAIN))
    samples = [Sample(labels, value) for labels, value in draw(ROWS)]
    return Family(draw(NAMES) + "_total" * (type == "counter"), type, draw(TEXT).strip(), samples)


def parse_text(exposition: str) -> list[Metric]:
    parse: Any = text.text_string_to_metric_families
    return list(parse(exposition))


def parse_openmetrics(exposition: str) -> list[Metric]:
    parse: Any = openmetrics.text_string_to_metric_families
    return list(parse(exposition))


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@given(families())
def test_every_family_survives_the_text_format(family: Family) -> None:
    (read,) = parse_text(render([family], openmetrics=False).decode())
    assert read.type == family.type.replace("untyped", "unknown")
    assert read.documentation == family.help
    for got, sent in zip(read.samples, family.samples, strict=True):
        assert (got.name, got.labels) == (family.name, dict(sent.labels))
        assert same(got.value, sent.value)


@given(families())
def test_every_family_survives_openmetrics(family: Family) -> None:
    if family.type == "counter":
        rows = [Sample(labels, abs(value) if value == value else 0.0) for labels, value, _ in family.samples]
        family = Family(family.name, family.type, family.help, rows)
    (read,) = parse_openmetrics((render([family], openmetrics=True) + EOF).decode())
    assert read.name == family.name.removesuffix("_total")
    assert read.type == family.type.replace("untyped", "unknown")
    assert read.documentation == family.help
    for got, sent in zip(read.samples, family.samples, strict=True):
        assert (got.name, got.labels) == (family.name, dict(sent.labels))
        assert same(got.value, sent.value)


def test_a_histogram_keeps_its_buckets_sum_and_count_in_both_formats() -> None:
    buckets = [Sample((("le", le),), value, "_bucket") for le, value in (("0.1", 1), ("1.0", 2), ("+Inf", 3))]
    family = Family("x_seconds", "histogram", "Times.", [*buckets, Sample((), 3, "_count"), Sample((), 4.5, "_sum")])
    for read in (
        *parse_text(render([family], openmetrics=False).decode()),
        *parse_openmetrics((render([family], openmetrics=True) + EOF).decode()),
    ):
        assert read.type == "histogram"
        assert [s.name for s in read.samples] == [f"x_seconds_{s}" for s in ("bucket",) * 3 + ("count", "sum")]


def test_a_counter_without_total_gets_it_in_openmetrics_alone() -> None:
    family = single("x_pages", "counter", "Pages.", 7)
    assert render([family], openmetrics=False) == b"# HELP x_pages Pages.\n# TYPE x_pages counter\nx_pages 7\n"
    assert b"\nx_pages_total 7\n" in render([family], openmetrics=True)


def test_truth_is_a_number() -> None:
    assert render([single("x", "gauge", "X.", True)], openmetrics=False).endswith(b"\nx 1\n")


def test_a_family_without_samples_leaves_no_line() -> None:
    assert render([by("x", "gauge", "X.", "device", {})], openmetrics=False) == b""


def test_a_table_names_each_label() -> None:
    family = table("x", "gauge", "X.", ("a", "b"), [(("1", 'say "hi"\n'), math.inf)])
    assert render([family], openmetrics=False).endswith(b'x{a="1",b="say \\"hi\\"\\n"} +Inf\n')
