"""What people add of their own, hints, and what is printed."""

from pathlib import Path

import pytest

from stack import check
from stack.lint.find import Files, find
from stack.lint.lint_templates import scalars
from stack.lint.source import read
from tests.stack.faults.fault import ALERTMANAGER, ANALYZER, MINE, PROMETHEUS, alert, line_of, mine
from tests.stack.test_check import copy as copy_of_the_shipped_files
from toolkit.yamltree import Scalar

copy = copy_of_the_shipped_files
JOB = """scrape_configs:
  - job_name: mysql
    static_configs:
      - {targets: ["db:9104"], labels: {team: shop}}
"""
UNUSED = "receivers:\n  - name: phone\n    webhook_configs: [{url: 'http://phone.example'}]\n"
"""A receiver that no route has, below its heading."""


def edited(files: Files, name: str, old: str, new: str) -> None:
    file = files.root / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def told(files: Files, examples: bool = False) -> list[str]:
    return [trouble.shown(files.root) for trouble in find(files, [], examples=examples)]


def flags(files: Files) -> list[str]:
    return [f"--{name}.config={file}" for name, file in vars(files.configs).items()]


def test_a_kept_page_of_an_exporter_makes_its_metrics_known(copy: Files) -> None:
    edited(copy, PROMETHEUS, "scrape_configs:\n", JOB)
    (copy.root / MINE).write_text(mine(alert('mysql_up{job="mysql",team="shop"} == 0 or mysql_slow{queue="a"} > 1')))
    line = line_of(copy.root, MINE, "mysql_up")
    unknown = "; of an exporter of your own, keep a page: curl ADDRESS/metrics > prometheus/metrics/NAME.txt"
    assert told(copy) == [f"{MINE}:{line}: nobody exports or records mysql_{name}{unknown}" for name in ("slow", "up")]
    (copy.root / "prometheus/metrics").mkdir()
    (copy.root / "prometheus/metrics/mysql.txt").write_text('mysql_up 1\nmysql_slow{kind="a"} 1\n')
    has = "every, group, host, instance, job, kind, part, probe, schedule, team, via"
    assert told(copy) == [f'{MINE}:{line}: mysql_slow has no label "queue"; it has {has}']


def test_external_labels_are_labels_of_alerts_and_not_of_series(copy: Files) -> None:
    edited(copy, PROMETHEUS, "global:\n", "global:\n  external_labels: {site: berlin}\n")
    edited(copy, ALERTMANAGER, "  routes:\n", "  routes:\n    - matchers: ['site=\"berlni\"']\n      continue: true\n")
    (copy.root / MINE).write_text(mine(alert('up{site="berlin"} == 0')))
    route, own = line_of(copy.root, ALERTMANAGER, "berlni"), line_of(copy.root, MINE, "up{")
    assert told(copy) == [
        f'{ALERTMANAGER}:{route}: no alert has site="berlni" (did you mean "berlin"?)',
        f'{MINE}:{own}: up has no label "site"; it has every, group, host, instance, job, part, probe, schedule, via',
    ]


def test_a_receiver_called_nobody_may_tell_nobody(copy: Files) -> None:
    edited(
        copy,
        ALERTMANAGER,
        "  routes:\n",
        "  routes:\n    - matchers: ['alertname=\"HostDown\"']\n      receiver: None\n",
    )
    edited(copy, ALERTMANAGER, "receivers:\n", "receivers:\n  - name: None\n")
    assert told(copy) == []


def test_what_no_route_uses_is_a_hint(copy: Files) -> None:
    edited(copy, ALERTMANAGER, "receivers:\n", UNUSED)
    edited(
        copy,
        ALERTMANAGER,
        "inhibit_rules:\n",
        "mute_time_intervals:\n  - {name: siesta, time_intervals: []}\ninhibit_rules:\n",
    )
    assert told(copy) == [
        f'{ALERTMANAGER}:{line_of(copy.root, ALERTMANAGER, "siesta")}: hint: no route has the time interval "siesta"',
        f'{ALERTMANAGER}:{line_of(copy.root, ALERTMANAGER, "name: phone")}: hint: no route has the receiver "phone"',
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('ARGS="--config.file=/etc/p.yml --storage.tsdb.retention.time=20d"\n', "20d"),
        ('ARGS="--config.file=/etc/p.yml"\n', "15d"),
        ("command: [prometheus, --config.file=/etc/p.yml, --storage.tsdb.retention.time, 2w]\n", "2w"),
        ("# --storage.tsdb.retention.time=90d\nExecStart=/usr/bin/prometheus --web.enable-lifecycle\n", "15d"),
    ],
)
def test_too_little_history_is_a_hint_wherever_prometheus_is_started(
    copy: Files, text: str, kept: str, tmp_path: Path
) -> None:
    start = tmp_path / "start"
    start.write_text(text)
    (found,) = find(Files(copy.configs, copy.root, copy.review, (start,)), [], examples=False)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "prometheus" in one or "--config" in one)
    assert (found.file, found.hint) == (start, True)
    assert found.what.startswith(f"Prometheus keeps {kept}, and rules/anomalies.yml:")
    assert found.line in (line, line_of(tmp_path, "start", "--"))


@pytest.mark.parametrize("text", ["--config.file=p.yml --storage.tsdb.retention.time=90d\n", "nothing of the kind\n"])
def test_enough_history_is_not_worth_a_word(copy: Files, text: str, tmp_path: Path) -> None:
    (tmp_path / "start").write_text(text)
    assert find(Files(copy.configs, copy.root, copy.review, (tmp_path / "start",)), [], examples=False) == []


def test_the_file_of_newer_versions_may_say_what_is_kept(copy: Files) -> None:
    edited(copy, PROMETHEUS, "global:\n", "storage: {tsdb: {retention: {time: 1w}}}\nglobal:\n")
    assert [one.partition(" (")[0].rpartition(":")[0] for one in told(copy)] == [
        f"{PROMETHEUS}:{line_of(copy.root, PROMETHEUS, 'storage')}: hint: Prometheus keeps 1w, and rules/anomalies.yml"
    ]


def test_examples_of_a_review_rule_are_tried(copy: Files) -> None:
    folder = copy.root / "analyzer/more"
    folder.mkdir()
    rule = """\
rules:
  - id: ups-on-battery
    title: UPS runs on battery
    severity: critical
    category: hardware
    programs: [upsmon]
    words: [on battery]
    patterns: ['^UPS (?P<ups>\\S+) on battery$']
    key: [ups]
    text: 'UPS {ups} runs on battery.'
    recommendation: Look at the mains.
    match:
      - 'Nov 21 03:12:09 nas upsmon[811]: UPS eaton@localhost on battery'
      - 'Nov 21 03:12:09 nas upsmon[811]: UPS eaton@localhost is on battery now'
    ignore:
      - 'Nov 21 03:12:09 nas upsmon[811]: UPS backup on battery'
      - 'Nov 21 03:12:09 nas cron[811]: UPS eaton@localhost on battery'
"""
    (folder / "ups.yml").write_text(rule)
    edited(copy, ANALYZER, "every: 30m\n", "every: 30m\nrules: [more]\n")
    assert told(copy, examples=True) == [
        'analyzer/more/ups.yml:14: ups-on-battery does not find this line of its "match"',
        'analyzer/more/ups.yml:16: ups-on-battery finds this line of its "ignore"',
    ]


def test_examples_of_a_rule_for_secrets_are_tried(copy: Files) -> None:
    rule = """\
rules:
  - id: shop-key
    keywords: [shk_]
    pattern: '\\bshk_[a-z]{8}\\b'
    match:
      'key shk_abcdefgh': shk_abcdefgh
      'key shk_ABCDEFGH': shk_ABCDEFGH
    ignore: ['shk_ is how keys begin', 'shk_aaaaaaaa']
"""
    (copy.root / "analyzer/secrets.yml").write_text(rule)
    edited(copy, ANALYZER, "every: 30m\n", "every: 30m\nredact: {rules: [secrets.yml]}\n")
    assert told(copy, examples=True) == [
        "analyzer/secrets.yml:7: shop-key does not mask this secret",
        'analyzer/secrets.yml:8: shop-key masks this line of its "ignore"',
    ]


def test_a_word_is_found_in_the_lines_of_a_value_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "a: |\n  one\n\n  two three\nb: >-\n  one two\n  three\nc: 'one\n  two'\nd: one two\n"
    )
    source = read(tmp_path / "a.yml")

    def lines(value: Scalar, *words: str) -> list[int]:
        return [source.line_of(value, word) for word in words]

    literal, folded, quoted, plain = scalars(source.root)
    assert lines(literal, "one", "two", "three") == [2, 4, 4]
    assert lines(folded, "one", "two", "three", "four") == [6, 6, 7, 5]
    assert lines(quoted, "one", "two") == [8, 9]
    assert lines(plain, "two") == [10]


def test_the_command_prints_problems_before_hints_and_ends_with_one(
    copy: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(copy, ALERTMANAGER, "receivers:\n", UNUSED)
    edited(copy, PROMETHEUS, "rule_files:\n", "rule_files:\n  - more/*.yml\n")
    assert check.main(flags(copy)) == 1
    problem, hint, summary = capsys.readouterr().out.splitlines()
    assert problem.endswith('no rule file matches "more/*.yml"')
    assert hint.endswith('hint: no route has the receiver "phone"')
    assert summary.startswith("1 problem, 1 hint in ")


def test_the_command_ends_with_none_when_there_are_only_hints(copy: Files, capsys: pytest.CaptureFixture[str]) -> None:
    edited(copy, ALERTMANAGER, "receivers:\n", UNUSED)
    assert check.main(flags(copy)) == 0
    assert "no problems, 1 hint in " in capsys.readouterr().out
