"""Probes: what can be reached, how fast, why not, until when; and what exactly is gone of the internet."""

from grafana import ask, links
from grafana.colours import INTERNET, PROBE
from grafana.dashboard import ALERTMANAGER, EXPORTER, Choice, Dashboard
from grafana.limits import CERTIFICATE, FLAPS, NONE, NOTED
from grafana.panels import Column, Link, Query, Row
from grafana.shapes import Sorted, graph, stat, states, table

CHOSEN = 'group=~"$group",probe=~"$probe"'
ANY = f"count(probe:success{{{CHOSEN}}})"
NOBODY = "No probes here: choose others, or list them under `probes` in exporter.yml."
NO_INTERNET = "Not watched: set `internet: true` in exporter.yml."
STEPS = Link("Its last attempts, step by step", "${exporter}/probes")
THIS = links.probe(links.series("probe"))

NOW = Row(
    "",
    (
        stat(
            "Failing",
            "Probes whose last result was a failure.",
            NOBODY,
            ask.known(f"count(probe:success{{{CHOSEN}}} == 0)", ANY),
            limits=NONE,
            width=4,
        ),
        stat(
            "Working",
            "Probes whose last result was a success.",
            NOBODY,
            f"sum(probe:success{{{CHOSEN}}})",
            width=4,
        ),
        stat(
            "Internet",
            "Reached: all parts work. In part: one of them does not. Down: nothing outside answers.",
            NO_INTERNET,
            ask.INTERNET,
            states=INTERNET,
            width=4,
        ),
        stat(
            "Certificates ending",
            "Certificates with less than 21 days left, and those that are bad already.",
            "No certificates: probe something with https.",
            ask.known(
                f"count(probe:certificate_left_seconds{{{CHOSEN}}} < 21 * 86400)",
                f"count(probe:certificate_left_seconds{{{CHOSEN}}})",
            ),
            limits=NOTED,
            width=4,
        ),
        stat(
            "Most changes",
            "Changes between success and failure in the last hour, of the least steady probe.",
            NOBODY,
            f"max(changes(probe:success{{{CHOSEN}}}[1h]))",
            limits=FLAPS,
            width=4,
        ),
        stat(
            "Lost packets",
            "Share of echo requests without reply, of the worst target.",
            "Nothing is pinged.",
            f"max(probe_icmp_packet_loss_ratio{{{CHOSEN}}})",
            unit="percentunit",
            width=4,
        ),
        states(
            "Results",
            "A row for each probe, a square for each stretch of time; red when it failed at least once. "
            "A click shows one probe alone.",
            NOBODY,
            Query(ask.probe_results(CHOSEN), "{{probe}}"),
            PROBE,
            history=True,
            height=10,
            link=THIS,
        ),
        table(
            "Failing now",
            "What fails, why, and when it worked last. The exporter shows each attempt step by step.",
            "Nothing fails. All is well.",
            [
                f"max by (probe, instance, host, reason) (probe:reason{{{CHOSEN}}})",
                "max by (probe, instance, host) (probe:last_success_timestamp_seconds"
                f" and on (job, instance, probe) probe:success{{{CHOSEN}}} == 0) * 1000",
            ],
            [
                Column("probe", "Probe", link=links.probe(links.VALUE)),
                Column("instance", "Target", link=STEPS),
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("reason", "Reason"),
                Column("B", "Worked last", "dateTimeFromNow"),
            ],
            order=Sorted("Worked last"),
        ),
    ),
)
HOW = Row(
    "How fast, and why not",
    (
        graph(
            "Duration of probes",
            "Of those that succeed. Dashed is the most that is usual at this hour of the week. "
            "Twice the mean of a day, for a quarter of an hour, fires ProbeSlow.",
            NOBODY,
            Query(f"max by (probe) (probe:duration_seconds{{{CHOSEN}}})", "{{probe}}"),
            Query(ask.usual("probe", CHOSEN, "probe"), "usual: {{probe}}"),
            unit="s",
            link=THIS,
        ),
        graph(
            "Phases",
            "Where the time goes, on average over the chosen probes: choose one to see its own. "
            "connect and tls are the way, processing is the server, transfer is size.",
            NOBODY,
            Query(f"avg by (phase) (probe:phase_duration_seconds:avg{{{CHOSEN}}})", "{{phase}}"),
            unit="s",
            stacked=True,
        ),
        graph(
            "Reasons of failures",
            "How many probes failed for which reason.",
            "Nothing failed in this time. All is well.",
            Query(f"count by (reason) (probe:reason{{{CHOSEN}}})", "{{reason}}"),
            stacked=True,
            bars=True,
        ),
        graph(
            "Answers",
            "Status codes of web servers: 2xx is well, 4xx is asked wrongly, 5xx is their fault.",
            "No web pages are probed here.",
            Query(f"max by (probe) (probe_http_status_code{{{CHOSEN}}})", "{{probe}}"),
            unit="none",
        ),
        table(
            "Certificates",
            "All certificates, the first to end at the top. Blue below 21 days, orange below 7, red below one. "
            "Below nothing it has ended.",
            "No certificates: probe something with https.",
            [
                f"min by (probe, instance) (probe:certificate_left_seconds{{{CHOSEN}}})",
                f"min by (probe, instance) (last_over_time(probe_ssl_earliest_cert_expiry{{{CHOSEN}}}[1d])) * 1000",
            ],
            [
                Column("probe", "Probe", link=links.probe(links.VALUE)),
                Column("instance", "Target"),
                Column("A", "Left", "s", CERTIFICATE),
                Column("B", "Ends", "dateTimeAsIso"),
            ],
            order=Sorted("Left", down=False),
        ),
    ),
)
INTERNET_ROW = Row(
    "The internet",
    (
        states(
            "Parts of the internet",
            "Gateway: the way out of the house. Resolver: asked by address. By address, by name: web pages. "
            "By address but not by name is DNS; nothing at all is the line.",
            NO_INTERNET,
            Query("min by (part) (min_over_time(internet:part_works[$__interval]))", "{{part}}"),
            PROBE,
            height=6,
            link=links.ALERTS,
        ),
        graph(
            "Throughput",
            "How fast the last timed transfer ran. Less than half of the week's median fires ThroughputLow.",
            "Not timed: set `throughput` under `internet` in exporter.yml.",
            Query("max by (part) (last_over_time(probe_throughput_bytes_per_second[13h]))", "{{part}}"),
            unit="Bps",
        ),
        graph(
            "Round trips",
            "Of echo requests, mean of each probe: to the gateway a few milliseconds, to elsewhere tens of them.",
            "Nothing is pinged.",
            Query(f"max by (probe) (probe_icmp_rtt_mean_seconds{{{CHOSEN}}})", "{{probe}}"),
            unit="s",
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-probes",
    "Heartline: probes and internet",
    "What can be reached, how fast, why not, and until when?",
    (
        Choice("group", "label_values(probe_success, group)"),
        Choice("probe", 'label_values(probe_success{group=~"$group"}, probe)'),
    ),
    (NOW, HOW, INTERNET_ROW),
    marked='alertname=~"(Probe|Certificate|Internet|Dns|Gateway|Throughput).*"',
    since="now-24h",
    addresses=(ALERTMANAGER, EXPORTER),
)
