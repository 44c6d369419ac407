"""Heartline itself: does everything that watches still work?"""

from grafana import ask, links
from grafana.colours import HEALTHY, UP
from grafana.dashboard import Dashboard
from grafana.limits import FEW, GAP, NONE
from grafana.panels import Column, Query, Row
from grafana.shapes import Sorted, graph, heat, stat, states, table

EXPORTER = "The exporter is not scraped: is it up?"
ANALYZER = "The analyzer is not scraped: is it up?"
PROMETHEUS = "Prometheus does not scrape itself: see the job `prometheus` in prometheus.yml."
ALERTMANAGER = "Alertmanager is not scraped: see the job `alertmanager` in prometheus.yml."
RELAY = "The relay has no service: see `notify` in analyzer.yml."
UNSCRAPED = "Nothing is scraped."
PROGRAMS = 'job=~"heartline|analyzer|prometheus|alertmanager"'
WELL = {
    "exporter: storage": "heartline_exporter_storage_up",
    "exporter: configuration": "heartline_exporter_config_last_reload_successful",
    "analyzer: storage": "heartline_analyzer_storage_up",
    "analyzer: configuration": "heartline_analyzer_config_last_reload_successful",
    "prometheus: configuration": "prometheus_config_last_reload_successful",
    "alertmanager: configuration": "alertmanager_config_last_reload_successful",
}


def each(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def share(part: float, histogram: str) -> str:
    return f"histogram_quantile({part}, {each(histogram + '_bucket', 'le')})"


NOW = Row(
    "",
    (
        stat(
            "Programs down",
            "Of exporter, analyzer, Prometheus and Alertmanager.",
            UNSCRAPED,
            ask.known(f"count(up{{{PROGRAMS}}} == 0)", f"count(up{{{PROGRAMS}}})"),
            limits=NONE,
            width=4,
        ),
        stat("Heartbeats", "Registered.", EXPORTER, "sum(heartline_exporter_heartbeats)", width=4),
        stat("Hosts reviewed", "Whose logs are reviewed.", ANALYZER, "sum(heartline_analyzer_hosts)", width=4),
        stat(
            "Messages waiting",
            "Groups of alerts that a service was not told all of yet.",
            RELAY,
            "sum(notify_pending_groups)",
            limits=FEW,
            width=4,
        ),
        stat(
            "Rules that fail",
            "Evaluations of rules that failed within the time that is shown.",
            PROMETHEUS,
            "sum(increase(prometheus_rule_evaluation_failures_total[$__range]))",
            limits=NONE,
            width=4,
        ),
        stat(
            "Chain",
            "Watchdog always fires: 1 is that rules are evaluated.",
            "No rules are loaded: see prometheus.yml.",
            'count(ALERTS{alertname="Watchdog",alertstate="firing"})',
            width=4,
        ),
        states(
            "Programs",
            "Whether Prometheus reaches each program.",
            "Nothing is scraped: see prometheus.yml.",
            Query(f"min by (job) (up{{{PROGRAMS}}})", "{{job}}"),
            UP,
            height=5,
            link=links.ALERTS,
        ),
        states(
            "Storage and configuration",
            "Whether each can store what it must, and took its configuration the last time it was read.",
            "Nothing is scraped: see prometheus.yml.",
            Query(ask.either("part", {part: f"min({metric})" for part, metric in WELL.items()}), "{{part}}"),
            HEALTHY,
            height=6,
            link=links.ALERTS,
        ),
    ),
)
RECEIVER = Row(
    "Receiver",
    (
        graph(
            "Pings",
            "Per second, by what became of them. Limited and unavailable were asked to come again, nothing is lost.",
            EXPORTER,
            Query(each("heartline_exporter_pings_total", "outcome"), "{{outcome}}"),
            unit="reqps",
            stacked=True,
        ),
        heat(
            "Commits",
            "How long it took until receipts were safe on disk: the darker, the more. Rising is a slow disk.",
            EXPORTER,
            Query("sum by (le) (increase(heartline_exporter_ping_commit_seconds_bucket[$__rate_interval]))"),
            unit="s",
        ),
        graph(
            "Commit time",
            "Half, and 99 of 100 commits were faster. Clients wait for it.",
            EXPORTER,
            Query(share(0.5, "heartline_exporter_ping_commit_seconds"), "half"),
            Query(share(0.99, "heartline_exporter_ping_commit_seconds"), "99 of 100"),
            unit="s",
        ),
        graph(
            "Time without a receiver",
            "Seconds credited to all heartbeats, as nobody listened: restarts, suspends, a full disk.",
            EXPORTER,
            Query("max(increase(heartline_exporter_receiver_gap_seconds_total[$__rate_interval]))", "gap"),
            unit="s",
            limits=GAP,
            link=links.ALERTS,
        ),
    ),
)
SCRAPES = Row(
    "Scrapes",
    (
        graph(
            "Duration of scrapes",
            "The slowest target of each job. Above its interval, samples are lost.",
            UNSCRAPED,
            Query("max by (job) (scrape_duration_seconds)", "{{job}}"),
            unit="s",
        ),
        graph(
            "Samples per scrape",
            "Of all targets of a job together: what a round costs Prometheus.",
            UNSCRAPED,
            Query("sum by (job) (scrape_samples_scraped)", "{{job}}"),
        ),
        graph(
            "Slowest readings",
            "The five collectors of host readings that take longest, on any host.",
            "No host readings.",
            Query("topk(5, collector:scrape_duration_seconds:max)", "{{collector}}"),
            unit="s",
        ),
        table(
            "Readings that fail",
            "Collectors that could not read on a host. Many only say that the machine has no such thing.",
            "All readings succeed.",
            ["max by (host, instance, collector) (node_scrape_collector_success == 0)"],
            [
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("instance", "Target"),
                Column("collector", "Collector"),
            ],
            order=Sorted("Host", down=False),
            width=12,
        ),
    ),
)
REVIEWS = Row(
    "Reviews and messages",
    (
        graph(
            "Reviews under way",
            "Hosts whose logs are read at each time.",
            ANALYZER,
            Query("sum(heartline_analyzer_reviews_running)", "running"),
            width=8,
        ),
        graph(
            "Syslog",
            "Messages that were kept and dropped per second.",
            "No syslog: see `syslog` in analyzer.yml.",
            Query("sum(rate(heartline_analyzer_syslog_messages_total[$__rate_interval]))", "kept"),
            Query("sum(rate(heartline_analyzer_syslog_dropped_total[$__rate_interval]))", "dropped"),
            unit="cps",
            width=8,
        ),
        graph(
            "Deliveries",
            "Attempts to deliver messages per minute, by how they ended. Limited and unreachable is tried again.",
            RELAY,
            Query(f"{each('notify_deliveries_total', 'outcome')} * 60", "{{outcome}}"),
            stacked=True,
            width=8,
        ),
        graph(
            "Time to deliver",
            "From Alertmanager's word until the service accepted it: 95 of 100 were faster.",
            "Nothing was delivered yet.",
            Query(f"{share(0.95, 'notify_delivery_seconds')} >= 0", "95 of 100"),
            unit="s",
        ),
        table(
            "Services",
            "Where messages go, when the last one arrived and how many groups wait.",
            RELAY,
            [
                "max by (service) (notify_last_success_timestamp_seconds > 0) * 1000",
                "max by (service) (notify_pending_groups)",
            ],
            [
                Column("service", "Service"),
                Column("A", "Last message", "dateTimeFromNow"),
                Column("B", "Groups waiting", "none", FEW),
            ],
            order=Sorted("Groups waiting"),
            width=12,
        ),
    ),
)
PARTNERS = Row(
    "Prometheus and Alertmanager",
    (
        graph(
            "Alerts in Alertmanager",
            "By state: suppressed ones are silenced or explained by a graver one.",
            ALERTMANAGER,
            Query("sum by (state) (alertmanager_alerts)", "{{state}}"),
            stacked=True,
        ),
        graph(
            "Notifications",
            "Per minute, sent and failed, over all receivers. What fails is tried again.",
            ALERTMANAGER,
            Query("sum(rate(alertmanager_notifications_total[$__rate_interval])) * 60", "sent"),
            Query("sum(rate(alertmanager_notifications_failed_total[$__rate_interval])) * 60", "failed"),
        ),
        graph(
            "Rule evaluation",
            "How much of its interval each group of rules takes. At 100 % alerts come late.",
            PROMETHEUS,
            Query(
                "max by (group) (label_replace(prometheus_rule_group_last_duration_seconds"
                ' / prometheus_rule_group_interval_seconds, "group", "$1", "rule_group", ".*;(.+)"))',
                "{{group}}",
            ),
            unit="percentunit",
        ),
        graph(
            "Alerts that did not reach Alertmanager",
            "Per minute, dropped by Prometheus. Any is trouble.",
            PROMETHEUS,
            Query("sum(rate(prometheus_notifications_dropped_total[$__rate_interval])) * 60", "dropped"),
        ),
        graph(
            "Series",
            "That Prometheus holds in memory: what grows here, grows there.",
            PROMETHEUS,
            Query("max(prometheus_tsdb_head_series)", "series"),
        ),
        graph(
            "Memory of programs",
            "Resident memory of each.",
            UNSCRAPED,
            Query(f"max by (job) (process_resident_memory_bytes{{{PROGRAMS}}})", "{{job}}"),
            unit="bytes",
        ),
        graph(
            "Processors of programs",
            "How many processors each keeps busy.",
            UNSCRAPED,
            Query(f"sum by (job) (rate(process_cpu_seconds_total{{{PROGRAMS}}}[$__rate_interval]))", "{{job}}"),
            unit="none",
        ),
        graph(
            "Disk of Prometheus",
            "Bytes that its history takes.",
            PROMETHEUS,
            Query("max(prometheus_tsdb_storage_blocks_bytes)", "blocks"),
            unit="bytes",
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-itself",
    "Heartline itself",
    "Does everything that watches still work?",
    (),
    (NOW, RECEIVER, SCRAPES, REVIEWS, PARTNERS),
    marked='host="heartline"',
)
