"""What was delivered since the start."""

from collections import Counter
from dataclasses import dataclass, field

from analyzer.notify.service import Outcome

BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds from Alertmanager's word to the far side's acceptance: up to a second, until a limit lifts, an outage."""


@dataclass
class Counts:
    """`successes`: by service, when it accepted something last, in seconds since the epoch."""

    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    successes: dict[str, float] = field(default_factory=dict)
    within: list[int] = field(default_factory=lambda: [0] * len(BOUNDS))
    deliveries: int = 0
    seconds: float = 0.0

    def accepted(self, service: str, at: float, waited: float) -> None:
        self.outcomes[service, "delivered"] += 1
        self.successes[service] = at
        self.deliveries += 1
        self.seconds += waited
        for place, bound in enumerate(BOUNDS):
            self.within[place] += waited <= bound
