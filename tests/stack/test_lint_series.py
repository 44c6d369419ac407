"""Which labels have the results of expressions? Held against what promtool finds for the shipped rules."""

from collections.abc import Iterator

import pytest
import yaml

from stack.layout import ROOT, Configs
from stack.lint import catalogue, rules, scrape, source
from stack.lint.infer import Wrong
from stack.lint.promql import parse
from stack.lint.series import Series
from stack.lint.shape import Shape

TESTS = sorted((ROOT / "tests" / "rules").glob("*.yml"))


def shipped() -> Series:
    known = catalogue.load()
    prometheus = source.read(Configs().prometheus)
    scraping = scrape.scraping(prometheus, frozenset(known.kinds))
    files = [file for _, found in scrape.rule_files(prometheus, scraping.patterns) for file in found]
    every = [rule for file in files for group in rules.groups(source.read(file)) for rule in group.rules]
    return Series(known, scraping, every)


SERIES = shipped()


def expected_alerts() -> Iterator[tuple[str, dict[str, str]]]:
    """Alert and labels of each alert that the tests of the rules expect."""
    for file in TESTS:
        for test in yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["tests"]:
            for case in test.get("alert_rule_test", []):
                yield from ((case["alertname"], alert["exp_labels"]) for alert in case["exp_alerts"])


def test_each_alert_that_fires_in_a_test_has_only_labels_that_were_foreseen() -> None:
    cases = list(expected_alerts())
    assert len(cases) > 100
    for name, labels in cases:
        shapes = [shape for rule, shape in SERIES.alerts if rule.alert == name]
        assert shapes, name
        assert any(fits(shape, labels) for shape in shapes), (name, labels)


def fits(shape: Shape, labels: dict[str, str]) -> bool:
    # The tests also speak of a blackbox_exporter, which nobody scrapes here.
    values = {label: shape.values(label) for label in labels if label != "job" or shape.may_have("job")}
    values |= {"job": None} if "job" in values else {}
    return all(found is None or labels[label] in found for label, found in values.items())


def wrong(expression: str) -> tuple[Shape, list[str]]:
    told: list[str] = []
    tell: Wrong = lambda at, word, what: told.append(what)  # noqa: E731
    return SERIES.inference(tell).shape(parse(expression)), told


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("1", set()),
        ("vector(1)", set()),
        ("time() - process_start_time_seconds{job='node'}", {"instance", "job", "host", "schedule", "via", "every"}),
        ("schedule_active", {"instance", "job", "schedule"}),
        ("sum(schedule_active)", set()),
        ("sum by (schedule) (schedule_active)", {"schedule"}),
        ("sum(schedule_active) by (schedule)", {"schedule"}),
        ("sum without (instance, job) (schedule_active)", {"schedule"}),
        ("topk by (job) (3, schedule_active)", {"instance", "job", "schedule"}),
        ("count_values by (job) ('version', schedule_active)", {"job", "version"}),
        ("quantile(0.5, schedule_active)", set()),
        ("schedule_active * on (schedule) schedule_next_change_timestamp_seconds", {"schedule"}),
        ("schedule_active * ignoring (job) schedule_next_change_timestamp_seconds", {"instance", "schedule"}),
        ("schedule_active > bool 0", {"instance", "job", "schedule"}),
        ("0 < schedule_active", {"instance", "job", "schedule"}),
        ("schedule_active and on () heartline_exporter_ready", {"instance", "job", "schedule"}),
        ("sum by (schedule) (schedule_active) or sum by (job) (schedule_active)", {"schedule", "job"}),
        ("sum by (schedule) (schedule_active) * on (schedule) group_left (timezone) schedule_timezone_offset_seconds",
         {"schedule", "timezone"}),
        ("sum by (schedule) (schedule_active) * on (schedule) group_right () schedule_timezone_offset_seconds",
         {"instance", "job", "schedule", "timezone"}),
        ("label_replace(sum(schedule_active), 'a', 'b', '', '')", {"a"}),
        ("label_join(sum(schedule_active), 'a', '-')", {"a"}),
        ("absent(up{job='node',host=~'a|b',via='internet'})", {"job", "via"}),
        ("absent_over_time(up{job='node'}[5m] offset 1h)", {"job"}),
        ("histogram_quantile(0.9, sum by (le, job) (heartline_exporter_ping_commit_seconds_bucket))", {"job"}),
        ("day_of_week()", set()),
        ("max_over_time(sum by (schedule) (schedule_active)[1h:5m])", {"schedule"}),
        ("up{every=''} == 0 and up{job='node'}", {"instance", "job", "host", "schedule", "via"}),
        ("-schedule_active ^ 2", {"instance", "job", "schedule"}),
        ('{__name__="schedule_active", schedule="office"}', {"instance", "job", "schedule"}),
    ],
)  # fmt: skip
def test_the_labels_of_an_expression(expression: str, labels: set[str]) -> None:
    shape, told = wrong(expression)
    assert (set(shape.labels), told) == (labels, [])


@pytest.mark.parametrize(
    ("expression", "label", "values"),
    [
        ('heartbeat_receipts_total{kind="fail"}', "kind", {"fail"}),
        ('heartbeat_receipts_total{kind=~"s.*"}', "kind", {"start", "success"}),
        ('heartbeat_receipts_total{kind!="log"}', "kind", {"fail", "start", "success"}),
        ('up{job!~"p.*|a.*"}', "job", {"heartline", "node"}),
    ],
)
def test_a_matcher_says_what_a_label_is(expression: str, label: str, values: set[str]) -> None:
    assert wrong(expression)[0].values(label) == frozenset(values)


def test_a_recorded_series_that_depends_on_itself_settles() -> None:
    assert SERIES.recorded["heartbeat:late"].labels.keys() == {"heartbeat", "host"}
    signals = frozenset({"cpu", "memory", "receive", "transmit", "probe", "heartbeat", "logs"})
    assert SERIES.recorded["usual:now"].values("signal") == signals


def test_what_is_not_known_is_not_judged() -> None:
    shape, told = wrong('probe_expect_info{version="1"} and on (whatever) {job="x"}')
    assert (shape.open, told) == (True, [])


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("nobody_knows_me", ["nobody exports or records nobody_knows_me; of an exporter of your own, keep a page:"
         " curl ADDRESS/metrics > prometheus/metrics/NAME.txt"]),
        ('up{job=~"node|prob"}', ['no up has job=~"prob" (did you mean "probe"?)']),
        ('up{job!="prob"}', ['no up has job="prob" (did you mean "probe"?)']),
        ('heartbeat_receipts_total{kidn="x"}', ['heartbeat_receipts_total has no label "kidn" (did you mean "kind"?)']),
        ("label_replace(schedule_active, 'a', '$1', 'shedule', '(.+)')",
         ['nothing here has a label "shedule" (did you mean "schedule"?)']),
        ("max without (knid) (heartbeat_receipts_total)", ['nothing here has a label "knid" (did you mean "kind"?)']),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_expression(expression: str, told: list[str]) -> None:
    assert wrong(expression)[1] == told
