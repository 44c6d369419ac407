"""When is a receipt due that is expected a fixed time after the one before it?"""

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Every:
    """A receipt every `period` seconds, counted from the last one. Raises ValueError unless 0 < period < inf."""

    calendar: ClassVar[bool] = False
    period: float

    def __post_init__(self) -> None:
        if not 0 < self.period < math.inf:
            raise ValueError(f"a period must be longer than 0 seconds and finite, not {self.period}")

    def next(self, after: float) -> float:
        """The instant one period after `after`."""
        return after + self.period

    def interval(self, at: float) -> float:
        """The period, whenever one asks."""
        return self.period
