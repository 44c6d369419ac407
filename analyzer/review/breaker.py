"""Leave a model alone that keeps failing, and try it again with one call."""

from dataclasses import dataclass
from math import inf

OPEN_AFTER = 3  # failures in a row
SECONDS = 300.0  # until one call may try again


@dataclass(slots=True)
class Breaker:
    """Of one model, for all hosts; `now` in seconds of one monotonic clock."""

    failures: int = 0
    opened: float = -inf
    probing: bool = False
    misconfigured: bool = False  # as it was last heard of

    @property
    def is_open(self) -> bool:
        return self.failures >= OPEN_AFTER

    def take(self, now: float) -> bool:
        """May it be called? Of an open one that has waited long enough, one caller at a time hears yes."""
        if not self.is_open:
            return True
        if self.probing or now < self.opened + SECONDS:
            return False
        self.probing = True
        return True

    def leave(self) -> None:
        """The call ended without telling anything of the model: a deadline of ours, a budget."""
        self.probing = False

    def succeeded(self) -> None:
        self.failures, self.probing, self.misconfigured = 0, False, False

    def failed(self, now: float, misconfigured: bool = False) -> None:
        """One more failure; a wrong key does not get better by asking twice more."""
        self.failures = OPEN_AFTER if misconfigured else self.failures + 1
        self.opened, self.probing, self.misconfigured = now, False, misconfigured
