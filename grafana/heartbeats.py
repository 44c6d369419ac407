"""Heartbeats: which jobs report, which did not, and when are the next ones due?"""

from grafana import ask, links
from grafana.colours import HEARTBEAT, OPEN
from grafana.dashboard import Choice, Dashboard
from grafana.limits import DURATION, FEW, NONE, NOTED
from grafana.panels import Column, Query, Row
from grafana.shapes import Sorted, graph, stat, states, table

CHOSEN = 'host=~"$host",heartbeat=~"$heartbeat"'
ANY = f"count(heartbeat_failing{{{CHOSEN}}})"
NOBODY = "No heartbeats here: choose others, or add one to exporter.yml."
USUAL = ask.usual("heartbeat", CHOSEN, "heartbeat, host")
THIS = links.heartbeat(links.series("heartbeat"), links.series("host"))
NAME = Column("heartbeat", "Heartbeat", link=links.heartbeat(links.VALUE, links.cell("host")))
HOST = Column("host", "Host", link=links.host(links.VALUE))


def each(of: str) -> str:
    """A gauge of the chosen heartbeats, whichever exporter tells it."""
    return f"max by (heartbeat, host) (heartbeat_{of}{{{CHOSEN}}})"


def count(record: str) -> str:
    return ask.known(f"count({record}{{{CHOSEN}}})", ANY)


NOW = Row(
    "",
    (
        stat("Late", "Did not report by their deadline.", NOBODY, count("heartbeat:late"), limits=NONE, width=4),
        stat("Failed", "Their last run reported a failure.", NOBODY, count("heartbeat:failed"), limits=NONE, width=4),
        stat(
            "Running too long",
            "A run is under way for longer than its max_runtime.",
            NOBODY,
            count("heartbeat:run_overdue"),
            limits=FEW,
            width=4,
        ),
        stat(
            "Never came",
            "Declared and due, and not one report yet: is its URL in the job?",
            NOBODY,
            count("heartbeat:never_came"),
            limits=FEW,
            width=4,
        ),
        stat(
            "Running",
            "A run was reported to have begun and not yet to have ended.",
            NOBODY,
            ask.known(f"count({ask.running(CHOSEN)})", ANY),
            limits=NOTED,
            width=4,
        ),
        stat(
            "Not expected",
            "Paused by somebody, or in a maintenance window: they fire nothing.",
            NOBODY,
            count("heartbeat:muted"),
            width=4,
        ),
        states(
            "State over days",
            "A row for each heartbeat, a square for each stretch of time, coloured by the worst that happened in it. "
            "Grey is paused or maintenance, an empty square is no data. A click leads to the heartbeat.",
            NOBODY,
            Query(ask.states(CHOSEN), "{{heartbeat}}"),
            HEARTBEAT,
            history=True,
            height=12,
            link=THIS,
        ),
    ),
)
NEXT = Row(
    "What comes",
    (
        table(
            "Next deadlines",
            "When each becomes late, in your own time zone, the soonest first; beside it the zone of its schedule. "
            "Where nothing is due, as its schedule is closed, there is a dash.",
            NOBODY,
            [
                f"({each('deadline_timestamp_seconds')} < +Inf) * 1000",
                f"({each('last_success_timestamp_seconds')} > 0) * 1000",
                each("expected_interval_seconds"),
                each("grace_seconds"),
                ask.heartbeat_state(CHOSEN),
                f"max by (heartbeat, host, timezone) (heartbeat_info{{{CHOSEN}}})",
            ],
            [
                NAME,
                HOST,
                Column("E", "State", "none", states=HEARTBEAT),
                Column("A", "Late at", "dateTimeAsIso"),
                Column("timezone", "Zone of its schedule"),
                Column("B", "Last success", "dateTimeFromNow"),
                Column("C", "Every", "s"),
                Column("D", "Grace", "s"),
            ],
            order=Sorted("Late at", down=False),
            height=10,
        ),
        states(
            "Schedules",
            "When each schedule is open. Outside nothing is expected, and nothing is late.",
            "No schedules: everything is expected always.",
            Query("max by (schedule) (schedule_active)", "{{schedule}}"),
            OPEN,
            height=5,
        ),
    ),
)
BEFORE = Row(
    "What was",
    (
        graph(
            "Duration of last runs",
            "How long the last run of each job took. Dashed is the most that is usual at this hour of the week; "
            "it needs three weeks of history. Twice as much fires HeartbeatDurationUnusual.",
            "No run told how long it took: send /start before the job and its URL after it.",
            Query(each("last_duration_seconds"), "{{heartbeat}}"),
            Query(USUAL, "usual: {{heartbeat}}"),
            unit="s",
            link=THIS,
        ),
        graph(
            "Duration against usual",
            "The last duration as a multiple of the most that is usual. 1 is as usual, 2 is noted.",
            "Not known yet: it needs three weeks of history of jobs that take a minute or more.",
            Query(f"{each('last_duration_seconds')} / on (heartbeat, host) {USUAL}", "{{heartbeat}}"),
            limits=DURATION,
            link=THIS,
        ),
        graph(
            "Receipts per minute",
            "What came from all chosen jobs, by kind. A gap here while jobs run is a matter of the way to us.",
            "Nothing was received in this time.",
            Query(ask.receipts(CHOSEN), "{{kind}}"),
            stacked=True,
        ),
        table(
            "Missed slots",
            "Within the time that is shown: slots that went by while it was late, times it became late, failures.",
            "Nobody was late in this time. All is well.",
            [
                ask.slots_missed(CHOSEN),
                f"changes(heartbeat:late{{{CHOSEN}}}[$__range]) + 1",
                f'sum by (heartbeat, host) (increase(heartbeat_receipts_total{{{CHOSEN},kind="fail"}}[$__range])) > 0',
            ],
            [
                NAME,
                HOST,
                Column("A", "Slots missed", "none"),
                Column("B", "Times late", "none"),
                Column("C", "Failures", "none"),
            ],
            order=Sorted("Slots missed"),
            width=12,
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-heartbeats",
    "Heartline: heartbeats",
    "Which jobs report, which did not, and when are the next ones due?",
    (
        Choice("host", "label_values(heartbeat_info, host)"),
        Choice("heartbeat", 'label_values(heartbeat_info{host=~"$host"}, heartbeat)'),
    ),
    (NOW, NEXT, BEFORE),
    marked=f'alertname=~"Heartbeat.*",{CHOSEN}',
    since="now-7d",
)
