"""Where a colour changes: at the numbers of the alert rules."""

from dataclasses import dataclass

from grafana import rules
from grafana.colours import CRITICAL, GOOD, NOTE, SEVERITIES, WARNING, Json


@dataclass(frozen=True, slots=True)
class Limit:
    """Beyond `value` it is worth `colour`."""

    value: float
    colour: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`low`: the lower, the worse. Gravest limit last."""

    limits: tuple[Limit, ...] = ()
    low: bool = False
    best: str = GOOD

    def json(self) -> Json:
        limits = self.limits[::-1] if self.low else self.limits
        colours = [limit.colour for limit in limits]
        colours = [*colours, self.best] if self.low else [self.best, *colours]
        values = [None, *(limit.value for limit in limits)]
        steps = [{"color": colour, "value": value} for colour, value in zip(colours, values, strict=True)]
        return {"mode": "absolute", "steps": steps}


def fires(*alerts: str, low: bool = False) -> Limits:
    """At the numbers of these alerts' rules, in the colours of their severities."""
    found = [Limit(rule.beyond, SEVERITIES[rule.severity]) for alert in alerts for rule in rules.of(alert)]
    return Limits(tuple(sorted(found, key=lambda limit: limit.value, reverse=low)), low)


PLAIN = Limits(best="blue")
"""A number that is neither good nor bad."""
NONE = Limits((Limit(1, CRITICAL),))
"""One is too many."""
FEW = Limits((Limit(1, WARNING),))
NOTED = Limits((Limit(1, NOTE),))
TROUBLE = Limits((Limit(1, NOTE), Limit(10, WARNING), Limit(100, CRITICAL)))
"""As the alerts of a host are weighed on its row."""
DISK = fires("HostDiskAlmostFull", "HostDiskFull", low=True)
INODES = fires("HostInodesLow", low=True)
MEMORY = fires("HostMemoryLow", low=True)
LOAD = fires("HostLoadHigh")
TEMPERATURE = fires("HostTemperatureHigh")
CLOCK = fires("HostClockSkew")
CONNECTIONS = fires("HostConntrackNearLimit")
CPU = fires("HostCpuUnusual")
NETWORK_ERRORS = fires("HostNetworkReceiveErrors")
SCORE = fires("LogScoreLow", low=True)
CERTIFICATE = fires("CertificateExpiring", low=True)
DURATION = fires("HeartbeatDurationUnusual")
FLAPS = fires("ProbeFlapping")
GAP = fires("ReceiverWasDown")
REVIEWS_MISSED = Limits(tuple(Limit(rule.times, WARNING) for rule in rules.of("LogReviewStale")))
