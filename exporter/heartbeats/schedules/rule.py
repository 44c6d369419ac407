"""What every kind of schedule can be asked."""

from typing import ClassVar, Protocol


class Rule(Protocol):
    """When receipts are expected; all instants are seconds since the epoch."""

    calendar: ClassVar[bool]
    """False: a time elapsed since the last receipt; True: slots of a calendar."""

    def next(self, after: float) -> float:
        """The first slot strictly after `after`, or infinity when there is none any more."""

    def interval(self, at: float) -> float:
        """The seconds expected between two receipts around `at`, or infinity."""
