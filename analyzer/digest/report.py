"""What a digest tells, as values: gathered once, shown as a page, as text or as a chat's message."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.digest.period import Period
from analyzer.finding import RANK, SEVERITIES, Severity
from analyzer.lifecycle import Known
from analyzer.store_digest import Some, Spent

WELL, FAIR = 90, 70  # points; below the second a host is poor


@dataclass(frozen=True, slots=True)
class HostLine:
    """A host: its score now and when the time began (`since` where it had none then), and what was found on it.

    `reached`: could its logs be read; `open`: by severity, all that is not resolved.
    """

    name: str
    score: int | None
    before: int | None
    since: float
    reached: bool
    open: dict[Severity, int]
    fresh: int
    over: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from a host's accepted baseline: how many by kind, and the gravest."""

    host: str
    kinds: dict[str, int]
    worst: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """A heartbeat that was late from `begin` on; `end` None: it still is. `never`: it never came at all."""

    heartbeat: str
    host: str
    begin: float
    end: float | None
    never: bool


@dataclass(frozen=True, slots=True)
class Failures:
    """A heartbeat that said itself that it failed, so many times."""

    heartbeat: str
    host: str
    count: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that ends at `ends`, in seconds since 1970."""

    target: str
    host: str
    ends: float


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system that has little left: a share, and the seconds until it is full as it goes; None: it does not."""

    host: str
    mountpoint: str
    free: float
    full_in: float | None


@dataclass(frozen=True, slots=True)
class Outside:
    """What Prometheus knows. `trouble` says why it told nothing, empty where it did; `uptime` by host, 0 to 1.

    `asked`: is it to be asked at all? `heartbeats`: how many there are; of none, that none was missed says little.
    """

    trouble: str
    asked: bool = True
    heartbeats: int = 0
    missed: tuple[Missed, ...] = ()
    failures: tuple[Failures, ...] = ()
    uptime: tuple[tuple[str, float], ...] = ()
    certificates: tuple[Certificate, ...] = ()
    disks: tuple[Disk, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """All of it. `made`: when it was gathered; `notes`: what the reader must know of the digest itself."""

    period: Period
    made: float
    hosts: tuple[HostLine, ...]
    fresh: Some
    lasting: Some
    over: Some
    changes: tuple[Changes, ...]
    outside: Outside
    spent: tuple[Spent, ...]
    spent_days: tuple[str, str]  # the first and the last UTC day
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """How many changes nobody has accepted."""
        return sum(sum(one.kinds.values()) for one in self.changes)

    @property
    def unread(self) -> int:
        """Hosts whose logs could not all be read."""
        return sum(not host.reached for host in self.hosts)

    @property
    def gravest(self) -> Severity | None:
        """Of all that asks for a look; None: all is quiet."""
        found: list[Severity] = [severity for host in self.hosts for severity, count in host.open.items() if count]
        still = any(one.end is None for one in self.outside.missed)
        ended = any(one.ends <= self.period.end for one in self.outside.certificates)
        found += ["critical"] * (still or ended)
        found += ["warning"] * bool(self.outside.missed or self.outside.failures or self.outside.disks)
        found += ["info"] * bool(self.outside.certificates)
        found += ["warning"] * bool(self.unread or (self.outside.trouble and self.outside.asked))
        return max(found, key=RANK.__getitem__, default=None)

    def counted(self) -> Iterator[tuple[Severity, int]]:
        """All that is open, by severity, the gravest first."""
        for severity in reversed(SEVERITIES):
            yield severity, sum(host.open.get(severity, 0) for host in self.hosts)


def verdict(score: int | None) -> str:
    """A score in a word, for whoever sees no colour."""
    if score is None:
        return "not reviewed"
    return "well" if score >= WELL else "fair" if score >= FAIR else "poor"
