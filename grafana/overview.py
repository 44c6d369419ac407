"""Overview: does anything need attention, and since when? The home page."""

from grafana import alerts, ask, links
from grafana.colours import FIRING, HEARTBEAT, INTERNET
from grafana.dashboard import Dashboard
from grafana.limits import CERTIFICATE, DISK, FEW, NONE, SCORE
from grafana.panels import Column, Query, Row
from grafana.shapes import Sorted, bars, graph, stat, states, table

WORDS = {str(state.value): state.word for state in HEARTBEAT}

FULLEST = f"bottomk(10, {ask.fullest()})"

ATTENTION = Row(
    "",
    (
        stat(
            "Critical",
            "Alerts that should wake somebody and fire now. 0 is green. Each is a row of the table below.",
            "No rules are loaded: see rule_files in prometheus.yml.",
            ask.firing("critical"),
            limits=NONE,
            width=4,
            link=links.ALERTS,
        ),
        stat(
            "Warnings",
            "Alerts that can wait for the morning and fire now.",
            "No rules are loaded: see rule_files in prometheus.yml.",
            ask.firing("warning"),
            limits=FEW,
            width=4,
            link=links.ALERTS,
        ),
        stat(
            "Heartbeats in trouble",
            "Late, failed, running too long or never come. What is paused or in maintenance does not count.",
            "The exporter is not scraped: is it up?",
            ask.known(f"count({ask.TROUBLED})", "max(heartline_exporter_heartbeats)"),
            limits=NONE,
            width=4,
            link=links.to("All heartbeats", "heartbeats"),
        ),
        stat(
            "Hosts down",
            "Hosts whose readings Prometheus cannot fetch, of all that are listed.",
            "No hosts: list them under `hosts` in exporter.yml.",
            ask.known("count(host:silent)", 'count(up{job="node"})'),
            limits=NONE,
            width=4,
            link=links.to("All hosts", "hosts"),
        ),
        stat(
            "Probes failing",
            "Probes whose last result was a failure, the internet's own left out.",
            "No probes: list them under `probes` in exporter.yml.",
            ask.known('count(probe:success{group!="internet"} == 0)', "count(probe:success)"),
            limits=NONE,
            width=4,
            link=links.to("All probes", "probes"),
        ),
        stat(
            "Internet",
            "Reached: all parts work. In part: one of them does not. Down: nothing outside answers.",
            "Not watched: set `internet: true` in exporter.yml.",
            ask.INTERNET,
            states=INTERNET,
            width=4,
            link=links.to("Its parts", "probes", panel="Parts of the internet"),
        ),
    ),
)
NOW = Row(
    "",
    (
        table(
            "Firing now",
            "What fires, the gravest first. Show opens its panel, Runbook says what to do, Silence opens the form.",
            "Nothing fires. All is well.",
            [alerts.since()],
            links.FIRING_COLUMNS,
            order=Sorted("Severity"),
            height=9,
        ),
        bars(
            "Heartbeats by state",
            "How many heartbeats are in which state now. A click leads to all of them.",
            "No heartbeats: add one to exporter.yml and send it a ping.",
            Query(ask.named(f'count_values("state", {ask.STATE})', "state", WORDS), "{{state}}"),
            known=HEARTBEAT,
            link=links.to("All heartbeats", "heartbeats"),
            height=7,
        ),
        bars(
            "Lowest health scores",
            "The ten hosts whose logs look worst, 0 to 100. Orange fires LogScoreLow.",
            "No logs are reviewed: list hosts in analyzer.yml.",
            Query("sort(bottomk(10, min by (host) (log_review_health_score)))", "{{host}}"),
            limits=SCORE,
            most=100,
            link=links.logs(links.series("host")),
            height=7,
        ),
    ),
)
SOON = Row(
    "Due soon",
    (
        table(
            "Certificates that end next",
            "The ten certificates with the least time left. Blue below 21 days, orange below 7, red below one.",
            "No certificates: probe something with https.",
            ["sort(bottomk(10, min by (probe, instance) (probe:certificate_left_seconds)))"],
            [
                Column("probe", "Probe", link=links.probe(links.VALUE)),
                Column("instance", "Target"),
                Column("A", "Left", "s", CERTIFICATE),
            ],
            order=Sorted("Left", down=False),
            width=12,
        ),
        table(
            "Disks that fill next",
            "The ten file systems with the least space left that can be written to. "
            "Full in: by the last six hours, when it is within a month.",
            "No file systems: is a host listed in exporter.yml and scraped?",
            [FULLEST, f"min by (host, mountpoint) (host:filesystem_full:seconds) and on (host, mountpoint) {FULLEST}"],
            [
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("mountpoint", "Mounted at"),
                Column("A", "Left", "percentunit", DISK),
                Column("B", "Full in", "s"),
            ],
            order=Sorted("Left", down=False),
            width=12,
        ),
    ),
)
BEFORE = Row(
    "What was",
    (
        states(
            "What fired when",
            "A row for each alert that fired, by the gravest of its kind. The marks on other panels are the same.",
            "Nothing fired in this time.",
            Query(alerts.history(), "{{alertname}}"),
            FIRING,
        ),
        graph(
            "Alerts firing",
            "How many fired at each time, by severity.",
            "Nothing fired in this time.",
            Query('count by (severity) (ALERTS{alertstate="firing",alertname!="Watchdog"})', "{{severity}}"),
            stacked=True,
            width=24,
            height=6,
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-overview",
    "Heartline: overview",
    "Does anything need attention, and since when?",
    (),
    (ATTENTION, NOW, SOON, BEFORE),
    since="now-24h",
)
