"""Where a colour changes: at the numbers of the alert rules, each with the alert whose number it is; pure."""

from dataclasses import dataclass, replace

from grafana.colours import CRITICAL, GOOD, NOTE, WARNING, Json

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """Beyond `value` it is worth `colour`. `alert` has this number in its rule; without one nobody is told."""

    value: float
    colour: str
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """`low`: the lower, the worse. Gravest limit last."""

    limits: tuple[Limit, ...] = ()
    low: bool = False
    best: str = GOOD

    def json(self) -> Json:
        steps: list[Json]
        if self.low:
            found = sorted(self.limits, key=lambda limit: limit.value)
            colours = [*(limit.colour for limit in found), self.best]
            steps = [{"color": colours[0], "value": None}]
            steps += [{"color": c, "value": one.value} for one, c in zip(found, colours[1:], strict=True)]
        else:
            steps = [{"color": self.best, "value": None}]
            steps += [{"color": limit.colour, "value": limit.value} for limit in self.limits]
        return {"mode": "absolute", "steps": steps}


def times(limits: Limits, factor: float) -> Limits:
    """The same limits in another unit."""
    return replace(limits, limits=tuple(replace(one, value=one.value * factor) for one in limits.limits))


PLAIN = Limits(best="blue")
"""A number that is neither good nor bad."""
NONE = Limits((Limit(1, CRITICAL),))
"""One is too many."""
FEW = Limits((Limit(1, WARNING),))
NOTED = Limits((Limit(1, NOTE),))
TROUBLE = Limits((Limit(1, NOTE), Limit(10, WARNING), Limit(100, CRITICAL)))
"""As the alerts of a host are weighed on its row."""
DISK = Limits((Limit(0.1, WARNING, "HostDiskAlmostFull"), Limit(0.03, CRITICAL, "HostDiskFull")), low=True)
INODES = Limits((Limit(0.05, WARNING, "HostInodesLow"),), low=True)
MEMORY = Limits((Limit(0.1, WARNING, "HostMemoryLow"),), low=True)
LOAD = Limits((Limit(2, WARNING, "HostLoadHigh"),))
TEMPERATURE = Limits((Limit(90, CRITICAL, "HostTemperatureHigh"),))
CLOCK = Limits((Limit(2, WARNING, "HostClockSkew"),))
CONNECTIONS = Limits((Limit(0.8, WARNING, "HostConntrackNearLimit"),))
CPU = Limits((Limit(0.5, NOTE, "HostCpuUnusual"),))
NETWORK_ERRORS = Limits((Limit(0.01, WARNING, "HostNetworkReceiveErrors"),))
SCORE = Limits((Limit(50, WARNING, "LogScoreLow"),), low=True)
CERTIFICATE = Limits(
    (
        Limit(21 * DAY, NOTE, "CertificateExpiring"),
        Limit(7 * DAY, WARNING, "CertificateExpiring"),
        Limit(DAY, CRITICAL, "CertificateExpiring"),
    ),
    low=True,
)
REVIEWS_MISSED = Limits((Limit(3, WARNING, "LogReviewStale"),))
DURATION = Limits((Limit(2, NOTE, "HeartbeatDurationUnusual"),))
FLAPS = Limits((Limit(6, WARNING, "ProbeFlapping"),))
GAP = Limits((Limit(60, NOTE, "ReceiverWasDown"),))
ALL = (
    DISK,
    INODES,
    MEMORY,
    LOAD,
    TEMPERATURE,
    CLOCK,
    CONNECTIONS,
    NETWORK_ERRORS,
    CPU,
    SCORE,
    CERTIFICATE,
    REVIEWS_MISSED,
    DURATION,
    FLAPS,
    GAP,
)
