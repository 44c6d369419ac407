"""What `./heartline check` knows of metrics is what our programs, Prometheus and Alertmanager export."""

import pytest

from stack.lint import catalogue
from stack.lint.shape import Shape
from tests.stack.catalogue import THEIRS, ours, seen

AGAIN = "if this is meant: python -m tests.stack.catalogue"


def test_our_metrics_are_those_that_are_exported() -> None:
    assert catalogue.OWN.read_text().startswith(ours()), AGAIN


@pytest.mark.parametrize("program", THEIRS)
def test_the_metrics_of_both_versions_are_known(program: str) -> None:
    known = catalogue.load().kinds[program].metrics
    unknown = {
        (metric, label)
        for metric, labels in seen(program).items()
        for label in ("", *labels)
        if metric not in known or (label and not known[metric].may_have(label))
    }
    assert unknown == set(), AGAIN


def test_a_page_of_an_exporter_is_read() -> None:
    page = """\
# HELP mysql_up Whether it is up.
# TYPE mysql_up gauge
mysql_up 1
mysql_queries_total{kind="a b{}\\"",db="x"} 1e+06 1700000000000
mysql_queries_total{kind="c",host="y"} 2
mysql_open{} NaN # {trace_id="1"} 2
"""
    assert catalogue.page(page) == {
        "mysql_up": Shape(),
        "mysql_queries_total": Shape({"kind": None, "db": None, "host": None}),
        "mysql_open": Shape(),
    }
