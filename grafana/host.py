"""One host: its readings, heartbeats, probes, log findings and changes, all on one time axis."""

from grafana import alerts, ask, links
from grafana.colours import HEARTBEAT, PROBE, UP
from grafana.dashboard import Choice, Dashboard
from grafana.limits import CLOCK, CONNECTIONS, CPU, DISK, INODES, LOAD, MEMORY, NETWORK_ERRORS, NONE, SCORE, TEMPERATURE
from grafana.panels import Column, Panel, Query, Row
from grafana.shapes import Sorted, graph, stat, states, table

CHOSEN = 'host="$host"'
REAL = f"{CHOSEN},{ask.REAL_DEVICES}"
NOT_IDLE = f'{CHOSEN},mode!~"idle|guest.*"'
FILES_FREE = f"node_filesystem_files_free{{{CHOSEN}}} / (node_filesystem_files{{{CHOSEN}}} > 0)"
TRACKED = f"node_nf_conntrack_entries{{{CHOSEN}}} / (node_nf_conntrack_entries_limit{{{CHOSEN}}} > 0)"
UNREAD = "No readings: list this host under `hosts` in exporter.yml."
NO_LOGS = "Its logs are not reviewed: list it in analyzer.yml."


def rate(metric: str, chosen: str = CHOSEN) -> str:
    return f"rate({metric}{{{chosen}}}[$__rate_interval])"


NOW = Row(
    "",
    (
        stat(
            "Alerts",
            "What fires of this host and of all on it.",
            "No rules are loaded: see prometheus.yml.",
            ask.known(f'count(ALERTS{{alertstate="firing",{CHOSEN}}})', 'count(ALERTS{alertname="Watchdog"})'),
            limits=NONE,
            width=4,
            link=links.ALERTS,
        ),
        stat(
            "Processors busy",
            "Share of their time in the last minutes.",
            UNREAD,
            f"max(host:cpu_busy:ratio{{{CHOSEN}}})",
            unit="percentunit",
            limits=CPU,
            width=4,
        ),
        stat(
            "Memory left",
            "Share that programs can have. Orange fires HostMemoryLow.",
            UNREAD,
            f"min(host:memory_available:ratio{{{CHOSEN}}})",
            unit="percentunit",
            limits=MEMORY,
            width=4,
        ),
        stat(
            "Fullest disk",
            "Least share of space left of all its file systems.",
            UNREAD,
            f"min({ask.fullest(CHOSEN)})",
            unit="percentunit",
            limits=DISK,
            width=4,
        ),
        stat(
            "Health score",
            "What its logs look like, 0 to 100.",
            NO_LOGS,
            f"min(log_review_health_score{{{CHOSEN}}})",
            limits=SCORE,
            width=4,
            link=links.logs("${host}"),
        ),
        stat(
            "Up since",
            "When it was started last.",
            UNREAD,
            f"max(node_boot_time_seconds{{{CHOSEN}}}) * 1000",
            unit="dateTimeFromNow",
            width=4,
        ),
    ),
)
AROUND = Row(
    "What it does",
    (
        states(
            "Answers",
            "Whether Prometheus can fetch its readings. Red that lasts fires HostDown.",
            UNREAD,
            Query(f'max by (instance) (up{{job="node",{CHOSEN}}})', "{{instance}}"),
            UP,
            height=4,
            link=links.ALERTS,
        ),
        states(
            "Its heartbeats",
            "The jobs that report from it. A click leads to one.",
            "No heartbeat names this host: add `host:` to it in exporter.yml.",
            Query(ask.states(CHOSEN), "{{heartbeat}}"),
            HEARTBEAT,
            height=6,
            link=links.heartbeat(links.series("heartbeat"), "${host}"),
        ),
        states(
            "Its probes",
            "What is probed on it, by the worst result of each stretch of time. A click leads to one.",
            "No probe names this host: add `host:` to it in exporter.yml.",
            Query(ask.probe_results(CHOSEN), "{{probe}}"),
            PROBE,
            height=5,
            link=links.probe(links.series("probe")),
        ),
        graph(
            "Its log findings",
            "Findings that are open, by severity. A click leads to the table.",
            NO_LOGS,
            Query(f"sum by (severity) (log_review_findings{{{CHOSEN}}})", "{{severity}}"),
            stacked=True,
            link=links.logs("${host}"),
        ),
        graph(
            "Its changes",
            "Differences from the baseline that was accepted, by kind: users, keys, ports, packages, units, files.",
            "Nothing to compare with yet: the first review of its logs learns the baseline.",
            Query(f"sum by (kind) (log_review_baseline_changes{{{CHOSEN}}})", "{{kind}}"),
            stacked=True,
            link=links.to("What differs", "logs", panel="Differences from the baseline", host="${host}"),
        ),
        table(
            "Its alerts",
            "What fires of it and of all on it, the gravest first.",
            "Nothing fires. All is well.",
            [alerts.since(CHOSEN)],
            links.FIRING_COLUMNS,
            order=Sorted("Severity"),
        ),
    ),
)


def usual(signal: str) -> Query:
    return Query(f"max({ask.usual(signal, CHOSEN, 'host')})", f"usual {signal} at most")


def network(way: str) -> str:
    metric = f"node_network_{way}"
    return f"{rate(f'{metric}_errs_total')} / ({rate(f'{metric}_packets_total')} > 0)"


def reading(title: str, says: str, *queries: Query, unit: str = "short", **more: object) -> Panel:
    return graph(title, says, UNREAD, *queries, unit=unit, link=links.ALERTS, **more)  # type: ignore[arg-type]  # graph's


READINGS = Row(
    "Readings",
    (
        reading(
            "Processors",
            "What their time went to; the rest is idle. iowait is waiting for disks, steal was taken by neighbours.",
            Query(
                f"sum by (mode) ({rate('node_cpu_seconds_total', NOT_IDLE)})"
                f" / on () group_left () sum({rate('node_cpu_seconds_total')})",
                "{{mode}}",
            ),
            usual("cpu"),
            unit="percentunit",
            most=1.0,
            stacked=True,
        ),
        reading(
            "Load per processor",
            "Tasks that run or wait for a disk, for each processor. "
            "Above the dashed line for a while fires HostLoadHigh.",
            Query(f"max by (instance) (host:load:ratio{{{CHOSEN}}})", "load"),
            limits=LOAD,
        ),
        reading(
            "Memory available",
            "Share that programs can have. Below the dashed line for a while fires HostMemoryLow.",
            Query(f"min(host:memory_available:ratio{{{CHOSEN}}})", "available"),
            Query(f"1 - max({ask.usual('memory', CHOSEN, 'host')})", "usual at least"),
            unit="percentunit",
            most=1.0,
            limits=MEMORY,
        ),
        reading(
            "Pressure",
            "Share of time in which some task waited for a processor, for memory, for a disk.",
            *(
                Query(f"max({rate(f'node_pressure_{what}_waiting_seconds_total')})", f"waits for {what}")
                for what in ("cpu", "memory", "io")
            ),
            unit="percentunit",
        ),
        reading(
            "Disk space left",
            "Share of space left, of file systems that can be written to. "
            "Below the upper line fires HostDiskAlmostFull, below the lower one HostDiskFull.",
            Query(ask.fullest(CHOSEN), "{{mountpoint}}"),
            unit="percentunit",
            most=1.0,
            limits=DISK,
        ),
        reading(
            "Inodes left",
            "Share of files that can still be made. Below the dashed line fires HostInodesLow, whatever df says.",
            Query(f"min by (mountpoint) ({FILES_FREE})", "{{mountpoint}}"),
            unit="percentunit",
            most=1.0,
            limits=INODES,
        ),
        reading(
            "Disk traffic",
            "Bytes that all its disks read and wrote.",
            Query(f"sum({rate('node_disk_read_bytes_total')})", "read"),
            Query(f"sum({rate('node_disk_written_bytes_total')})", "written"),
            unit="Bps",
        ),
        reading(
            "Disks busy",
            "Share of time in which a disk had something to do. At 100 % others wait.",
            Query(f"max by (device) ({rate('node_disk_io_time_seconds_total')})", "{{device}}"),
            unit="percentunit",
            most=1.0,
        ),
        reading(
            "Network",
            "Bytes over its real interfaces. Dashed is the most that is usual at this hour of the week.",
            Query(f"sum({rate('node_network_receive_bytes_total', REAL)})", "received"),
            Query(f"sum({rate('node_network_transmit_bytes_total', REAL)})", "sent"),
            usual("receive"),
            usual("transmit"),
            unit="Bps",
        ),
        reading(
            "Network errors",
            "Share of packets that failed. Above the dashed line for a while fires HostNetworkReceiveErrors.",
            Query(f"max by (device) ({network('receive')})", "{{device}} receives"),
            Query(f"max by (device) ({network('transmit')})", "{{device}} sends"),
            unit="percentunit",
            limits=NETWORK_ERRORS,
        ),
        reading(
            "Connections tracked",
            "Share of the connection table in use; at 100 % new connections are dropped.",
            Query(f"max({TRACKED})", "in use"),
            unit="percentunit",
            limits=CONNECTIONS,
        ),
        reading(
            "Clock",
            "Seconds that its clock is off Prometheus's and off its time servers. The dashed line fires HostClockSkew.",
            Query(f"max(abs(host:clock_ahead_seconds{{{CHOSEN}}}))", "off Prometheus"),
            Query(f"max(abs(node_timex_offset_seconds{{{CHOSEN}}}))", "off its time servers"),
            unit="s",
            limits=CLOCK,
        ),
        reading(
            "Temperature",
            "Each sensor. The dashed line, or 5 below what a sensor knows as its own limit, fires HostTemperatureHigh.",
            Query(f"max by (chip, sensor) (node_hwmon_temp_celsius{{{CHOSEN}}})", "{{chip}} {{sensor}}"),
            unit="celsius",
            limits=TEMPERATURE,
        ),
        table(
            "What else is wrong",
            "Units, containers and disk arrays that are not as they should be.",
            "Nothing. All is well.",
            [ask.wrong(CHOSEN)],
            [Column("kind", "What"), Column("name", "Name")],
            order=Sorted("What", down=False),
            width=12,
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-host",
    "Heartline: one host",
    "How is this host, and what happened on it at the same time?",
    (
        Choice(
            "host",
            'label_values({__name__=~"up|heartbeat_info|log_review_interval_seconds",host!=""}, host)',
            several=False,
            every=False,
        ),
    ),
    (NOW, AROUND, READINGS),
    marked=CHOSEN,
)
