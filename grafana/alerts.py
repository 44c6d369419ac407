"""Where each alert is shown, and the PromQL that lists alerts with links to there, to silence and to read on; pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from grafana.colours import Json
from grafana.panels import number

RUNBOOKS = "https://github.com/heartline/heartline/blob/main/docs/runbooks"
CHOSEN = ("host", "heartbeat", "probe")
"""Labels that are also what can be chosen on a dashboard."""
TOLD = ("heartbeat", "probe", "mountpoint", "device", "chip", "sensor", "name", "category", "source", "signal", "alert")
"""Labels that say what an alert is about, beside its host."""
LABELS = ("alertname", "severity", "host", "instance", *TOLD)
GRAVITY = {"critical": "3", "warning": "2", "info": "1"}


@dataclass(frozen=True, slots=True)
class Target:
    """A panel, and which labels of an alert are chosen on its dashboard."""

    dashboard: str
    panel: str
    chosen: tuple[str, ...] = ("host",)

    @property
    def page(self) -> str:
        return f"{self.dashboard}?viewPanel={number(self.panel)}"

    def json(self) -> Json:
        return {"dashboard": self.dashboard, "panel": number(self.panel), "variables": list(self.chosen)}


def _all(target: Target, *alerts: str) -> dict[str, Target]:
    return dict.fromkeys(alerts, target)


HEARTBEAT, HOST, PROBES, LOGS, ITSELF = (f"heartline-{x}" for x in ("heartbeat", "host", "probes", "logs", "itself"))
ITS_OWN = ("host", "heartbeat")
FIRING = Target("heartline-overview", "Firing now", ())
"""Where alerts are shown that have no panel here, as those that somebody added."""
TARGETS: dict[str, Target] = {
    **_all(
        Target(HEARTBEAT, "State", ITS_OWN),
        "HeartbeatLate",
        "HeartbeatFailed",
        "HeartbeatNeverSeen",
        "HeartbeatRunOverdue",
    ),
    **_all(Target(HEARTBEAT, "Duration of runs", ITS_OWN), "HeartbeatDurationUnusual", "HeartbeatEndedEarly"),
    **_all(Target(HOST, "Answers"), "HostDown", "HostFlapping", "HostBehindOutage", "HostAway"),
    **_all(Target(HOST, "Load per processor"), "HostLoadHigh", "HostOverloaded"),
    **_all(Target(HOST, "Processors"), "HostCpuUnusual", "HostGoneQuiet"),
    **_all(
        Target(HOST, "Memory available"),
        *("HostMemoryLow", "HostMemoryFullSoon", "HostMemoryUnusual", "HostOutOfMemoryKills"),
    ),
    **_all(Target(HOST, "Disk space left"), "HostDiskFull", "HostDiskAlmostFull", "HostDiskFullSoon"),
    **_all(Target(HOST, "Inodes left"), "HostInodesLow", "HostFilesystemReadOnly"),
    **_all(Target(HOST, "Network"), "HostNetworkUnusual", "HostConntrackNearLimit"),
    **_all(Target(HOST, "Network errors"), "HostNetworkReceiveErrors", "HostNetworkTransmitErrors"),
    **_all(Target(HOST, "Clock"), "HostClockSkew", "HostClockNotSynchronised"),
    **_all(Target(HOST, "Temperature"), "HostTemperatureHigh"),
    **_all(
        Target(HOST, "What else is wrong"),
        *(
            "HostUnitFailed",
            "HostUnitFlapping",
            "HostContainerRestarting",
            "HostContainerUnhealthy",
            "HostRaidDegraded",
        ),
    ),
    **_all(Target(PROBES, "Results", ("probe",)), "ProbeFailed", "ProbeFlapping"),
    **_all(Target(PROBES, "Duration of probes", ("probe",)), "ProbeSlow", "ProbeLatencyUnusual"),
    **_all(Target(PROBES, "Certificates", ("probe",)), "CertificateExpiring", "CertificateBad"),
    **_all(
        Target(PROBES, "Parts of the internet", ()), "InternetDown", "InternetPartFailed", "GatewayGone", "DnsBroken"
    ),
    **_all(Target(PROBES, "Throughput", ()), "ThroughputLow"),
    **_all(Target(LOGS, "Open findings"), "LogFindingCritical", "LogFindingWarning"),
    **_all(Target(LOGS, "Health scores"), "LogScoreLow", "LogScoreFalling"),
    **_all(
        Target(LOGS, "Sources"),
        *("LogReviewStale", "LogHostUnreachable", "LogSourceUnreadable", "LogRedactorFailing"),
    ),
    **_all(Target(LOGS, "Lines read"), "LogVolumeUnusual", "LogVolumeGone"),
    **_all(Target(LOGS, "Differences from the baseline"), "LogChangesNotAccepted"),
    **_all(Target(LOGS, "Answers of models", ()), "LogModelFailing"),
    **_all(Target(LOGS, "Tokens", ()), "LogBudgetSpent"),
    **_all(Target(ITSELF, "Programs", ()), "ExporterDown", "AnalyzerDown"),
    **_all(
        Target(ITSELF, "Storage and configuration", ()),
        *("HeartbeatStorageFailing", "ExporterConfigReloadFailed"),
        *("AnalyzerStorageFailing", "AnalyzerConfigReloadFailed"),
    ),
    **_all(Target(ITSELF, "Time without a receiver", ()), "ReceiverWasDown"),
    **_all(Target(ITSELF, "Deliveries", ()), "RelayDown", "RelayNotDelivering"),
    **_all(Target("heartline-overview", "What fired when", ()), "AlertFlapping", "MaintenanceActive", "Watchdog"),
}


def since(matchers: str = "") -> str:
    """What fires now, by the millisecond since which it does, with `page`, `runbook`, `silence`, `what`, `gravity`."""
    return f"{SHOWN}{{{matchers}}} * 1000"


def marks(severity: str, matchers: str) -> str:
    """What fired when, to be marked on a time axis; with the time range of the dashboard in `range`."""
    chosen = _joined(f'severity="{severity}"', matchers)
    return _replaced(f"{SHOWN}{{{chosen}}}", "range", "&from=${__from}&to=${__to}")


SHOWN = "alert:firing:shown"


def shown() -> str:
    """What `since` tells, in seconds, to be recorded: too much to be worked out for each viewer and each instant."""
    every = 'alertname!="Watchdog"'
    began = f'ALERTS_FOR_STATE{{{every}}} and ignoring (alertstate) ALERTS{{alertstate="firing",{every}}}'
    return _linked(f"max by ({', '.join(LABELS)}) ({began})")


MARK = (
    '{{host}} {{what}}<br><a href="d/{{page}}{{range}}">Show it</a>'
    f' · <a href="{RUNBOOKS}/{{{{alertname}}}}.md" target="_blank">Runbook</a>'
)
"""Of a mark; Grafana's own base stands before what does not begin with a slash."""


def history(matchers: str = "") -> str:
    """3, 2 or 1 for each name of an alert, by the gravest of this name that fires."""
    grave = []
    for severity, gravity in GRAVITY.items():
        firing = _joined('alertstate="firing"', 'alertname!="Watchdog"', f'severity="{severity}"', matchers)
        grave.append(f"max by (alertname) (ALERTS{{{firing}}}) * {gravity}")
    return " or on (alertname) ".join(grave)


def _joined(*matchers: str) -> str:
    return ",".join(filter(None, matchers))


def weighed(expr: str) -> str:
    """`expr` with its severity as a number that can be sorted, in `gravity`."""
    for severity, gravity in GRAVITY.items():
        expr = _replaced(expr, "gravity", gravity, "severity", severity)
    return expr


def _linked(expr: str) -> str:
    return _told(_explained(weighed(_silenced(_paged(expr)))))


def _paged(expr: str) -> str:
    expr = _replaced(expr, "page", FIRING.page)
    for target in dict.fromkeys(TARGETS.values()):
        expr = _replaced(expr, "page", target.page, "alertname", "|".join(_shown_at([target])))
    for name in CHOSEN:
        expr = _replaced(expr, f"go_{name}", f"&var-{name}=$1", name, "(.+)")
        # Chosen there, it would hide what the alert is about.
        others = _shown_at(target for target in TARGETS.values() if name not in target.chosen)
        expr = _replaced(expr, f"go_{name}", "", "alertname", "|".join(others))
    expr = f'label_join({expr}, "page", "", "page", {_quoted(f"go_{name}" for name in CHOSEN)})'
    for name in CHOSEN:
        expr = _replaced(expr, f"go_{name}", "")
    return expr


def _silenced(expr: str) -> str:
    silenced = [name for name in LABELS if name != "severity"]
    for name in silenced:
        comma = "" if name == "alertname" else ","
        expr = _replaced(expr, f"is_{name}", f'{comma}{name}=\\"$1\\"', name, "(.+)")
    return f'label_join({expr}, "silence", "", {_quoted(f"is_{name}" for name in silenced)})'


def _explained(expr: str) -> str:
    return f'label_join({expr}, "runbook", "", "alertname")'


def _told(expr: str) -> str:
    expr = f'label_join({expr}, "what", " ", {_quoted(TOLD)})'
    return _replaced(expr, "what", "$1", "what", " *(.*?) *")


def _shown_at(targets: Iterable[Target]) -> list[str]:
    wanted = set(targets)
    return sorted(alert for alert, target in TARGETS.items() if target in wanted)


def _replaced(expr: str, label: str, value: str, source: str = "", pattern: str = "") -> str:
    return f'label_replace({expr}, "{label}", "{value}", "{source}", "{pattern}")'


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
