"""What one run of one host leaves behind, as the values that are stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from analyzer.fetch.chunk import Cursor
from analyzer.finding import Finding, Severity
from analyzer.lifecycle import Known

Json = object
"""Whatever JSON can say; nobody's but the one's who wrote it."""


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One source in one run. `cursor` None: where it was before; it moves also when `up` is false, as far as was read.

    `error` says why it is not up, without log text. `memory` is what the excerpt knows of it, None: as before.
    """

    name: str
    up: bool
    error: str = ""
    lines: int = 0
    bytes: int = 0
    gaps: int = 0
    cut: bool = False
    cursor: Cursor | None = None
    memory: Json = None
    templates: Collection[str] = ()  # ids of those whose lines came


@dataclass(frozen=True, slots=True)
class Baseline:
    """A look at what a host is made of: the snapshot, the kinds that could be looked at, unaccepted changes by kind.

    `accepted` is what counts as accepted from this run on, where the run learnt it; None leaves it as it is, or, where
    there is nothing yet, takes this first snapshot.
    """

    snapshot: Json
    looked: Collection[str]
    changes: Mapping[str, int] = field(default_factory=dict)
    accepted: Json = None


@dataclass(frozen=True, slots=True)
class Run:
    """Everything redacted. `sources` has all of the host's, also those that failed; instants in seconds since 1970.

    `cited`: templates by the fingerprint of a model's finding. `outcome` is the model review's, "" without one.
    """

    host: str
    started: float
    finished: float
    sources: tuple[SourceRun, ...]
    findings: tuple[Finding, ...]
    summary: str = ""
    model: str = ""
    outcome: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    currency: str = ""
    cited: Mapping[str, Collection[str]] = field(default_factory=dict)
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run changed; `score` is None for a host of which nothing could ever be read."""

    number: int
    new: tuple[Known, ...]  # also those that came back
    resolved: tuple[Known, ...]
    left_out: int  # findings beyond what is kept of one host
    score: int | None


@dataclass(frozen=True, slots=True)
class Ran:
    """A run as it is shown later. `sources` by name: up, error, lines, bytes, gaps, cut."""

    number: int
    host: str
    started: float
    finished: float
    score: int | None
    found: int
    new: int
    resolved: int
    left_out: int
    sources: Mapping[str, Mapping[str, Json]]
    summary: str
    model: str
    outcome: str
    tokens_in: int
    tokens_out: int
    cost: float
    currency: str


@dataclass(frozen=True, slots=True)
class SourceState:
    up: bool  # in the latest run
    error: str
    success: float  # when it was read last; 0.0: never


@dataclass(frozen=True, slots=True)
class HostState:
    """A host as its stored runs have left it. `counts` of what is not resolved, with the severity that holds."""

    finished: float  # the end of its latest run
    score: int | None
    counts: Mapping[tuple[Severity, str], int]
    categories: Collection[str]  # of which it ever had a finding that is still kept
    worst: tuple[Known, ...]
    sources: Mapping[str, SourceState]
    changes: Mapping[str, int]  # against the accepted baseline, by kind

    @property
    def reached(self) -> bool:
        """Could all of its sources be read in the latest run?"""
        return all(source.up for source in self.sources.values())

    def open(self, severity: str) -> int:
        """How many findings of a severity are not resolved."""
        return sum(count for (its, _), count in self.counts.items() if its == severity)
