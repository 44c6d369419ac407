"""Logs: what the review found, what proves it, whether it still looks, and what it costs."""

from grafana import alerts, ask, links
from grafana.colours import FIRING, READ
from grafana.dashboard import ALERTMANAGER, ANALYZER, Choice, Dashboard
from grafana.limits import FEW, NONE, NOTED, REVIEWS_MISSED, SCORE
from grafana.panels import Column, Link, Query, Row
from grafana.shapes import Sorted, bars, graph, stat, table

CHOSEN = 'host=~"$host"'
NOBODY = "No logs are reviewed: list hosts in analyzer.yml."
NO_MODEL = "No model is asked: rules review alone. One can be set under `models` in analyzer.yml."
THIS = links.logs(links.series("host"))
EVIDENCE = Link("Its evidence, with the API's key", "${analyzer}/findings/" + links.VALUE)
FINDINGS = f"max by (host, source, severity, category, fingerprint, title) (log_review_finding_info{{{CHOSEN}}})"


def of_source(expr: str) -> str:
    return f"max by (host, source) ({expr})"


NOW = Row(
    "",
    (
        stat(
            "Lowest score",
            "Of the host whose logs look worst, 0 to 100. Orange fires LogScoreLow.",
            NOBODY,
            f"min(log_review_health_score{{{CHOSEN}}})",
            limits=SCORE,
            width=4,
        ),
        stat(
            "Critical findings",
            "Open ones.",
            NOBODY,
            f'sum(log_review_findings{{severity="critical",{CHOSEN}}})',
            limits=NONE,
            width=4,
        ),
        stat(
            "Warnings",
            "Findings to look at that are open.",
            NOBODY,
            f'sum(log_review_findings{{severity="warning",{CHOSEN}}})',
            limits=FEW,
            width=4,
        ),
        stat(
            "Sources not read",
            "Logs that could not be read in their host's last review.",
            NOBODY,
            ask.known(f"count(log_review_up{{{CHOSEN}}} == 0)", f"count(log_review_interval_seconds{{{CHOSEN}}})"),
            limits=FEW,
            width=4,
        ),
        stat(
            "Differences",
            "From the baselines that were accepted.",
            "The first review learns the baseline.",
            f"sum(log_review_baseline_changes{{{CHOSEN}}})",
            limits=NOTED,
            width=4,
        ),
        stat(
            "Cost",
            "What models cost within the time that is shown, by the prices of the configuration.",
            NO_MODEL,
            "sum(increase(log_review_model_cost_total[$__range]))",
            unit="currencyUSD",
            width=4,
        ),
        table(
            "Open findings",
            "The gravest first, at most 20 of a host. The lines that prove one: "
            "python -m analyzer explain FINGERPRINT, or a click on its fingerprint.",
            "Nothing is open. All is well, if the sources below are read.",
            [alerts.weighed(FINDINGS)],
            [
                Column("gravity", "Severity", states=FIRING, width=90),
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("title", "Finding"),
                Column("category", "Category"),
                Column("source", "Log"),
                Column("fingerprint", "Fingerprint", link=EVIDENCE),
            ],
            order=Sorted("Severity"),
            height=10,
        ),
    ),
)
OVER_TIME = Row(
    "Over time",
    (
        graph(
            "Health scores",
            "Of each host. Below the dashed line fires LogScoreLow, a fall by 30 within six hours LogScoreFalling.",
            NOBODY,
            Query(f"min by (host) (log_review_health_score{{{CHOSEN}}})", "{{host}}"),
            unit="none",
            limits=SCORE,
            most=100,
            link=THIS,
        ),
        graph(
            "Findings by severity",
            "How many are open.",
            NOBODY,
            Query(f"sum by (severity) (log_review:findings:sum{{{CHOSEN}}})", "{{severity}}"),
            stacked=True,
        ),
        graph(
            "Lines read",
            "Lines per second. Dashed is the most that is usual at this hour of the week. "
            "Reviews come every half hour, so the line has steps.",
            NOBODY,
            Query(f"sum by (host) (rate(log_review_lines_total{{{CHOSEN}}}[$__rate_interval]))", "{{host}}"),
            Query(ask.usual("logs", CHOSEN, "host"), "usual: {{host}}"),
            unit="cps",
            link=THIS,
        ),
        graph(
            "Differences from the baseline",
            "By kind: users, keys, ports, packages, units, files. They stay until accepted or undone.",
            "The first review of a host learns its baseline.",
            Query(f"sum by (kind) (log_review:baseline_changes:sum{{{CHOSEN}}})", "{{kind}}"),
            stacked=True,
        ),
        table(
            "Sources",
            "Each log: whether its last review could read it, when that was, how many reviews are missing since then "
            "(3 fire LogReviewStale), and lines that were lost before they were read.",
            NOBODY,
            [
                of_source(f"log_review_up{{{CHOSEN}}}"),
                of_source(f"log_review_last_success_timestamp_seconds{{{CHOSEN}}} > 0") + " * 1000",
                f"floor((time() - {of_source(f'log_review_last_success_timestamp_seconds{{{CHOSEN}}} > 0')})"
                f" / on (host) group_left () max by (host) (log_review_interval_seconds{{{CHOSEN}}}))",
                of_source(f"increase(log_review_lines_total{{{CHOSEN}}}[$__range])"),
                of_source(f"increase(log_review_gaps_total{{{CHOSEN}}}[$__range])"),
            ],
            [
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("source", "Log"),
                Column("A", "Last review", "none", states=READ),
                Column("B", "Read last", "dateTimeFromNow"),
                Column("C", "Reviews missing", "none", REVIEWS_MISSED),
                Column("D", "Lines", "short"),
                Column("E", "Gaps", "none", FEW),
            ],
            order=Sorted("Reviews missing"),
        ),
    ),
)
MODELS = Row(
    "Models and secrets",
    (
        graph(
            "Answers of models",
            "How asking ended, per hour. Answered and cached are well; three failures in two hours without one answer "
            "fire LogModelFailing. Rules review on in any case.",
            NO_MODEL,
            Query(
                "sum by (outcome) (rate(log_review_model_requests_total[$__rate_interval])) * 3600 > 0", "{{outcome}}"
            ),
            stacked=True,
            bars=True,
        ),
        graph(
            "Tokens",
            "Per hour, in and out of models.",
            NO_MODEL,
            Query("sum by (direction) (rate(log_review_model_tokens_total[$__rate_interval])) * 3600", "{{direction}}"),
            stacked=True,
        ),
        graph(
            "Cost per day",
            "At the pace of each time, by model.",
            NO_MODEL,
            Query("sum by (model) (rate(log_review_model_cost_total[$__rate_interval])) * 86400", "{{model}}"),
            unit="currencyUSD",
        ),
        graph(
            "Rejected findings",
            "Findings of models that were dropped per hour, as they did not hold: a quote that stands nowhere.",
            NO_MODEL,
            Query("sum by (reason) (rate(log_review_rejected_findings_total[$__rate_interval])) * 3600", "{{reason}}"),
            stacked=True,
        ),
        bars(
            "Secrets replaced",
            "Within the time that is shown, by the rule that found them; the ten most. They were seen by nobody.",
            "No secret was in any log.",
            Query(
                "sort_desc(topk(10, sum by (rule) (increase(log_review_redactions_total[$__range])) > 0))", "{{rule}}"
            ),
        ),
        graph(
            "Redactor failures",
            "Reviews that stopped because lines could not be redacted, per hour. Any fires LogRedactorFailing.",
            NOBODY,
            Query(
                f"sum by (host) (rate(log_review_redactor_failures_total{{{CHOSEN}}}[$__rate_interval])) * 3600",
                "{{host}}",
            ),
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-logs",
    "Heartline: logs",
    "What did the log review find, what proves it, does it still look, and what does it cost?",
    (Choice("host", "label_values(log_review_interval_seconds, host)"),),
    (NOW, OVER_TIME, MODELS),
    marked='alertname=~"Log.*",host=~"$host|heartline"',
    since="now-24h",
    addresses=(ALERTMANAGER, ANALYZER),
)
