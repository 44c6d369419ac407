"""What is wrong in the other files."""

from tests.stack.faults.fault import ANALYZER, EXPORTER, PROMETHEUS, REVIEW, Fault, fault

FAULTS = (
    Fault(
        "rules from a folder that is not there",
        ((PROMETHEUS, "../rules/*.yml", "../rulse/*.yml"),),
        ((PROMETHEUS, "rulse", 'no rule file matches "../rulse/*.yml" (did you mean "rules"?)'),),
    ),
    fault(
        "a key in prometheus.yml that is none",
        *(PROMETHEUS, "  evaluation_interval:", "  evaluation_intervall:", "intervall"),
        'unknown key "evaluation_intervall" (did you mean "evaluation_interval"?)',
    ),
    Fault(
        "less history than rules look back",
        (
            (
                "docker-compose.yml",
                "",
                "services:\n  prometheus:\n    command:\n      - --config.file=/p.yml\n"
                "      - --storage.tsdb.retention.time=15d\n",
            ),
        ),
        (
            (
                "docker-compose.yml",
                "retention",
                "Prometheus keeps 15d, and rules/anomalies.yml:{usual:past} looks back 27d23h"
                " (--storage.tsdb.retention.time=30d)",
            ),
        ),
        hint=True,
    ),
    fault(
        "a key in exporter.yml that is none",
        *(EXPORTER, "{id: first, every: 5m, grace: 1m}", "{id: first, every: 5m, garce: 1m}", "garce"),
        'heartbeats[0].garce: unknown key; did you mean "grace"?',
    ),
    fault(
        "a duration in exporter.yml",
        *(EXPORTER, "every: 5m", "every: 5", "every: 5,"),
        'heartbeats[0].every: expected a duration like 30s, 5m or 1h30m, found "5": the unit is missing, e.g. "5s"',
    ),
    fault(
        "a zone in exporter.yml",
        *(
            EXPORTER,
            "timezone: UTC",
            "timezone: Europe/Berlni",
            "Berlni",
            "timezone: there is no time zone 'Europe/Berlni'",
        ),
    ),
    fault(
        "a list where exporter.yml wants a mapping",
        *(
            EXPORTER,
            "schedules:\n",
            "schedules: []\nmore:\n",
            "schedules: []",
            "schedules: expected a mapping, found a list",
        ),
    ),
    fault(
        "a key of analyzer.yml twice",
        *(ANALYZER, "every: 30m\n", "every: 30m\nevery: 1h\n", "every: 1h"),
        '"every" stands here a second time; first in line {every: 30m}',
    ),
    fault(
        "a source in analyzer.yml that is none",
        *(ANALYZER, "{name: system, system: true}", "{name: system, sistem: true}", "sistem"),
        'hosts[0].sources[0].sistem: unknown key; did you mean "system"?',
    ),
    fault(
        "a severity of a review rule",
        *(REVIEW, "severity: critical", "severity: critcal", "critcal"),
        'rules[0].severity: expected one of info, warning, critical, found "critcal"; did you mean "critical"?',
    ),
)
