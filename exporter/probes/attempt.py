"""One try of a probe: what it may use, until when, and what it has found so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from exporter.probes.echoes import Echoes
from exporter.probes.metrics import Sheet
from exporter.probes.names import Names
from exporter.probes.outcome import LONGEST_STEP, Step, Told

MOST_STEPS = 400
TIMEOUTS = {"resolve": "dns_timeout", "connect": "connect_timeout", "tls": "tls_timeout"}
"""The reason when time runs out in a phase; in every other phase it is `timeout`."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all probes of a program share; `clock` is the event loop's, in seconds."""

    clock: Callable[[], float]
    names: Names
    echoes: Echoes


@dataclass(slots=True)
class Trace:
    """Steps with their times since `began`; of more than MOST_STEPS the first and the last halves."""

    clock: Callable[[], float]
    began: float
    steps: list[Step] = field(default_factory=list)

    def __call__(self, told: Told) -> None:
        if len(self.steps) >= MOST_STEPS:
            # How it began and how it ended tell more than the middle of a flood.
            del self.steps[MOST_STEPS // 2]
        self.steps.append(Step(self.clock() - self.began, told[:LONGEST_STEP] if isinstance(told, str) else told))


@dataclass(slots=True)
class Attempt:
    """`deadline` in the clock's seconds; `seconds` sums up each phase; `stage` is the phase under way."""

    means: Means
    deadline: float
    say: Trace
    sheet: Sheet = field(default_factory=Sheet)
    seconds: dict[str, float] = field(default_factory=dict)
    stage: str = ""

    @property
    def left(self) -> float:
        return self.deadline - self.means.clock()

    def phase(self, name: str) -> "Phase":
        return Phase(self, name)

    def spent(self, *phases: str) -> dict[str, float]:
        """Seconds of these phases, 0 for one that was not reached."""
        return {phase: self.seconds.get(phase, 0.0) for phase in phases}


class Phase:
    """Times a phase; when it is left by an error the attempt's stage stays, to tell where time ran out."""

    __slots__ = ("attempt", "began", "name")

    def __init__(self, attempt: Attempt, name: str) -> None:
        self.attempt, self.name, self.began = attempt, name, 0.0

    def __enter__(self) -> Self:
        self.attempt.stage = self.name
        self.began = self.attempt.means.clock()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        seconds = self.attempt.seconds
        seconds[self.name] = seconds.get(self.name, 0.0) + self.attempt.means.clock() - self.began
        if kind is None:
            self.attempt.stage = ""
