"""Where clicks lead: between dashboards with the time range, and from alerts to what is done about them; pure."""

from grafana.alerts import RUNBOOKS
from grafana.colours import FIRING
from grafana.panels import Column, Link, number

RANGE = "${__url_time_range}"
VALUE = "${__value.raw:percentencode}"


def series(label: str) -> str:
    """The value of a label of the series that is clicked on."""
    return f"${{__field.labels.{label}:percentencode}}"


def cell(label: str) -> str:
    """The value of another column in the row that is clicked on."""
    return f"${{__data.fields.{label}:percentencode}}"


def to(title: str, dashboard: str, panel: str = "", **chosen: str) -> Link:
    """To a dashboard of ours, to one of its panels, with these values chosen."""
    shown = f"&viewPanel={number(panel)}" if panel else ""
    values = "".join(f"&var-{name}={value}" for name, value in chosen.items())
    return Link(title, f"/d/heartline-{dashboard}?{RANGE}{shown}{values}")


def host(value: str) -> Link:
    return to("This host", "host", host=value)


def heartbeat(name: str, host: str) -> Link:
    return to("This heartbeat", "heartbeat", host=host, heartbeat=name)


def probe(value: str) -> Link:
    return to("This probe", "probes", probe=value)


def logs(value: str) -> Link:
    return to("Logs of this host", "logs", host=value)


ALERTS = to("What fires now", "overview", panel="Firing now")
"""The way back from a panel to the alerts."""
FIRING_COLUMNS = (
    Column("gravity", "Severity", states=FIRING, width=90),
    Column("alertname", "Alert"),
    Column("host", "Host", link=host(VALUE)),
    Column("what", "What"),
    Column("A", "Since", "dateTimeFromNow"),
    Column("page", "Panel", link=Link("Its panel", "/d/${__value.raw}&" + RANGE), shown="Show", width=80),
    Column("runbook", "Runbook", link=Link("Its runbook", RUNBOOKS + "/${__value.raw}.md"), shown="Read", width=90),
    Column(
        "silence",
        "Silence",
        link=Link("Silence it", "${alertmanager}/#/silences/new?filter=%7B" + VALUE + "%7D"),
        shown="Silence",
        width=90,
    ),
)
