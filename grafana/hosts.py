"""Hosts: which of them are in trouble, and how do they compare?"""

from grafana import ask, links
from grafana.colours import UP
from grafana.dashboard import Choice, Dashboard
from grafana.limits import CPU, DISK, FEW, LOAD, MEMORY, NONE, NOTED, PLAIN, SCORE, TROUBLE, Limits
from grafana.panels import Column, Panel, Query, Row
from grafana.shapes import Sorted, bars, graph, stat, states, table

CHOSEN = 'host=~"$host"'
LISTED = f'up{{job="node",{CHOSEN}}}'
ANY = f"count({LISTED})"
NOBODY = "No hosts: list them under `hosts` in exporter.yml."
THIS = links.host(links.series("host"))
WEIGHT = {"critical": 100, "warning": 10, "info": 1}


def firing(severity: str) -> str:
    return f'ALERTS{{alertstate="firing",severity="{severity}",{CHOSEN}}}'


def trouble() -> str:
    """What fires of each host, the graver the more; 0 for those that are well."""
    weighed = " or ".join(f"{firing(severity)} * {weight}" for severity, weight in WEIGHT.items())
    return f"sum by (host) ({weighed}) or max by (host) ({LISTED}) * 0"


def top(
    title: str, says: str, expr: str, limits: Limits = PLAIN, unit: str = "percentunit", least: bool = False
) -> Panel:
    """The ten hosts that are worst in one respect."""
    picked = f"sort(bottomk(10, {expr}))" if least else f"sort_desc(topk(10, {expr}))"
    most = 1.0 if unit == "percentunit" else None
    return bars(title, says, NOBODY, Query(picked, "{{host}}"), unit=unit, limits=limits, most=most, link=THIS)


NOW = Row(
    "",
    (
        stat(
            "Down",
            "Hosts that do not answer.",
            NOBODY,
            ask.known(f"count(host:silent{{{CHOSEN}}})", ANY),
            limits=NONE,
        ),
        stat("Up", "Hosts whose last scrape was answered.", NOBODY, f"sum({LISTED})"),
        stat(
            "Closed",
            "Hosts whose schedules are closed now: of them nothing is told.",
            NOBODY,
            ask.known(f"count(host:closed{{{CHOSEN}}})", ANY),
            limits=NOTED,
        ),
        stat(
            "Overloaded",
            "Too much to do, and short of memory or waiting for disks at the same time.",
            NOBODY,
            ask.known(f"count(host:overloaded{{{CHOSEN}}})", ANY),
            limits=FEW,
        ),
        table(
            "By trouble",
            "All hosts, those in trouble first: a critical alert counts 100, a warning 10, a note 1. "
            "The other columns are as they are now. A click on a host leads to its page.",
            NOBODY,
            [
                trouble(),
                f"max by (host) ({LISTED})",
                f"max by (host) (host:cpu_busy:ratio{{{CHOSEN}}})",
                f"min by (host) (host:memory_available:ratio{{{CHOSEN}}})",
                f"max by (host) (host:load:ratio{{{CHOSEN}}})",
                f"min by (host) ({ask.fullest(CHOSEN)})",
                f"min by (host) (log_review_health_score{{{CHOSEN}}})",
                f"count by (host) (({ask.TROUBLED}) and on (heartbeat, host) heartbeat_failing{{{CHOSEN}}})",
                f"count by (host) (probe:success{{{CHOSEN}}} == 0)",
            ],
            [
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("A", "Trouble", "none", TROUBLE),
                Column("B", "Answers", "none", states=UP),
                Column("H", "Heartbeats in trouble", "none", NONE),
                Column("I", "Probes failing", "none", NONE),
                Column("C", "Busy", "percentunit", CPU),
                Column("D", "Memory left", "percentunit", MEMORY),
                Column("E", "Load per processor", "none", LOAD),
                Column("F", "Fullest disk", "percentunit", DISK),
                Column("G", "Health score", "none", SCORE),
            ],
            order=Sorted("Trouble"),
            height=12,
        ),
    ),
)
BESIDE = Row(
    "Beside each other",
    (
        states(
            "Answers",
            "A row for each host, a square for each stretch of time; red when it did not answer at least once.",
            NOBODY,
            Query(f"min by (host) (min_over_time({LISTED}[$__interval]))", "{{host}}"),
            UP,
            history=True,
            link=THIS,
        ),
        top(
            "Busiest",
            "Share of the processors' time, the ten highest.",
            f"max by (host) (host:cpu_busy:ratio{{{CHOSEN}}})",
            CPU,
        ),
        top(
            "Least memory",
            "Share that programs can have, the ten lowest.",
            f"min by (host) (host:memory_available:ratio{{{CHOSEN}}})",
            MEMORY,
            least=True,
        ),
        top(
            "Fullest disks",
            "Share of space left of each host's fullest file system, the ten lowest.",
            f"min by (host) ({ask.fullest(CHOSEN)})",
            DISK,
            least=True,
        ),
        top(
            "Highest load",
            "Tasks that run or wait for a disk for each processor, the ten highest.",
            f"max by (host) (host:load:ratio{{{CHOSEN}}})",
            LOAD,
            unit="none",
        ),
        graph(
            "Processors of all",
            "How busy the busiest host is, and the one in the middle.",
            NOBODY,
            Query(f"max(host:cpu_busy:ratio{{{CHOSEN}}})", "the busiest"),
            Query(f"quantile(0.5, host:cpu_busy:ratio{{{CHOSEN}}})", "the one in the middle"),
            unit="percentunit",
            most=1.0,
        ),
        graph(
            "Memory of all",
            "How much is left where least is left, and in the middle.",
            NOBODY,
            Query(f"min(host:memory_available:ratio{{{CHOSEN}}})", "the least"),
            Query(f"quantile(0.5, host:memory_available:ratio{{{CHOSEN}}})", "in the middle"),
            unit="percentunit",
            limits=MEMORY,
            most=1.0,
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-hosts",
    "Heartline: hosts",
    "Which hosts are in trouble, and how do they compare?",
    (Choice("host", 'label_values(up{job="node"}, host)'),),
    (NOW, BESIDE),
    marked=f'alertname=~"Host.*",{CHOSEN}',
    since="now-24h",
)
