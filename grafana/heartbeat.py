"""One heartbeat: how is it, how was it, and what is known of it?"""

from grafana import alerts, ask, links
from grafana.colours import HEARTBEAT
from grafana.dashboard import Choice, Dashboard
from grafana.limits import FEW, NONE
from grafana.panels import Column, Query, Row
from grafana.shapes import Sorted, graph, stat, states, table

CHOSEN = 'host=~"$host",heartbeat="$heartbeat"'
NOBODY = "No such heartbeat: choose another one above."


def of(name: str) -> str:
    return f"max(heartbeat_{name}{{{CHOSEN}}})"


NOW = Row(
    "",
    (
        stat(
            "Now",
            "What it is at this moment.",
            NOBODY,
            f"max({ask.heartbeat_state(CHOSEN)})",
            states=HEARTBEAT,
            width=4,
            link=links.ALERTS,
        ),
        stat(
            "Late at",
            "From when on it is late, in your own time zone. HeartbeatLate fires a moment later.",
            "Nothing is due: it is paused or its schedule is closed.",
            f"({of('deadline_timestamp_seconds')} < +Inf) * 1000",
            unit="dateTimeFromNow",
            width=4,
        ),
        stat(
            "Last success",
            "When it last reported success.",
            "Never yet: put its URL into the job.",
            f"({of('last_success_timestamp_seconds')} > 0) * 1000",
            unit="dateTimeFromNow",
            width=4,
        ),
        stat(
            "Last duration",
            "How long the last run took that told it.",
            "Not told: send /start before the job.",
            f"{of('last_duration_seconds')} >= 0",
            unit="s",
            width=4,
        ),
        stat(
            "Exit code",
            "Of the last completed run. 0 is well.",
            "Not told: end its URL with the code.",
            f"{of('last_exit_code')} >= 0",
            limits=NONE,
            width=4,
        ),
        stat(
            "Slots missed",
            "Slots that went by within the time that is shown, while it was late.",
            NOBODY,
            ask.known(f"sum({ask.slots_missed(CHOSEN)})", of("failing")),
            limits=FEW,
            width=4,
        ),
        states(
            "State",
            "What it was at each time. Red wakes somebody, orange waits for the morning.",
            NOBODY,
            Query(ask.states(CHOSEN), "{{heartbeat}}"),
            HEARTBEAT,
            height=5,
            link=links.ALERTS,
        ),
    ),
)
BEFORE = Row(
    "What was",
    (
        graph(
            "Duration of runs",
            "How long each run took. The dashed line is the most that is usual at this hour of the week.",
            "Not told: send /start before the job and its URL after it.",
            Query(of("last_duration_seconds"), "duration"),
            Query(f"max({ask.usual('heartbeat', CHOSEN, 'heartbeat')})", "usual at most"),
            unit="s",
            link=links.ALERTS,
        ),
        graph(
            "Time since the last success",
            "It should saw: up by the clock, down with each success. "
            "Above the grey line, interval and grace together, it is late, where its schedule is always open.",
            NOBODY,
            Query(f"time() - ({of('last_success_timestamp_seconds')} > 0)", "since the last success"),
            Query(f"{of('expected_interval_seconds')} + {of('grace_seconds')}", "allowed"),
            unit="s",
        ),
        graph(
            "Receipts per minute",
            "What it sent, by kind.",
            "Nothing was received in this time.",
            Query(ask.receipts(CHOSEN), "{{kind}}"),
            stacked=True,
        ),
        table(
            "What is known of it",
            "What the configuration says. Change it there, or through the exporter's API.",
            NOBODY,
            [
                f"max by (heartbeat, host, name, schedule, timezone, tags) (heartbeat_info{{{CHOSEN}}})",
                f"max by (heartbeat, host) (heartbeat_expected_interval_seconds{{{CHOSEN}}})",
                f"max by (heartbeat, host) (heartbeat_grace_seconds{{{CHOSEN}}})",
            ],
            [
                Column("name", "Name"),
                Column("host", "Host", link=links.host(links.VALUE)),
                Column("B", "Every", "s"),
                Column("C", "Grace", "s"),
                Column("schedule", "Schedule"),
                Column("timezone", "Time zone"),
                Column("tags", "Tags"),
            ],
            width=12,
        ),
        table(
            "Its alerts",
            "What fires of it, the gravest first.",
            "Nothing fires of it. All is well.",
            [alerts.since(CHOSEN)],
            links.FIRING_COLUMNS,
            order=Sorted("Severity"),
            height=6,
        ),
    ),
)
DASHBOARD = Dashboard(
    "heartline-heartbeat",
    "Heartline: one heartbeat",
    "How is this heartbeat, how was it, and what is known of it?",
    (
        Choice("host", "label_values(heartbeat_info, host)", several=False),
        Choice("heartbeat", 'label_values(heartbeat_info{host=~"$host"}, heartbeat)', several=False, every=False),
    ),
    (NOW, BEFORE),
    marked=CHOSEN,
    since="now-24h",
)
