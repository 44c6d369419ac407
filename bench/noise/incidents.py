"""What really goes wrong in the month, and what somebody must be told of each. Times are those on the wall."""

from bench.noise.month import ORIGIN, minute
from bench.noise.world import Effect, Event

DOWN = ("HostDown", "HeartbeatLate")
# Notes beside an incident: that it comes and goes, and that its logs say so as well.
TILL_MORNING = 5 * 60  # from half past two: warnings may wait until seven
BESIDE = ("AlertFlapping",)


def incident(
    title: str, begin: str, lasts: int, kinds: dict[tuple[str, str], float], alerts: tuple[str, ...], *about: str,
    soon: int = 15, after: int = 10,
) -> Event:  # fmt: skip
    """`lasts`, `soon`, `after` in minutes; `kinds` are its effects: kind and place, with their size."""
    start = minute(begin)
    effects = tuple(Effect(kind, where, start, start + lasts, size) for (kind, where), size in kinds.items())
    return Event(title, start, start + lasts, effects, frozenset((*alerts, *BESIDE)), frozenset(about), soon, after)


INCIDENTS = (
    incident("web04 without power", "10-13 03:10", 120, {("off", "web04"): 0}, DOWN, "web04"),
    incident("backup of db01 not begun", "10-15 02:00", 1, {("skips", "backup-db01"): 0}, ("HeartbeatLate",),
             "backup-db01", soon=125, after=24 * 60),
    incident("backup of nas fails", "10-20 03:00", 1, {("fails", "backup-nas"): 0}, ("HeartbeatFailed",),
             "backup-nas", soon=115, after=120),
    incident("backup of mail hangs", "10-22 02:15", 1, {("hangs", "backup-mail"): 0},
             ("HeartbeatRunOverdue", "HeartbeatLate"), "backup-mail", soon=185, after=24 * 60),
    incident("backup of db02 saves nothing", "11-05 02:30", 1, {("takes", "backup-db02"): 0.02},
             ("HeartbeatEndedEarly",), "backup-db02", soon=TILL_MORNING, after=240),
    incident("/srv of nas fills in two days", "10-17 09:00", 52 * 60, {("fill /srv", "nas"): 0.5},
             ("HostDiskFullSoon", "HostDiskAlmostFull", "HostDiskFull"), "nas", soon=48 * 60),
    incident("/ of web01 fills in four hours", "10-28 13:00", 5 * 60, {("fill /", "web01"): 0.5},
             ("HostDiskFullSoon", "HostDiskAlmostFull", "HostDiskFull"), "web01", soon=235),
    incident("certificate of web03 forgotten", "10-09 12:00", 23 * 1440, {
             ("forgotten", "web03"): ORIGIN + 60 * minute("11-02 12:00")},
             ("CertificateExpiring",), "web03", soon=3 * 1440 + 90),
    incident("internet gone", "10-19 14:07", 45, {("outside", ""): 0}, ("InternetDown",), "heartline"),
    incident("names not found", "10-27 10:20", 25, {("names", ""): 0}, ("DnsBroken",), "heartline"),
    incident("memory of ci leaks", "10-21 09:00", 10 * 60, {},
             ("HostMemoryFullSoon", "HostMemoryLow", "HostMemoryUnusual"), "ci", soon=9 * 60),
    incident("processes of web05 killed for memory", "10-23 20:15", 3, {("oom", "web05"): 2},
             ("HostOutOfMemoryKills",), "web05"),
    incident("nginx of web02 fails", "10-16 17:40", 30,
             {("unit", "web02 nginx.service"): 0, ("service", "web02"): 0},
             ("HostUnitFailed", "ProbeFailed"), "web02"),
    incident("database of db02 refuses", "10-14 11:12", 22, {("service", "db02"): 0}, ("ProbeFailed",), "db02"),
    incident("web06 slow", "10-30 15:00", 180, {("slow", "web06"): 0.9}, ("ProbeSlow", "ProbeLatencyUnusual"),
             "web06", soon=60, after=90),
    incident("desk02 dies at work", "10-14 10:31", 180, {("off", "desk02"): 0}, DOWN, "desk02"),
    incident("a disk of nas breaks", "11-04 19:00", 300, {("raid", "nas"): 0}, ("HostRaidDegraded",), "nas"),
    incident("/srv of vault turns read-only", "10-29 04:44", 240, {("readonly /srv", "vault"): 0},
             ("HostFilesystemReadOnly",), "vault"),
    incident("db01 overloaded", "11-02 10:00", 110, {("load", "db01"): 9.0, ("memory", "db01"): 0.4},
             ("HostOverloaded", "HostLoadHigh", "HostMemoryLow", "HostCpuUnusual", "HostMemoryUnusual"), "db01",
             soon=25, after=30),
    incident("clock of lab wrong", "10-26 12:00", 240, {("skew", "lab"): 7.0}, ("HostClockSkew",), "lab", soon=20),
    incident("web05 too hot", "11-01 16:00", 60, {("heat", "web05"): 50.0}, ("HostTemperatureHigh",), "web05"),
    incident("break-in on web02", "10-24 01:30", 600, {("critical", "web02"): 1},
             ("LogFindingCritical", "LogScoreLow", "LogScoreFalling"), "web02", soon=45, after=45),
    incident("service errors in the log of db02", "10-26 14:00", 300, {("warning", "db02"): 1},
             ("LogFindingWarning", "LogScoreFalling"), "db02", soon=45, after=45),
    incident("log of mail unreadable", "11-06 09:00", 240, {("unread", "mail"): 0},
             ("LogHostUnreachable", "LogReviewStale"), "mail", soon=75, after=45),
    incident("exporter down", "11-05 16:00", 12, {("exporter", ""): 0}, ("ExporterDown", "ReceiverWasDown"),
             "heartline"),
    incident("web01 does nothing", "11-06 13:00", 150, {("quiet", "web01"): 0.999}, ("HostGoneQuiet",), "web01",
             soon=90, after=60),
)  # fmt: skip


def leak() -> Event:
    """Memory that goes step by step cannot be said by one size: a piece each ten minutes."""
    (event,) = (event for event in INCIDENTS if event.title == "memory of ci leaks")
    pieces = tuple(Effect("memory", "ci", at, event.end, 0.0075) for at in range(event.begin, event.end, 10))
    return Event(event.title, event.begin, event.end, pieces, event.alerts, event.about, event.soon, event.after)


def incidents() -> tuple[Event, ...]:
    return (*(leak() if event.title == "memory of ci leaks" else event for event in INCIDENTS), flapping())


def flapping() -> Event:
    """A bad cable: two minutes without, five with, for an hour and a half."""
    begin = minute("10-21 15:00")
    pieces = tuple(Effect("net", "lab", at, at + 2) for at in range(begin, begin + 90, 7))
    alerts = frozenset({"HostFlapping", *BESIDE})
    return Event("link of lab flaps", begin, begin + 90, pieces, alerts, frozenset({"lab"}), 40, 20)
